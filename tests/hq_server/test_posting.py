"""Posting: HQ's mirror of a place is what its till has, and what no book can hold is set aside while the rest flows."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ledger.digest import digest
from ledger.ids import AccountId, LotId
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import LotOpened
from protocol.conversation import Records
from protocol.records import RecordKind
from tests.chains.company import ALICE as ALICES_CARD
from tests.chains.company import BOB as BOBS_CARD
from tests.chains.company import units
from tests.chains.till import IDENTITY, Till
from tests.hq_server.forger import ALICE, BOB, DATE, Keeper, held, issued
from tests.hq_server.office import STAMP, Office

UNKNOWN_LOT = LotId("07-2/1/999")


def test_the_mirror_has_slice_by_slice_what_the_till_has(tmp_path: Path) -> None:
    till, office = Till(tmp_path / "till.db"), Office()
    keeper = Keeper()
    office.enrol(keeper)
    till.load(ALICES_CARD, "1000.00")
    till.load(BOBS_CARD, "20.00")
    till.charge(ALICES_CARD, "12.34")
    till.close_day()
    till.charge(ALICES_CARD, "1000.00")
    till.charge(BOBS_CARD, "20.00")
    till.close_day()
    keeper.chain = till.chain()
    office.receive(keeper)
    here = {one.key: one.units for card in (ALICES_CARD, BOBS_CARD) for one in till.store.slices(card.account)}
    assert office.mirror(IDENTITY.place) == here
    assert sum(here.values()) == units("1000.00") + units("150.00") - units("1012.34")
    assert not office.differences()
    assert not office.suspense()


def of_zero(keeper: Keeper) -> None:
    lot = keeper.next_lot()
    keeper.move((held(ALICE, lot, 0), issued(ALICE, lot, 0)), opens=(opened(ALICE, lot),))


def of_more_than_any_amount(keeper: Keeper) -> None:
    keeper.load(ALICE, 10**12 + 1)


def of_more_than_a_book_can_count(keeper: Keeper) -> None:
    keeper.load(ALICE, 2**63)


def without_legs(keeper: Keeper) -> None:
    keeper.move(())


def with_a_leg_twice(keeper: Keeper) -> None:
    lot = keeper.next_lot()
    legs = (held(ALICE, lot, 5), held(ALICE, lot, 5), issued(ALICE, lot, -10))
    keeper.move(legs, opens=(opened(ALICE, lot),))


def unbalanced(keeper: Keeper) -> None:
    lot = keeper.next_lot()
    keeper.move((held(ALICE, lot, 100), issued(ALICE, lot, -99)), opens=(opened(ALICE, lot),))


def from_one_member_to_another(keeper: Keeper) -> None:
    lot = LotId("07-2/1/2")
    keeper.move((held(ALICE, lot, -50), held(BOB, lot, 50)))


def of_a_lot_that_nobody_opened(keeper: Keeper) -> None:
    keeper.charge(ALICE, UNKNOWN_LOT, 1)


def below_zero(keeper: Keeper) -> None:
    keeper.charge(ALICE, LotId("07-2/1/2"), 101)


def of_an_operation_twice(keeper: Keeper) -> None:
    keeper.load(ALICE, 5, operation="operation-1")


def that_opens_a_lot_of_another_till(keeper: Keeper) -> None:
    """Were it posted, that till's own record would find its lot open, and be refused."""
    lot = LotId("07-3/1/2")
    keeper.move((held(ALICE, lot, 5), issued(ALICE, lot, -5)), opens=(opened(ALICE, lot),))


def that_opens_a_lot_again(keeper: Keeper) -> None:
    lot = keeper.next_lot()
    legs = (held(ALICE, lot, 5), issued(ALICE, lot, -5))
    keeper.move(legs, opens=(opened(ALICE, lot), opened(ALICE, lot)))


def of_a_kind_that_is_none(keeper: Keeper) -> None:
    keeper.move((held(ALICE, keeper.next_lot(), 5),), kind="gift to a friend")


def with_a_receipt_of_another_till(keeper: Keeper) -> None:
    keeper.move((held(ALICE, keeper.next_lot(), 5),), receipt="07-3-000001")


def with_an_operation_that_is_none(keeper: Keeper) -> None:
    keeper.move((held(ALICE, keeper.next_lot(), 5),), operation="x")


def with_a_body_of_another_form(keeper: Keeper) -> None:
    keeper.write(RecordKind.TRANSACTION, msgspec.Raw(msgspec.msgpack.encode({"legs": 7})))


def with_a_body_that_is_garbage(keeper: Keeper) -> None:
    keeper.write(RecordKind.TRANSACTION, msgspec.Raw(b"\x81\xa5hello\xa5world"))


def with_a_day_close_of_another_form(keeper: Keeper) -> None:
    keeper.write(RecordKind.DAY_CLOSED, msgspec.Raw(b"\x80"))


def opened(account: AccountId, lot: LotId) -> LotOpened:
    return LotOpened(account, Purse.PRINCIPAL, lot, "07", DATE, None)


