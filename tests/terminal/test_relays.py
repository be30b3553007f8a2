"""What HQ relays from a till that no line reaches any more: taken once, however it comes, and only what was given."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offline_queue.doubts import Doubt, Gift
from protocol.bodies import Given, Relay, Revoke, Transfer, Why
from protocol.conversation import Resume
from protocol.records import RecordKind, SignedRecord, encode_body, seal
from terminal.answers import Answer, Outcome
from terminal.wanting import GoneHome
from tests.chains.company import ALICE
from tests.chains.headquarters import HQ_KEY
from tests.chains.till import Till, asked
from tests.hq_server.forger import Keeper, part
from tests.terminal.moves import apply, kinds
from tests.terminal.one_store import A, OneStore, given_by, has, taken_by

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([99]) * 32)


@pytest.fixture
def store(tmp_path: Path) -> OneStore:
    """The lead has 400.00 of Alice's, the other till nothing."""
    store = OneStore(tmp_path)
    store.lead.load(ALICE, "400.00")
    return store


def relay(store: OneStore, signed: SignedRecord, till: Till | None = None, key: bytes | None = None) -> Doubt | None:
    """HQ relays what one of the two has given to the other."""
    till = till or store.till
    giver = store.lead if till is store.till else store.till
    hq = store.hq_of_lead if till is store.lead else store.hq
    return apply(till, hq.give(Relay(key or giver.identity.public_key, signed)))


def granted(store: OneStore, units: int = 150_00) -> Gift:
    """What the lead gives to the other till unasked, so that it stays there."""
    lent = store.lend(units)
    transfer = msgspec.structs.replace(lent.passage.transfer, why=Why.GRANT, operation_id="")
    gift = store.seen(given_again(store, lent.signed, Given("07-2", 1, transfer)))
    assert isinstance(gift, Gift)
    return gift


def given_again(store: OneStore, signed: SignedRecord, body: msgspec.Struct, **changes: object) -> SignedRecord:
    """The lead's record with another body, as if it had said that in the first place."""
    return seal(msgspec.structs.replace(signed.open(), body=encode_body(body), **changes), store.lead.key.sign)


# Taken once


def test_what_hq_relays_is_taken_as_the_neighbours_gift_and_said_to_be_carried_out(store: OneStore) -> None:
    gift = granted(store)
    store.name_lead(None)
    assert relay(store, gift.signed) is None
    assert kinds(store.till)[-2:] == ["taken", "applied"]
    assert taken_by(store.till) == [gift.signed]
    assert store.has == (250_00, 150_00)
    store.prove()


def test_what_came_over_the_lan_before_is_not_taken_again(store: OneStore) -> None:
    gift = granted(store)
    assert store.take(gift) is None
    assert relay(store, gift.signed) is None
    assert kinds(store.till)[-2:] == ["taken", "applied"]
    assert store.has == (250_00, 150_00)
    store.prove()


def test_what_comes_over_the_lan_after_it_was_relayed_is_not_taken_again(store: OneStore) -> None:
    gift = granted(store)
    assert relay(store, gift.signed) is None
    store.till.restart()
    before = store.till.chain()
    assert store.till.store.gifts.has(gift)
    assert store.take(gift) is None
    request = asked(store.till.charge_of(ALICE, "1.00", "sale-0002"), store.till.moment())
    assert isinstance(store.till.store.settle(gift, request), GoneHome)
    assert (store.till.chain(), store.has) == (before, (250_00, 150_00))
    lead = store.lead.identity.place
    assert store.till.store.gifts.resume(lead, 1) == Resume(1, gift.passage.giver.sequence, 0, None), (
        "nor said once more"
    )
    store.prove()


def test_a_relay_does_not_pass_over_what_the_lead_gave_before_and_has_yet_to_bring(store: OneStore) -> None:
    first, second = store.lend(1_00, "sale-0001"), store.lend(2_00, "sale-0002")
    assert relay(store, second.signed) is None
    assert store.take(first) is None
    assert taken_by(store.till) == [second.signed, first.signed]
    store.prove()


def test_a_relay_brings_what_an_earlier_line_of_the_leads_has_passed_over(store: OneStore) -> None:
    first, second = store.lend(1_00, "sale-0001"), store.lend(2_00, "sale-0002")
    assert store.take(second) is None
    assert relay(store, first.signed) is None
    assert taken_by(store.till) == [second.signed, first.signed]
    store.prove()


def test_the_same_directive_again_and_another_with_the_same_record_take_nothing_more(store: OneStore) -> None:
    gift = granted(store)
    assert relay(store, gift.signed) is None
    assert apply(store.till, store.hq.directives[-1]) is None
    assert relay(store, gift.signed) is None
    assert taken_by(store.till) == [gift.signed]
    assert has(store.till) == 150_00
    store.prove()


def test_what_went_back_to_a_till_that_leads_no_more_comes_to_it(store: OneStore) -> None:
    assert store.take(store.lend(150_00)) is None
    back = store.till.chain()[-1]
    assert back.open().kind is RecordKind.GIVEN
    store.name_lead(None)
    assert relay(store, back, store.lead) is None
    assert store.has == (400_00, 0)
    store.name_lead()
    assert store.copy() is None
    assert (store.has, len(taken_by(store.lead))) == ((400_00, 0), 1), "the copy that comes after it brings nothing"
    store.prove()


def test_what_the_lead_has_by_a_copy_it_does_not_take_again(store: OneStore) -> None:
    assert store.take(store.lend(150_00)) is None
    back = store.till.chain()[-1]
    assert store.copy() is None
    assert relay(store, back, store.lead) is None
    assert (store.has, len(taken_by(store.lead))) == ((400_00, 0), 1)
    store.prove()


