"""Who becomes a till of this chain: whoever knows the code of its place, once, in time, with a key that is trusted."""

from functools import partial

import pytest

from hq_server.enrolling import Disclosed, NotEnrolled, enrol
from hq_server.storage.keepers import Keepers
from ledger.ids import HEADQUARTERS, Place
from offline_queue.outbox import Stamp
from protocol.bodies import Directive, Enrol, Revoke
from protocol.enrolment import CODE_VALID_S, TRIES_MAX, EnrolmentAnswer, EnrolmentRequest, ask, open_answer
from protocol.rejections import Rejection
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.office import CODE, HQ_RAW_KEY, NOON_MS, STAMP, Office

SECRETS = b'{"token_key": "c2VjcmV0", "stripe_keys": {}}'
WRONG = bytes(10)
NONCE = bytes([5]) * 32
PLACE = Place("07-2")
DAY_MS = CODE_VALID_S * 1000


@pytest.fixture
def office() -> Office:
    """HQ with a code for till 07-2."""
    office = Office()
    offer(office)
    return office


def offer(office: Office, code: bytes = CODE, now_ms: int = NOON_MS) -> None:
    office.store.keeping(lambda keepers: keepers.offer(PLACE, "07", code, now_ms))


def try_to_enrol(office: Office, request: EnrolmentRequest, now_ms: int = NOON_MS) -> EnrolmentAnswer | NotEnrolled:
    stamp = Stamp(now_ms, STAMP.business_date, STAMP.mode)
    return office.store.keeping(partial(_enrol, request, stamp))


def _enrol(request: EnrolmentRequest, stamp: Stamp, keepers: Keepers) -> EnrolmentAnswer | NotEnrolled:
    return enrol(keepers, request, Disclosed(HQ_RAW_KEY, SECRETS), stamp)


def request_of(keeper: Keeper, code: bytes = CODE) -> EnrolmentRequest:
    return ask(keeper.place, keeper.raw_key, NONCE, code)


def epoch_of(answered: EnrolmentAnswer | NotEnrolled) -> int:
    assert isinstance(answered, EnrolmentAnswer), answered
    return answered.epoch


def revoke(office: Office) -> None:
    office.store.keeping(lambda keepers: keepers.revoke(PLACE, 1, STAMP))


def test_who_knows_the_code_is_a_till_from_then_on(office: Office) -> None:
    keeper = traded()
    request = request_of(keeper)
    answered = try_to_enrol(office, request)
    assert isinstance(answered, EnrolmentAnswer)
    assert (answered.hq_public_key, answered.epoch) == (HQ_RAW_KEY, 1)
    assert open_answer(request, answered, CODE) == SECRETS
    assert SECRETS not in answered.sealed
    assert office.take(keeper.batch()) is None
    (given,) = office.store.keeping(lambda keepers: keepers.directives(PLACE, 1))
    assert given.open().body_as(Directive) == Directive(PLACE, 1, 1, Enrol(keeper.raw_key))


def test_a_wrong_code_is_refused_and_the_right_one_still_goes(office: Office) -> None:
    keeper = traded()
    for _ in range(TRIES_MAX - 1):
        assert try_to_enrol(office, request_of(keeper, WRONG)) is NotEnrolled.CODE_WRONG
    assert epoch_of(try_to_enrol(office, request_of(keeper))) == 1


def test_after_five_wrong_tries_the_right_code_is_worn_out(office: Office) -> None:
    keeper = traded()
    for _ in range(TRIES_MAX):
        assert try_to_enrol(office, request_of(keeper, WRONG)) is NotEnrolled.CODE_WRONG
    assert try_to_enrol(office, request_of(keeper)) is NotEnrolled.CODE_WRONG
    assert office.take(keeper.batch()) is Rejection.UNKNOWN_KEEPER
    offer(office)
    assert epoch_of(try_to_enrol(office, request_of(keeper))) == 1


def test_a_code_is_good_for_a_day(office: Office) -> None:
    keeper = traded()
    assert try_to_enrol(office, request_of(keeper), NOON_MS + DAY_MS + 1) is NotEnrolled.CODE_WRONG
    assert try_to_enrol(office, request_of(keeper), NOON_MS) is NotEnrolled.CODE_WRONG, "it was forgotten, not kept"
    offer(office)
    assert epoch_of(try_to_enrol(office, request_of(keeper), NOON_MS + DAY_MS)) == 1


