"""Value goes from place to place: it leaves one before it comes to the other, once, and none is made or lost."""

from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.views import WaitView
from ledger.ids import HEADQUARTERS, LotId
from ledger.slices import Asset, Purse
from protocol.bodies import Directive, Recall, Transfer, TransferPart
from protocol.conversation import Records
from protocol.records import RecordKind, SignedRecord, encode_body, seal
from tests.hq_server.forger import ALICE, DATE, Keeper, part
from tests.hq_server.office import HQ_KEY, NOTHING_PLACED, Office

LOT = LotId("07-2/1/2")


@pytest.fixture
def office() -> Office:
    """HQ that places nothing by itself."""
    return Office(rules=NOTHING_PLACED)


@pytest.fixture
def keeper(office: Office) -> Keeper:
    """Till 07-2, where Alice has 100."""
    keeper = Keeper()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    return keeper


def receive(office: Office, *keepers: Keeper) -> None:
    """Take and post chains whole; nothing is made or lost."""
    for keeper in keepers:
        office.receive(keeper)
        office.assert_conserved()


def reasons(office: Office) -> list[tuple[str, str]]:
    return [(line.record, line.reason) for line in office.suspense()]


def given_by_hq(office: Office, keeper: Keeper, units: int) -> SignedRecord:
    """What a draw brings."""
    directive = office.draw(keeper, units)
    assert isinstance(directive, SignedRecord)
    office.assert_conserved()
    return directive


def test_what_a_till_gives_back_lies_at_hq_in_the_same_commit(office: Office, keeper: Keeper) -> None:
    keeper.give(ALICE, part(LOT, 60))
    receive(office, keeper)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (40, 60)
    kinds = [signed.open().kind for signed in office.store.records(HEADQUARTERS, 1)]
    assert (kinds.count(RecordKind.TAKEN), office.suspense()) == (1, [])


def test_the_same_record_sent_twice_is_taken_once(office: Office, keeper: Keeper) -> None:
    keeper.give(ALICE, part(LOT, 60))
    receive(office, keeper)
    assert office.take(keeper.batch()) is None
    assert office.post(keeper) == 0
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (40, 60)


def test_what_hq_gives_left_hq_before_it_came_to_the_till(office: Office, keeper: Keeper) -> None:
    keeper.give(ALICE, part(LOT, 60))
    receive(office, keeper)
    directive = given_by_hq(office, keeper, 50)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (40, 10)
    keeper.apply(directive)
    receive(office, keeper)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (90, 10)
    assert office.store._connection.execute("select count(*) from under_way").get == 0
    assert not office.suspense()


def test_a_directive_that_is_carried_out_twice_brings_its_value_once(office: Office, keeper: Keeper) -> None:
    keeper.give(ALICE, part(LOT, 60))
    receive(office, keeper)
    directive = given_by_hq(office, keeper, 50)
    keeper.apply(directive)
    keeper.apply(directive)
    keeper.take(directive)
    receive(office, keeper)
    assert reasons(office) == [("07-2/1/5", "operation_repeated"), ("07-2/1/6", "not_understood")]
    assert office.at("07-2", ALICE) == 90


def of_a_number_that_hq_has_not_reached(directive: SignedRecord) -> SignedRecord:
    return seal(msgspec.structs.replace(directive.open(), sequence=999), Ed25519PrivateKey.generate().sign)


def with_more_units(directive: SignedRecord) -> SignedRecord:
    record = directive.open()
    body = record.body_as(Directive)
    assert isinstance(body.order, Transfer)
    parts = (msgspec.structs.replace(body.order.parts[0], units=999),)
    changed = msgspec.structs.replace(body, order=msgspec.structs.replace(body.order, parts=parts))
    return seal(msgspec.structs.replace(record, body=encode_body(changed)), Ed25519PrivateKey.generate().sign)


def with_another_signature(directive: SignedRecord) -> SignedRecord:
    return SignedRecord(directive.content, bytes(64))