def test_what_a_revoked_lead_gave_is_taken_though_no_roster_has_its_key(store: OneStore) -> None:
    gift = granted(store)
    store.order(store.lead, Revoke(len(store.lead.chain())))
    store.name_lead("07-2")
    assert relay(store, gift.signed) is None
    assert has(store.till) == 150_00
    store.prove()


# Too late


def test_what_was_drawn_and_comes_by_hq_is_too_late_and_goes_home_to_hq(store: OneStore) -> None:
    """Its giver is no lead any more, and could not be reached."""
    gift = store.lend(150_00)
    store.name_lead(None)
    assert relay(store, gift.signed) is None
    assert kinds(store.till)[-3:] == ["taken", "applied", "given"]
    (back,) = given_by(store.till)
    assert (back.to, back.to_epoch, back.transfer.why) == ("hq", 1, Why.RETURN)
    assert back.transfer.parts == gift.passage.transfer.parts
    assert store.has == (250_00, 0)
    store.hq.hear(store.till.chain())
    assert store.hq.funds.units(A) == 150_00
    store.prove()


def test_a_draw_that_its_sale_has_got_over_the_lan_does_not_go_home_when_hq_relays_it(store: OneStore) -> None:
    gift = store.lend(150_00)
    request = asked(store.till.charge_of(ALICE, "100.00", "sale-0001"), store.till.moment())
    answer = store.till.store.settle(gift, request)
    assert isinstance(answer, Answer)
    assert answer.outcome is Outcome.DONE
    assert relay(store, gift.signed) is None
    assert (has(store.till), given_by(store.till)) == (50_00, [])
    store.prove()


# What nobody has given to this till


def assert_refused(store: OneStore, signed: SignedRecord, key: bytes | None = None) -> None:
    before = store.till.chain()
    assert relay(store, signed, key=key) is Doubt.TRANSFER_REFUSED
    assert not Doubt.TRANSFER_REFUSED.is_of_the_line, "it is shown, and nothing more is carried out"
    assert (store.till.chain(), has(store.till)) == (before, 0)
    store.prove()


def test_what_the_named_key_has_not_signed_is_refused(store: OneStore) -> None:
    gift = granted(store)
    assert_refused(store, SignedRecord(gift.signed.content, bytes(64)))


@pytest.mark.parametrize("key", [STRANGER.public_key().public_bytes_raw(), b"no key", b""])
def test_what_is_signed_by_another_key_than_the_named_one_is_refused(key: bytes, store: OneStore) -> None:
    gift = granted(store)
    before = store.till.chain()
    assert apply(store.till, store.hq.give(Relay(key, gift.signed))) is Doubt.TRANSFER_REFUSED
    assert store.till.chain() == before


@pytest.mark.parametrize(("to", "to_epoch"), [("07-3", 1), ("hq", 1), ("07-2", 2)])
def test_what_was_given_to_another_or_in_another_epoch_is_refused(to: str, to_epoch: int, store: OneStore) -> None:
    gift = granted(store)
    assert_refused(store, given_again(store, gift.signed, Given(to, to_epoch, gift.passage.transfer)))


def test_a_record_that_gives_nothing_is_refused(store: OneStore) -> None:
    assert_refused(store, store.lead.chain()[0])


def test_what_is_no_record_is_refused(store: OneStore) -> None:
    assert_refused(store, SignedRecord(b"no record", bytes(64)))


def test_a_transfer_of_hqs_own_is_taken_by_its_number_and_never_relayed(store: OneStore) -> None:
    """Also when HQ's key has signed it as if HQ gave like a till."""
    store.hq.funds.add(A, 50_00)
    transfer = store.hq.order(Transfer(Why.GRANT, "", A, store.hq.funds.give(A, 50_00)))
    key = HQ_KEY
    assert_refused(store, transfer.signed, key.public_key().public_bytes_raw())
    body, order = transfer.signed.open(), transfer.directive.order
    assert isinstance(order, Transfer)
    as_given = msgspec.structs.replace(body, kind=RecordKind.GIVEN, body=encode_body(Given("07-2", 1, order)))
    before = store.till.chain()
    relayed = Relay(key.public_key().public_bytes_raw(), seal(as_given, key.sign))
    assert apply(store.till, store.hq.order(relayed, len(store.hq.directives))) is Doubt.TRANSFER_REFUSED
    assert store.till.chain() == before


def test_what_the_book_refuses_is_not_carried_out(store: OneStore) -> None:
    gift = granted(store)
    other_terms = msgspec.structs.replace(part("07-2/1/3", 1), expires_on="2030-01-01")
    store.till.load(ALICE, "5.00")
    body = Given("07-2", 1, msgspec.structs.replace(gift.passage.transfer, parts=(other_terms,)))
    before = store.till.chain()
    assert relay(store, given_again(store, gift.signed, body)) is Doubt.TRANSFER_REFUSED
    assert (store.till.chain(), has(store.till)) == (before, 5_00)


def test_a_gift_of_a_till_that_was_never_a_neighbour_is_taken_on_hqs_word(store: OneStore) -> None:
    other = Keeper("07-5", seed=45)
    other.open()
    other.load(ALICE.account, 300)
    given = other.give(ALICE.account, part("07-5/1/2", 300), to="07-2")
    assert relay(store, given, key=other.raw_key) is None
    assert has(store.till) == 300
    store.prove()
