"""Value that cannot be had now: at tills that are silent, at keepers that are closed, and too long under way."""

from datetime import date, datetime

import msgspec
import pytest

from hq_server.placing_figures import Lying, OutOfReach, StorePlacing, Worth, out_of_reach
from ledger.ids import ChainId
from ledger.slices import Asset
from tests.hq_server.forger import ALICE, BOB, Keeper, part
from tests.hq_server.lead_shop import Shop
from tests.hq_server.office import NOON_MS, NOTHING_PLACED, STAMP, Office
from tests.hq_server.serving import Serving
from tests.hq_server.test_store_modes import enrolled

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def office() -> Office:
    return Office(rules=NOTHING_PLACED)


def placing(office: Office, now_ms: int, *on_line: Keeper) -> dict[str, StorePlacing]:
    """By store, with a bound of a day."""
    lines = {ChainId(one.place, one.epoch) for one in on_line}
    figures = office.store.showing(lambda showing: showing.placing("", now_ms - DAY_MS, lambda one: one in lines))
    return {one.store: one for one in figures.by_store()}


def stranded(office: Office, now_ms: int, *on_line: Keeper) -> dict[str, tuple[int, int, int]]:
    """Money, by store: at silent tills, at closed keepers, too long under way."""
    stores = placing(office, now_ms, *on_line)
    found = {name: (one.silent.money, one.closed.money, one.under_way.money) for name, one in stores.items()}
    return {name: units for name, units in found.items() if any(units)}


def given_to(office: Office, taker: Keeper, giver: Keeper, units: int = 60) -> None:
    """HQ has given the taker something, signed at noon, that it does not say to have."""
    giver.load(ALICE, 100)
    giver.give(ALICE, part(giver.loaded[-1], 100))
    office.receive(giver)
    office.draw(taker, units, units)


