"""Conservation: what was issued is held, under way or spent, lot by lot; and whoever writes in the file is found."""

from collections.abc import Iterator

import pytest

from hq_server.conservation import LotSums, PurseSums, Unexplained, together
from ledger.ids import AccountId
from ledger.slices import Purse
from ledger.transactions import Side
from tests.hq_server.forger import ALICE, BOB, Keeper
from tests.hq_server.office import Office
from tests.hq_server.people import ask
from tests.hq_server.serving import Serving


def sums(*entries: tuple[str, str, int], kept: dict[str, int] | None = None) -> LotSums:
    found = LotSums()
    for entry in entries:
        found.enter(*entry)
    found.kept.update({place: units for place, units in found.held.items() if units} if kept is None else kept)
    return found


ISSUED = (Side.ISSUED, "07-2", -100)


@pytest.mark.parametrize(
    ("lot", "doubts"),
    [
        (sums(ISSUED, (Side.HELD, "07-2", 100)), ()),
        (sums(ISSUED, (Side.HELD, "07-2", 60), (Side.SPENT, "07-2", 40)), ()),
        (sums(ISSUED, (Side.HELD, "07-2", 60), (Side.IN_TRANSIT, "07-2", 40)), ()),
        (sums(ISSUED, (Side.HELD, "07-2", 0), (Side.SPENT, "07-2", 100)), ()),
        (sums((Side.ISSUED, "07-2", -90), (Side.OWED, "07-2", -10), (Side.SPENT, "07-2", 100)), ()),
        (sums(ISSUED, (Side.HELD, "07-2", 90)), (Unexplained.NOT_ZERO,)),
        (sums(ISSUED, (Side.OWED, "07-2", -10), (Side.HELD, "07-2", 100)), (Unexplained.NOT_ZERO,)),
        (sums(ISSUED, ("lost", "07-2", 100)), (Unexplained.NOT_ZERO,)),
        (sums(ISSUED, (Side.HELD, "hq", 101), (Side.IN_TRANSIT, "hq", -1)), (Unexplained.UNDER_WAY_BELOW_ZERO,)),
        (sums(ISSUED, (Side.HELD, "07-2", 100), kept={"07-2": 101}), (Unexplained.SLICES_DIFFER,)),
        (sums(ISSUED, (Side.HELD, "07-2", 100), kept={"hq": 100}), (Unexplained.SLICES_DIFFER,)),
        (sums(ISSUED, (Side.HELD, "07-2", 100), kept={}), (Unexplained.SLICES_DIFFER,)),
    ],
)
def test_a_lot_that_does_not_add_up_is_named_for_what_is_wrong(lot: LotSums, doubts: tuple[Unexplained, ...]) -> None:
    assert lot.doubts() == doubts


@pytest.fixture
def office() -> Iterator[Office]:
    """Two members: Alice has loaded 100 and spent 30, Bob has loaded 50."""
    office, keeper = Office(), Keeper()
    office.enrol(keeper)
    keeper.open()
    lot = keeper.next_lot()
    keeper.load(ALICE, 100)
    keeper.load(BOB, 50)
    keeper.charge(ALICE, lot, 30)
    office.receive(keeper)
    yield office
    office.store.close()


def test_a_book_adds_up_wherever_its_value_lies(office: Office) -> None:
    page = office.store.showing(lambda showing: showing.lots.page())
    assert (page.lots, page.unexplained_total, page.after) == (2, 0, None)
    principal = page.purses[0]
    assert (principal.purse, principal.issued, principal.spent) == ("principal", 150, 30)
    assert principal.held + principal.under_way == 120
    assert sum(place.held for place in page.places) == principal.held


def test_pages_are_added_to_the_whole(office: Office) -> None:
    whole = office.store.showing(lambda showing: showing.lots.page())
    first = office.store.showing(lambda showing: showing.lots.page(accounts_max=1))
    assert (first.lots, first.after) == (1, ALICE)
    second = office.store.showing(lambda showing: showing.lots.page(first.after or "", accounts_max=1))
    assert (second.lots, second.after) == (1, None)
    assert together([first, second]) == whole
    assert office.store.showing(lambda showing: showing.lots.page(BOB)).lots == 0


def test_a_balance_that_was_changed_by_hand_is_found(office: Office) -> None:
    office.store._connection.execute("update slices set units = units + 1 where account = ?", (ALICE,))
    page = office.store.showing(lambda showing: showing.lots.page())
    (lot,) = page.unexplained
    assert (lot.account, lot.doubts, page.unexplained_total) == (ALICE, (Unexplained.SLICES_DIFFER,), 1)


def test_entries_that_were_changed_by_hand_are_found(office: Office) -> None:
    office.store._connection.execute("drop trigger entries_are_fixed")
    office.store._connection.execute("update entries set units = units - 1 where side = 'spent'")
    (lot,) = office.store.showing(lambda showing: showing.lots.page()).unexplained
    assert (lot.issued, lot.held + lot.under_way, lot.spent) == (100, 70, 29)
    assert Unexplained.NOT_ZERO in lot.doubts


def test_the_list_of_what_is_wrong_has_a_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq_server.conservation.UNEXPLAINED_SHOWN_MAX", 1)
    office.store._connection.execute("update slices set units = units + 1")
    page = office.store.showing(lambda showing: showing.lots.page())
    assert (page.unexplained_total, len(page.unexplained)) == (2, 1)
    both = together([page, page])
    assert (both.unexplained_total, len(both.unexplained)) == (4, 1)


def test_an_empty_book_adds_up() -> None:
    page = Office().store.showing(lambda showing: showing.lots.page())
    assert (page.lots, page.places, page.unexplained, page.after) == (0, [], [], None)
    assert page.purses == [PurseSums(purse, 0, 0, 0, 0) for purse in Purse]


def test_what_is_under_way_is_told_by_purse(office: Office) -> None:
    assert office.store.showing(lambda showing: showing.lots.under_way(AccountId("nobody"))) == {}


async def test_the_api_adds_up_what_tills_have_sent(hq: Serving) -> None:
    keeper = Keeper()
    keeper.open()
    keeper.load(ALICE, 100)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(2)
    _, page = await ask(hq, "GET", "/v1/conservation")
    principal = page["purses"][0]
    assert (page["lots"], page["unexplained"], principal["issued"], principal["spent"]) == (1, [], 100, 0)
    assert principal["held"] + principal["under_way"] == 100
    assert (await ask(hq, "GET", f"/v1/conservation?after={ALICE}"))[1]["lots"] == 0
    assert await ask(hq, "GET", "/v1/waiting") == (200, {"total": 0, "lines": []})