def to_another_till(directive: SignedRecord) -> SignedRecord:
    record = directive.open()
    body = msgspec.structs.replace(record.body_as(Directive), to="07-9")
    return seal(msgspec.structs.replace(record, body=encode_body(body)), HQ_KEY.sign)


def to_another_epoch(directive: SignedRecord) -> SignedRecord:
    record = directive.open()
    body = msgspec.structs.replace(record.body_as(Directive), to_epoch=2)
    return seal(msgspec.structs.replace(record, body=encode_body(body)), HQ_KEY.sign)


def that_is_none(_directive: SignedRecord) -> SignedRecord:
    return SignedRecord(b"garbage", bytes(64))


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (of_a_number_that_hq_has_not_reached, "giver_differs"),
        (with_more_units, "giver_differs"),
        (with_another_signature, "giver_differs"),
        (to_another_till, "not_understood"),
        (to_another_epoch, "not_understood"),
        (that_is_none, "not_understood"),
    ],
)
def test_a_directive_that_hq_never_gave_brings_nothing_and_the_rest_flows(
    office: Office, keeper: Keeper, forge: Callable[[SignedRecord], SignedRecord], reason: str
) -> None:
    keeper.give(ALICE, part(LOT, 60))
    receive(office, keeper)
    directive = given_by_hq(office, keeper, 50)
    keeper.apply(forge(directive))
    keeper.apply(directive)
    receive(office, keeper)
    assert reasons(office) == [("07-2/1/4", reason)]
    assert office.at("07-2", ALICE) == 90
    assert not office.waiting()


def test_a_taker_waits_in_sight_for_its_giver_and_goes_on_when_that_is_posted(office: Office, keeper: Keeper) -> None:
    lead = Keeper("07-1", seed=8)
    office.enrol(lead)
    given = keeper.give(ALICE, part(LOT, 60), to="07-1")
    lead.open()
    lead.take(given)
    lead.charge(ALICE, LOT, 50)
    receive(office, lead)
    assert office.waiting() == [WaitView("07-1/1/2", "07-2/1/3")]
    assert (office.view(lead).posted, office.view(lead).waits) == (1, 2)
    assert office.take(keeper.batch(1, 2)) is None
    office.post(keeper)
    assert office.view(lead).posted == 1
    receive(office, keeper)
    assert not office.waiting()
    assert not office.suspense()
    assert (office.at("07-2", ALICE), office.at("07-1", ALICE)) == (40, 10)
    assert office.view(lead).posted == 3


def test_a_giver_that_is_held_and_not_posted_is_waited_for(office: Office, keeper: Keeper) -> None:
    lead = Keeper("07-1", seed=8)
    office.enrol(lead)
    given = keeper.give(ALICE, part(LOT, 60), to="07-1")
    lead.open()
    lead.take(given)
    assert office.take(keeper.batch()) is None
    receive(office, lead)
    assert len(office.waiting()) == 1
    office.post(keeper)
    assert (office.waiting(), office.at("07-1", ALICE)) == ([], 60)


def test_tills_that_wait_for_one_another_in_a_row_all_go_on(office: Office, keeper: Keeper) -> None:
    second, third = Keeper("07-3", seed=8), Keeper("07-4", seed=9)
    office.enrol(second, third)
    given = keeper.give(ALICE, part(LOT, 60), to="07-3")
    second.open()
    second.take(given)
    given = second.give(ALICE, part(LOT, 30), to="07-4")
    third.open()
    third.take(given)
    receive(office, third, second)
    assert [line.record for line in office.waiting()] == ["07-3/1/2", "07-4/1/2"]
    receive(office, keeper)
    assert [office.at(place, ALICE) for place in ("07-2", "07-3", "07-4")] == [40, 30, 30]


