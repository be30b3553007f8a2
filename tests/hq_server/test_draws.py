"""Draws from HQ's book: what is given, once, and to whom nothing is."""

import msgspec
import pytest

from hq_server.storage.drawing import Short
from hq_server.valuing import Rules
from ledger.ids import ChainId, LotId, Place
from ledger.slices import Asset, Lot, Purse, Slice, SliceKey
from loyalty.programme import PARTS_MAX
from protocol.bodies import Directive, Transfer, Why
from protocol.conversation import NoDraw, NotDrawn
from protocol.draws import Grounds, decide
from protocol.members import Share
from protocol.records import RECORD_BYTES_MAX, SignedRecord
from tests.hq_server.forger import ALICE, BOB, DATE, Keeper, part
from tests.hq_server.office import NOON_MS, NOTHING_PLACED, PROGRAMME, STAMP, Office, draw_of

LOT = LotId("07-2/1/2")
PLACED = Rules(PROGRAMME)


@pytest.fixture
def office() -> Office:
    """HQ with 100 of Alice's, and 20 more of hers at till 07-2."""
    office, keeper = Office(rules=NOTHING_PLACED), Keeper()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 120)
    keeper.give(ALICE, part(LOT, 100))
    office.receive(keeper)
    return office


@pytest.fixture
def till(office: Office) -> Keeper:
    """Till 12-1, where Alice is now."""
    till = Keeper("12-1", seed=8)
    office.enrol(till)
    return till


def units_in(drawn: object) -> int:
    """What a draw has brought."""
    assert isinstance(drawn, SignedRecord), drawn
    order = drawn.open().body_as(Directive).order
    assert isinstance(order, Transfer)
    return sum(one.units for one in order.parts)


def code_of(drawn: object) -> NoDraw:
    no = drawn.no if isinstance(drawn, Short) else drawn
    assert isinstance(no, NotDrawn), no
    return no.code


def test_a_draw_brings_what_it_asks_for_as_a_directive_with_its_name(office: Office, till: Keeper) -> None:
    drawn = office.draw(till, 70, 70)
    assert units_in(drawn) == 70
    assert office.orders(till) == [Transfer(Why.DRAW, "operation-1", ALICE, (part(LOT, 70),))]
    assert office.at("hq", ALICE) == 30
    office.assert_conserved()


def test_less_than_it_asks_for_is_given_when_that_is_enough(office: Office, till: Keeper) -> None:
    assert units_in(office.draw(till, 500, 90)) == 100
    assert office.at("hq", ALICE) == 0


def test_less_than_enough_is_not_given_at_all(office: Office, till: Keeper) -> None:
    drawn = office.draw(till, 500, 101)
    assert isinstance(drawn, Short)
    assert drawn.holders == (ChainId(Place("07-2"), 1),)
    assert drawn.no == NotDrawn(
        "operation-1", NoDraw.NOT_ENOUGH, (Share(Place("hq"), 100, 0, 0), Share(Place("07-2"), 20, 0, 0)), NOON_MS
    )
    assert not office.orders(till)


@pytest.mark.parametrize(("rules", "waits_for"), [(NOTHING_PLACED, (ChainId(Place("07-2"), 1),)), (PLACED, ())])
def test_what_lies_where_somebody_draws_is_on_its_way_only_if_it_was_called_home(
    rules: Rules, waits_for: tuple[ChainId, ...]
) -> None:
    office, keeper = Office(rules=rules), Keeper()
    office.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 120)
    office.receive(keeper)
    drawn = office.draw(keeper, 500, 101)
    assert (drawn.holders if isinstance(drawn, Short) else ()) == waits_for


def test_nothing_is_never_given_and_who_can_do_without_waits_for_nobody(office: Office, till: Keeper) -> None:
    office.draw(till, 100)
    drawn = office.draw(till, 20, 0, operation_id="operation-2")
    assert isinstance(drawn, NotDrawn)
    assert code_of(drawn) is NoDraw.NOT_ENOUGH


def test_a_draw_that_is_repeated_has_one_effect_whatever_it_says_then(office: Office, till: Keeper) -> None:
    first = office.draw(till, 70)
    for again in (draw_of(70), draw_of(100), draw_of(1, account=BOB), draw_of(70, card="blocked")):
        assert office.store.draw(ChainId(till.place, 1), again, STAMP) == first
    assert (office.at("hq", ALICE), len(office.orders(till))) == (30, 1)
    other = Keeper("12-2", seed=9)
    office.enrol(other)
    assert units_in(office.draw(other, 30)) == 30, "another till's operation of that name is another"