def test_a_code_is_good_once(office: Office) -> None:
    assert epoch_of(try_to_enrol(office, request_of(traded()))) == 1
    assert try_to_enrol(office, request_of(traded(seed=8))) is NotEnrolled.CODE_WRONG
    assert try_to_enrol(office, request_of(traded())) is NotEnrolled.CODE_WRONG


def test_a_new_code_takes_the_place_of_the_one_before(office: Office) -> None:
    offer(office, WRONG)
    assert try_to_enrol(office, request_of(traded())) is NotEnrolled.CODE_WRONG
    assert epoch_of(try_to_enrol(office, request_of(traded(), WRONG))) == 1


@pytest.mark.parametrize(
    "request_",
    [
        request_of(traded(place="07-3")),
        ask(HEADQUARTERS, bytes(32), NONCE, CODE),
        ask(Place("no place"), bytes(32), NONCE, CODE),
        ask(PLACE, bytes(31), NONCE, CODE),
        ask(PLACE, b"", NONCE, CODE),
        ask(PLACE, bytes(33), NONCE, CODE),
        ask(PLACE, bytes(32), b"", CODE),
    ],
    ids=["another place", "hq", "no place", "short key", "no key", "long key", "no chance"],
)
def test_a_request_that_is_none_is_refused_and_costs_nothing(office: Office, request_: EnrolmentRequest) -> None:
    for _ in range(TRIES_MAX + 1):
        assert try_to_enrol(office, request_) is NotEnrolled.CODE_WRONG
    assert epoch_of(try_to_enrol(office, request_of(traded()))) == 1


def test_nobody_is_ever_offered_hqs_own_place() -> None:
    with pytest.raises(AssertionError):
        Office().store.keeping(lambda keepers: keepers.offer(HEADQUARTERS, "hq", CODE, NOON_MS))


def test_a_till_whose_answer_was_lost_comes_again_in_its_epoch(office: Office) -> None:
    keeper = traded()
    assert epoch_of(try_to_enrol(office, request_of(keeper))) == 1
    assert office.take(keeper.batch()) is None
    offer(office)
    assert epoch_of(try_to_enrol(office, request_of(keeper))) == 1
    keeper.load(ALICE, 1)
    assert office.take(keeper.batch()) is None


def test_a_till_with_another_key_begins_the_next_epoch_and_the_first_still_sends(office: Office) -> None:
    first, second = traded(), traded(seed=8, epoch=2)
    assert epoch_of(try_to_enrol(office, request_of(first))) == 1
    offer(office)
    assert epoch_of(try_to_enrol(office, request_of(second))) == 2
    assert office.take(first.batch()) is None
    assert office.take(second.batch()) is None


def test_a_revoked_key_is_trusted_in_no_epoch(office: Office) -> None:
    """Whoever has the till has its key, so a new code for the place must not open the door to the old key."""
    keeper = traded()
    try_to_enrol(office, request_of(keeper))
    revoke(office)
    offer(office)
    assert try_to_enrol(office, request_of(keeper)) is NotEnrolled.KEY_REVOKED
    assert epoch_of(try_to_enrol(office, request_of(traded(seed=8)))) == 2
    offer(office)
    assert try_to_enrol(office, request_of(keeper)) is NotEnrolled.KEY_REVOKED


def test_a_revocation_says_how_far_the_chain_is_believed(office: Office) -> None:
    keeper = traded()
    try_to_enrol(office, request_of(keeper))
    office.take(keeper.batch(1, 4))
    revoke(office)
    given = office.store.keeping(lambda keepers: keepers.directives(PLACE, 1, after=1))
    assert [signed.open().body_as(Directive) for signed in given] == [Directive(PLACE, 1, 2, Revoke(4))]


def test_a_forked_till_begins_the_next_epoch_with_its_key(office: Office) -> None:
    keeper = traded()
    try_to_enrol(office, request_of(keeper))
    office.store.keeping(lambda keepers: keepers.fence(PLACE, 1, "forked", STAMP))
    offer(office)
    assert epoch_of(try_to_enrol(office, request_of(keeper))) == 2
    assert office.take(keeper.batch()) is Rejection.FENCED


def test_the_secrets_are_in_no_repr() -> None:
    assert "c2VjcmV0" not in repr(Disclosed(HQ_RAW_KEY, SECRETS))