@pytest.mark.parametrize(
    ("forge", "reason", "account"),
    [
        (without_legs, "no_legs", ALICE),
        (of_zero, "units_out_of_range", ALICE),
        (of_more_than_any_amount, "units_out_of_range", ALICE),
        (of_more_than_a_book_can_count, "units_out_of_range", ALICE),
        (with_a_leg_twice, "leg_repeated", ALICE),
        (unbalanced, "unbalanced", ALICE),
        (from_one_member_to_another, "wrong_side", BOB),
        (that_opens_a_lot_again, "lot_already_open", ALICE),
        (of_a_lot_that_nobody_opened, "lot_unknown", ALICE),
        (below_zero, "below_zero", ALICE),
        (of_an_operation_twice, "operation_repeated", ALICE),
        (that_opens_a_lot_of_another_till, "foreign_lot", ALICE),
        (of_a_kind_that_is_none, "not_understood", ALICE),
        (with_a_receipt_of_another_till, "not_understood", ALICE),
        (with_an_operation_that_is_none, "not_understood", ALICE),
        (with_a_body_of_another_form, "not_understood", ""),
        (with_a_body_that_is_garbage, "not_understood", ""),
        (with_a_day_close_of_another_form, "not_understood", ""),
    ],
)
def test_a_forged_record_that_its_till_has_signed_is_set_aside_and_the_rest_flows(
    forge: Callable[[Keeper], None], reason: str, account: str
) -> None:
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    forge(keeper)
    keeper.load(ALICE, 7)
    office.receive(keeper)
    lines = office.suspense()
    assert {(line.record, line.reason) for line in lines} == {("07-2/1/3", reason)}
    assert account in {line.account for line in lines}
    assert office.balance(ALICE) == 107
    assert office.balance(BOB) == 0
    assert (office.view(keeper).held, office.view(keeper).posted) == (4, 4)


def test_a_forger_cannot_spoil_the_lot_of_another_till() -> None:
    forger, honest, office = Keeper(seed=8), Keeper("07-3"), Office()
    office.enrol(forger, honest)
    forger.open()
    that_opens_a_lot_of_another_till(forger)
    office.receive(forger)
    honest.open()
    honest.load(ALICE, 100)
    office.receive(honest)
    assert [line.record for line in office.suspense()] == ["07-2/1/2"]
    assert office.balance(ALICE) == 100


def test_two_tills_may_have_operations_of_one_name() -> None:
    first, second, office = Keeper("07-2"), Keeper("07-3"), Office()
    office.enrol(first, second)
    for keeper in (first, second):
        keeper.open()
        keeper.load(ALICE, 10, operation="20261122-0815")
        office.receive(keeper)
    assert not office.suspense()
    assert office.balance(ALICE) == 20


def test_what_the_file_itself_refuses_is_set_aside_and_is_no_broken_disk() -> None:
    """A sum near the most that SQLite counts, and a line that is there already: out of a forger's reach today."""
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    office.receive(keeper)
    book = office.store._connection
    book.execute("update totals set held = 9223372036854775000")
    book.execute("insert into transactions values ('07-2', 1, 4, 'load', 'put here by hand', '2026-11-22')")
    keeper.load(ALICE, 10**6)
    keeper.load(BOB, 5)
    assert office.take(keeper.batch()) is None
    assert office.post(keeper) == 2
    book.execute("update totals set held = 100")
    keeper.load(BOB, 7)
    office.receive(keeper)
    lines = office.suspense()
    assert [(line.record, line.reason) for line in lines] == [
        ("07-2/1/3", "not_storable"),
        ("07-2/1/4", "not_storable"),
        ("07-2/1/4", "not_storable"),
    ]
    assert office.balance(BOB) == 7
    assert book.execute("select count(*) from entries where sequence = 3").get == 0


def test_a_day_close_with_the_digest_of_the_mirror_is_silent() -> None:
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    office.receive(keeper)
    keeper.close_day(office.digest(keeper.place))
    office.receive(keeper)
    assert not office.differences()


def test_a_day_close_with_another_digest_is_shown_with_both() -> None:
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    keeper.close_day(digest({}))
    keeper.load(ALICE, 1)
    office.receive(keeper)
    (line,) = office.differences()
    assert (line.record, line.said) == ("07-2/1/3", digest({}).hex())
    assert line.found != line.said
    assert office.balance(ALICE) == 101


def test_a_record_that_is_set_aside_shows_at_the_day_close() -> None:
    """The till counted it and HQ did not: that is what the comparison is for."""
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    below = Leg(ALICE, Purse.POINTS, LotId("07-2/1/2"), Side.HELD, 3)
    keeper.move((below,))
    keeper.close_day(digest({below.key: 3}))
    office.receive(keeper)
    assert [line.record for line in office.suspense()] == ["07-2/1/2"]
    assert [line.record for line in office.differences()] == ["07-2/1/3"]


def test_posting_goes_in_steps_and_is_done_once() -> None:
    keeper, office = Keeper(), Office()
    office.enrol(keeper)
    keeper.open()
    for _ in range(599):
        keeper.load(ALICE, 1)
    for first in (1, 251, 501):
        assert office.take(Records(keeper.place, 1, tuple(keeper.chain[first - 1 : first + 249]))) is None
    assert office.store.unposted() == [(keeper.place, 1)]
    assert [office.store.post(keeper.place, 1, STAMP).records for _ in range(4)] == [250, 250, 100, 0]
    assert office.store.unposted() == []
    assert office.balance(ALICE) == 599


def test_nothing_is_posted_of_a_keeper_that_nobody_knows() -> None:
    assert Office().store.post(Keeper().place, 1, STAMP).records == 0