def test_a_draw_that_brought_nothing_may_be_repeated(office: Office, till: Keeper) -> None:
    assert code_of(office.draw(till, 110, 110)) is NoDraw.NOT_ENOUGH
    assert units_in(office.draw(till, 110, 50)) == 100


def test_exactly_one_gets_the_last_hundred(office: Office, till: Keeper) -> None:
    other = Keeper("12-2", seed=9)
    office.enrol(other)
    assert units_in(office.draw(till, 100, 100)) == 100
    assert code_of(office.draw(other, 100, 100)) is NoDraw.NOT_ENOUGH
    office.assert_conserved()


def test_a_blocked_card_draws_nothing_until_it_is_found(office: Office, till: Keeper) -> None:
    assert office.store.keeping(lambda book: book.block(ALICE, STAMP)) == [("07-2", 1), ("12-1", 1)]
    assert code_of(office.draw(till, 10)) is NoDraw.BLOCKED
    assert office.store.keeping(lambda book: book.block(ALICE, STAMP)) is None
    assert office.store.keeping(lambda book: book.unblock(ALICE, STAMP)) is not None
    assert units_in(office.draw(till, 10)) == 10
    assert office.store.keeping(lambda book: book.unblock(ALICE, STAMP)) is None


def test_a_till_that_comes_later_gets_the_whole_negative_list(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq_server.storage.blocks.BLOCKED_CARDS_MAX", 2)
    for card in ("c", "a", "b"):
        office.block(card)
    office.store.keeping(lambda book: book.unblock("b", STAMP))
    for card in ("d", "e"):
        office.block(card)
    late = Keeper("12-5", seed=5)
    office.enrol(late)
    assert [order.cards for order in office.orders(late)] == [("a", "c"), ("d", "e")]  # type: ignore[union-attr]  # blocks


def test_a_fenced_or_replaced_till_draws_nothing(office: Office, till: Keeper) -> None:
    later = Keeper("12-1", epoch=2, seed=11)
    office.enrol(later)
    assert code_of(office.draw(till, 10)) is NoDraw.FENCED
    assert units_in(office.draw(later, 10)) == 10
    office.store.keeping(lambda book: book.revoke(later.place, 2, STAMP))
    assert code_of(office.draw(later, 10, operation_id="operation-2")) is NoDraw.FENCED


def test_a_fenced_till_is_not_asked_for_what_it_has(office: Office, till: Keeper) -> None:
    office.store.keeping(lambda book: book.revoke(Place("07-2"), 1, STAMP))
    drawn = office.draw(till, 110, 110)
    assert isinstance(drawn, NotDrawn)
    assert drawn.shares[1] == Share(Place("07-2"), 20, 0, 0)


def test_parts_come_in_the_order_in_which_they_pay_and_expired_ones_stay() -> None:
    expiries = {2: None, 3: "2026-12-01", 4: "2026-11-01"}
    slices = [Slice(msgspec.structs.replace(lot_of(number), expires_on=day), 10) for number, day in expiries.items()]
    given = decide(draw_of(15), Grounds(Rules(PROGRAMME).payable(slices, Asset.MONEY, DATE)))
    assert isinstance(given, Transfer)
    assert [(one.lot, one.units) for one in given.parts] == [("07-2/1/3", 10), ("07-2/1/2", 5)]


def lot_of(number: int) -> Lot:
    return Lot(SliceKey(ALICE, Purse.PRINCIPAL, LotId(f"07-2/1/{number}")), "07", DATE)


def test_a_draw_of_more_parts_than_one_directive_holds_brings_what_it_holds() -> None:
    """A lot's terms are its till's words, as long as a record has room for."""
    slices = [Slice(msgspec.structs.replace(lot_of(number), store="x" * 1000), 1) for number in range(2, 302)]
    payable = Rules(PROGRAMME).payable(slices, Asset.MONEY, DATE)
    assert len(payable) == PARTS_MAX
    given = decide(draw_of(300), Grounds(payable))
    assert isinstance(given, Transfer)
    assert 0 < len(given.parts) < RECORD_BYTES_MAX // 1000
    assert decide(draw_of(300, 200), Grounds(payable)) is NoDraw.NOT_ENOUGH