def test_what_a_till_gave_below_zero_is_taken_by_nobody(office: Office, keeper: Keeper) -> None:
    lead = Keeper("07-1", seed=8)
    office.enrol(lead)
    keeper.give(ALICE, part(LOT, 101))
    given = keeper.give(ALICE, part(LOT, 101), to="07-1")
    lead.open()
    lead.take(given)
    receive(office, keeper, lead)
    assert reasons(office) == [
        ("07-1/1/2", "giver_set_aside"),
        ("07-2/1/3", "below_zero"),
        ("07-2/1/4", "below_zero"),
    ]
    assert (office.at("hq", ALICE), office.at("07-1", ALICE), office.at("07-2", ALICE)) == (0, 0, 100)


def test_what_a_stranger_gave_is_not_waited_for(office: Office, keeper: Keeper) -> None:
    stranger = Keeper("99-9", seed=3)
    stranger.open()
    keeper.take(stranger.give(ALICE, part(LOT, 60), to="07-2"))
    receive(office, keeper)
    assert reasons(office) == [("07-2/1/3", "giver_differs")]


@pytest.mark.parametrize(
    ("parts", "to_epoch", "reason"),
    [
        ((part(LOT, 60),), 2, "hq_cannot_take"),
        ((), 1, "no_legs"),
        ((part(LOT, 0),), 1, "units_out_of_range"),
        ((part(LOT, -5),), 1, "wrong_side"),
        ((part(LOT, 5), part(LOT, 5)), 1, "leg_repeated"),
        ((part("07-2/1/99", 5),), 1, "lot_unknown"),
        ((msgspec.structs.replace(part(LOT, 5), expires_on=DATE),), 1, "lot_differs"),
        ((part(LOT, 5, Purse.BONUS),), 1, "lot_unknown"),
    ],
)
def test_a_return_that_is_none_is_set_aside_and_hq_takes_nothing(
    office: Office, keeper: Keeper, parts: tuple[TransferPart, ...], to_epoch: int, reason: str
) -> None:
    keeper.give(ALICE, *parts, to_epoch=to_epoch)
    keeper.give(ALICE, part(LOT, 10))
    receive(office, keeper)
    assert reasons(office) == [("07-2/1/3", reason)]
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (90, 10)


def test_a_return_of_more_parts_than_a_transfer_has_is_set_aside(office: Office) -> None:
    """HQ would have to quote it whole, and its own record has the same bound in bytes."""
    keeper = Keeper()
    office.enrol(keeper)
    keeper.open()
    lots = [LotId(f"07-2/1/{number}") for number in range(2, 802)]
    for _ in lots:
        keeper.load(ALICE, 1)
    for first in range(0, 802, 200):
        assert office.take(Records(keeper.place, 1, tuple(keeper.chain[first : first + 200]))) is None
    keeper.give(ALICE, *(part(lot, 1) for lot in lots))
    keeper.give(ALICE, part(lots[0], 1))
    assert len(keeper.chain[-2].content) > 63 * 1024
    assert office.take(keeper.batch(802)) is None
    office.post(keeper)
    office.assert_conserved()
    assert reasons(office) == [("07-2/1/802", "not_understood")]
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (799, 1)


def test_a_recall_is_over_when_its_till_says_so_and_not_when_it_says_something_else(
    office: Office, keeper: Keeper
) -> None:
    receive(office, keeper)
    other = Keeper("12-1", seed=8)
    office.enrol(other)
    (recall,) = office.recall(other, 80)
    assert recall.open().body_as(Directive).order == Recall(ALICE, Asset.MONEY, 0)
    assert office.recall(other, 80) == [recall], "it was asked twice"
    keeper.apply(SignedRecord(recall.content, bytes(64)))
    receive(office, keeper)
    assert office.recall(other, 80) == [recall]
    keeper.apply(recall)
    receive(office, keeper)
    assert len(office.recall(other, 80)) == 2
    assert (office.at("07-2", ALICE), office.suspense()) == (100, [])
