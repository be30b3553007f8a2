"""The day in three columns: what the till signed, what HQ has posted, and what somebody says that the POS counted."""

from collections.abc import Iterator

import pytest

from checkout.slip_facts import SlipKind
from hq_server.day_totals import DayLine, DaySales, GivenTotal, Stand, ZTotal
from hq_server.storage import days
from hq_server.storage.z_totals import GIVEN_MAX
from ledger.ids import Place, RecordRef
from protocol.bodies import Opened
from protocol.records import RecordKind, encode_body
from tests.hq_server.forger import ALICE
from tests.hq_server.office import NOON_MS, Office
from tests.web_hq.till import TODAY, TOMORROW, Till


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    yield office
    office.store.close()


def told(office: Office, date: str = TODAY) -> dict[tuple[str, str], DayLine]:
    page = office.store.showing(lambda showing: showing.days.page(date))
    return {(line.keeper, line.cashier): line for line in page.lines}


def give(office: Office, till: Till, cashier: str, units: int) -> list[GivenTotal] | None:
    said = ZTotal(till.place, TODAY, cashier, units)
    return office.store.counting(lambda totals: totals.give(said, NOON_MS))


def sales(office: Office, cashier: str | None, after: RecordRef | None) -> DaySales:
    return office.store.showing(lambda showing: showing.days.sales(Place("07-2"), TODAY, cashier, after))


def columns(line: DayLine) -> tuple[int | None, int, int, Stand]:
    return line.z, line.till, line.hq, line.stand


def traded(office: Office, *, closes: bool = True) -> Till:
    """Ann sells for 300 and takes 50 back; Bo sells for 100, and for 5000 that were not there."""
    till = Till()
    office.enrol(till)
    lot = till.next_lot()
    till.load(ALICE, 1000)
    till.pay(lot, 300, cashier="Ann", pos_ref="A-1")
    till.pay(lot, -50, cashier="Ann", pos_ref="A-2", kind=SlipKind.REFUND)
    till.pay(lot, 100, cashier="Bo", pos_ref="B-1", kind=SlipKind.SALE)
    till.pay(lot, 5000, cashier="Bo", pos_ref="B-2")
    if closes:
        till.end_day({})
        till.pay(lot, 1, cashier="Ann")  # tomorrow's
    office.receive(till)
    return till


def test_paid_minus_given_back_by_cashier_and_what_is_set_aside_differs(office: Office) -> None:
    till = traded(office)
    give(office, till, "Ann", 250)
    lines = told(office)
    assert columns(lines["07-2", "Ann"]) == (250, 250, 250, Stand.AGREES)
    assert columns(lines["07-2", "Bo"]) == (None, 5100, 100, Stand.DIFFERS)
    assert lines["07-2", "Bo"].set_aside == 1
    assert columns(told(office, TOMORROW)["07-2", "Ann"]) == (None, 1, 1, Stand.OPEN)


def test_a_load_is_no_payment_and_its_cashier_has_nothing_to_count(office: Office) -> None:
    traded(office)
    assert columns(told(office)["07-2", "C01"]) == (None, 0, 0, Stand.Z_MISSING)


def test_a_total_of_the_pos_may_be_corrected_and_every_earlier_one_is_kept(office: Office) -> None:
    till = traded(office)
    for units in (240, 240, 250):
        give(office, till, "Ann", units)
    line = told(office)["07-2", "Ann"]
    assert (line.z, [one.units for one in line.z_given]) == (250, [240, 250])
    give(office, till, "Cy", 70)
    assert columns(told(office)["07-2", "Cy"]) == (70, 0, 0, Stand.DIFFERS)
    assert all(give(office, till, "Ann", units) for units in range(1, GIVEN_MAX - 1))
    assert give(office, till, "Ann", -1) is None


def test_a_day_is_open_until_its_till_has_closed_it(office: Office) -> None:
    till = traded(office, closes=False)
    give(office, till, "Ann", 250)
    assert columns(told(office)["07-2", "Ann"]) == (250, 250, 250, Stand.OPEN)
    silent = Till("12-1")
    office.enrol(silent)
    assert columns(told(office)["12-1", ""]) == (None, 0, 0, Stand.OPEN)


def test_what_is_held_and_not_posted_is_said_to_be_so(office: Office) -> None:
    till = Till()
    office.enrol(till)
    lot = till.next_lot()
    till.load(ALICE, 1000)
    till.pay(lot, 300, cashier="Ann")
    till.end_day({})
    assert office.take(till.batch()) is None
    give(office, till, "Ann", 300)
    assert columns(told(office)["07-2", "Ann"]) == (300, 300, 0, Stand.NOT_POSTED)
    office.post(till)
    assert columns(told(office)["07-2", "Ann"]) == (300, 300, 300, Stand.AGREES)


def test_the_sales_behind_a_line_come_page_by_page_each_with_what_hq_has_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "SALES_MAX", 1)
    traded(office)
    found, after = [], None
    for _ in range(9):
        page = sales(office, "Bo", after)
        found += page.lines
        if page.after is None:
            break
        after = RecordRef.parse(page.after)
    assert [(one.pos_ref, one.units, one.posted, one.reasons) for one in found] == [
        ("B-1", 100, 100, []),
        ("B-2", 5000, None, ["below_zero"]),
    ]
    assert len(sales(office, None, None).lines) == 1


def test_tills_come_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "TILLS_MAX", 2)
    office.enrol(*(Till(place) for place in ("07-1", "07-2", "07-3")))
    first = office.store.showing(lambda showing: showing.days.page(TODAY))
    second = office.store.showing(lambda showing: showing.days.page(TODAY, first.after or ""))
    assert [line.keeper for line in (*first.lines, *second.lines)] == ["07-1", "07-2", "07-3"]
    assert (first.after, second.after) == ("07-2", None)


def test_a_record_that_cannot_be_read_is_counted_and_spoils_nothing(office: Office) -> None:
    till = Till()
    office.enrol(till)
    till.write(RecordKind.TRANSACTION, encode_body(Opened("07-2", b"", "x")))
    till.end_day({})
    office.receive(till)
    assert told(office)["07-2", ""].unread == 1