def test_what_lies_at_a_till_is_stranded_once_it_was_silent_for_longer_than_the_bound(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    here.load(ALICE, 100)
    here.load(BOB, 30)
    there.load(ALICE, 7)
    office.receive(here)
    office.receive(there)
    office.store.heard(there.place, 1, NOON_MS + 2 * HOUR_MS)
    assert stranded(office, NOON_MS + DAY_MS) == {}
    assert stranded(office, NOON_MS + DAY_MS + 1) == {"07": (130, 0, 0)}
    assert stranded(office, NOON_MS + DAY_MS + 2 * HOUR_MS + 1) == {"07": (130, 0, 0), "12": (7, 0, 0)}


def test_a_line_that_is_up_says_nothing_while_nobody_shops_and_strands_nothing(office: Office) -> None:
    here = enrolled(office, "07-2", 7)
    here.load(ALICE, 100)
    office.receive(here)
    assert stranded(office, NOON_MS + 9 * DAY_MS, here) == {}


def test_what_is_under_way_to_a_silent_till_is_stranded_with_it(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    given_to(office, here, there)
    assert stranded(office, NOON_MS + DAY_MS, there, here) == {}
    assert stranded(office, NOON_MS + DAY_MS + 1, there) == {"07": (60, 0, 0)}


def test_what_a_revoked_till_has_is_stranded_at_once(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    here.load(ALICE, 40)
    office.receive(here)
    given_to(office, here, there)
    office.store.keeping(lambda book: book.revoke(here.place, 1, STAMP))
    assert stranded(office, NOON_MS, here, there) == {"07": (0, 100, 0)}


def test_what_a_replaced_machine_has_is_stranded_and_its_successors_is_not(office: Office) -> None:
    old, new = enrolled(office, "07-2", 7), Keeper("07-2", 2, 9)
    old.load(ALICE, 40)
    office.receive(old)
    office.enrol(new)
    new.open()
    new.load(ALICE, 500)
    office.receive(new)
    assert stranded(office, NOON_MS) == {"07": (0, 40, 0)}


def test_what_was_written_off_is_stranded_no_more(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    here.load(ALICE, 40)
    office.receive(here)
    there.load(ALICE, 100)
    there.give(ALICE, part(there.loaded[-1], 30), to="07-2")
    there.give(ALICE, part(there.loaded[-1], 70))
    office.receive(there)
    office.draw(here, 60, 60)
    office.store.keeping(lambda book: book.revoke(here.place, 1, STAMP))
    assert stranded(office, NOON_MS, here, there) == {"07": (0, 130, 0)}
    for by in ("ann", "ben"):
        office.store.write_off(ChainId(here.place, 1), by, STAMP)
    assert (stranded(office, NOON_MS, here, there), placing(office, NOON_MS)["07"].placed.money) == ({}, 0)


def test_what_hq_gave_a_till_that_is_heard_is_stranded_when_it_does_not_come_for_long(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    given_to(office, here, there)
    here.load(BOB, 500)
    office.receive(here)
    assert stranded(office, NOON_MS + DAY_MS, here, there) == {}, "it is counted to the hour"
    late = NOON_MS + DAY_MS + HOUR_MS
    assert stranded(office, late, here, there) == {"07": (0, 0, 60)}
    for directive in office.directives(here):
        here.apply(directive)
    office.receive(here)
    assert stranded(office, late, here, there) == {}
    assert stranded(office, late) == {"07": (560, 0, 0)}


def test_of_two_things_under_way_the_one_that_is_late_is_stranded() -> None:
    shop = Shop(Office(rules=NOTHING_PLACED))
    shop.one.load(ALICE, 300)
    first = shop.one.give(ALICE, part(shop.one.loaded[0], 60), to="07-2")
    shop.one.now_ms = 5 * HOUR_MS
    shop.one.give(ALICE, part(shop.one.loaded[0], 7), to="07-2")
    shop.office.receive(shop.one)
    tills = shop.one, shop.two, shop.three, shop.other
    assert stranded(shop.office, DAY_MS + HOUR_MS, *tills) == {"07": (0, 0, 60)}
    assert stranded(shop.office, DAY_MS + 6 * HOUR_MS, *tills) == {"07": (0, 0, 67)}
    shop.two.take(first)
    shop.office.receive(shop.two)
    assert stranded(shop.office, DAY_MS + 6 * HOUR_MS, *tills) == {"07": (0, 0, 7)}


def test_a_takers_record_that_hq_sets_aside_leaves_what_was_given_under_way() -> None:
    shop = Shop(Office(rules=NOTHING_PLACED))
    shop.one.load(ALICE, 100)
    given = shop.one.give(ALICE, part(shop.one.loaded[0], 60), to="07-2")
    shop.three.take(given)
    for till in (shop.one, shop.three):
        shop.office.receive(till)
    assert shop.office.suspense()
    assert placing(shop.office, NOON_MS, shop.one, shop.two, shop.three)["07"].under_way == Worth(60)


def test_exposed_is_what_lies_with_a_stores_tills_or_is_under_way_from_hq_to_them(office: Office) -> None:
    here, there = enrolled(office, "07-2", 7), enrolled(office, "12-1", 8)
    here.load(BOB, 40)
    office.receive(here)
    given_to(office, here, there)
    assert {name: one.placed for name, one in placing(office, NOON_MS).items()} == {
        "07": Worth(100),
        "12": Worth(0),
    }


@pytest.mark.parametrize(
    ("closed", "silent", "why", "units"),
    [
        (True, True, OutOfReach.CLOSED, 15),
        (True, False, OutOfReach.CLOSED, 15),
        (False, True, OutOfReach.SILENT, 15),
        (False, False, OutOfReach.UNDER_WAY, 2),
    ],
)
def test_value_is_stranded_for_one_reason(why: OutOfReach, units: int, *, closed: bool, silent: bool) -> None:
    assert out_of_reach(Lying("07", Asset.MONEY, 10, 5, 2, closed, silent)) == (why, units)


def test_points_are_never_added_to_money() -> None:
    worth = Worth(1, 2) + Worth(10, 20)
    assert msgspec.structs.astuple(worth) == (11, 22)


async def test_what_was_refused_is_asked_for_over_so_many_dates_of_hqs_calendar(hq: Serving) -> None:
    for days, query in ((1, "?days=1"), (7, ""), (7, "?days=7"), (31, "?days=31")):
        said = await hq.get(f"/v1/placement{query}")
        today = datetime.fromtimestamp(said["now_ms"] / 1000, hq.parts.desk.zone).date()
        assert (today - date.fromisoformat(said["since"])).days == days - 1, "today is one of them"
