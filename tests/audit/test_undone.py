"""Sales that were given back, with real stores of HQ and two tills: every book agrees, and what is owed is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout.requests import Entry, PresentedCard, Sale, Undo
from checkout.sold import Paid, PaidWith
from hq_server.conservation import ConservationPage
from ledger.ids import OperationId, Place
from ledger.slices import Asset, Purse, total
from loyalty.evaluation import Item
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.report import as_text
from protocol.members import Moved
from terminal.answers import Answer
from tests.audit.halves import HQ_PUBLIC_KEY
from tests.audit.real import RealCompany
from tests.chains.company import ALICE, POINTS_TOO

A, TILL = ALICE.account, Place("07-2")
PAID = (Paid(PaidWith.STORED_VALUE, 20_000), Paid(PaidWith.CASH, 10_000))


@pytest.fixture
def company(tmp_path: Path) -> Iterator[RealCompany]:
    company = RealCompany(tmp_path, POINTS_TOO)
    company.load("07-2", ALICE, "600.00")
    yield company
    company.close()


def sell(company: RealCompany, name: str) -> Answer:
    """300.00, of which the card pays 200.00; 90 points."""
    items = (Item("tea", 20_000), Item("pen", 10_000, clerk="K7"))
    return company.ask("07-2", Sale(OperationId(name), PresentedCard(ALICE, Entry.SWIPED), items, PAID, "C01"))


def refund(company: RealCompany, sold: Answer, units: int, name: str) -> Answer:
    assert sold.receipt_number is not None
    return company.ask("07-2", Undo(OperationId(name), sold.receipt_number, units, "C01"))


def points_go_home(company: RealCompany) -> None:
    company.carry()
    company.call_home(TILL, ALICE, Asset.POINTS)
    assert total(company.tills[TILL].slices(A), Purse.POINTS) == 0


def purse(page: ConservationPage, name: str) -> tuple[int, int, int, int, int]:
    (sums,) = [one for one in page.purses if one.purse == name]
    return sums.issued, sums.held, sums.under_way, sums.spent, sums.owed


def conservation(company: RealCompany) -> ConservationPage:
    return company.hq.showing(lambda showing: showing.lots.page())


def told(company: RealCompany) -> tuple[Moved, ...]:
    return company.hq.showing(lambda showing: showing.movements.told(A))


def test_what_is_given_back_whole_is_as_if_it_was_never_sold(company: RealCompany) -> None:
    sold = sell(company, "sale-0001")
    for number, units in enumerate((9_999, 1, 20_000)):
        refund(company, sold, units, f"refund-{number}")
    company.carry()
    report = company.report()
    assert [str(one) for one in report.found] == []
    page = conservation(company)
    assert purse(page, "points") == (0, 0, 0, 0, 0)
    assert purse(page, "principal")[3] == 0
    assert not page.unexplained


def test_points_that_lie_at_hq_are_owed_at_the_till_and_netted_at_hq(company: RealCompany) -> None:
    sold = sell(company, "sale-0001")
    points_go_home(company)
    answer = refund(company, sold, 10_000, "refund-0001")
    assert (answer.points_out, answer.points_owed) == (0, 30)
    text = as_text(audit([company.export_till(TILL)], HQ_PUBLIC_KEY).report)
    assert "owed -30" in text
    company.carry()
    report = company.report()
    assert [str(one) for one in report.found] == []
    assert purse(conservation(company), "points") == (60, 60, 0, 0, 0)
    assert not conservation(company).unexplained


def test_points_that_were_spent_are_owed_until_the_next_ones_come_home(company: RealCompany) -> None:
    sold = sell(company, "sale-0001")
    items = (Item("cup", 1_200),)
    bought = Sale(
        OperationId("sale-0002"), PresentedCard(ALICE, Entry.SWIPED), items, (Paid(PaidWith.POINTS, 1_200),), "C01"
    )
    assert company.ask("07-2", bought).points_out == 84
    assert refund(company, sold, 30_000, "refund-0001").points_owed == 84
    company.carry()
    assert purse(conservation(company), "points") == (0, 0, 0, 84, 84)
    sell(company, "sale-0003")
    company.carry()
    assert purse(conservation(company), "points") == (90, 6, 0, 84, 0)
    report = company.report()
    assert [str(one) for one in report.found] == []
    assert not conservation(company).unexplained


def test_hq_that_nets_more_than_is_owed_is_found(company: RealCompany) -> None:
    sold = sell(company, "sale-0001")
    points_go_home(company)
    refund(company, sold, 10_000, "refund-0001")
    company.carry()
    (lot,) = [lot for (lot,) in company.hq._connection.execute("select lot from lots where purse = 'points'")]
    company.hq._connection.execute("insert into debts values (?, 'points', ?, 7)", (A, lot))
    sell(company, "sale-0002")
    company.carry()
    found = [one for one in company.report().found if one.finding.sort is Sort.OVERNETTED]
    assert [one.finding.at for one in found] == [lot]


def test_hq_tells_a_till_what_has_moved_at_all_of_them(company: RealCompany) -> None:
    sold = sell(company, "sale-0001")
    refund(company, sold, 3_000, "refund-0001")
    company.load("08-1", ALICE, "1.00")
    company.carry()
    assert [
        (one.place, one.kind, one.amount, one.stored_value, one.points_in, one.points_out) for one in told(company)
    ] == [
        ("08-1", "load", 100, 100, 0, 0),
        ("07-2", "refund", 3_000, 2_000, 0, 9),
        ("07-2", "sale", 30_000, -20_000, 90, 0),
        ("07-2", "load", 60_000, 66_055, 0, 0),
    ]
    assert told(company)[2].receipt_number == sold.receipt_number


def test_no_more_than_ten_are_told_and_no_value_that_changed_places(company: RealCompany) -> None:
    company.carry()
    for number in range(12):
        sell(company, f"sale-00{number:02}") if number < 2 else company.load("07-2", ALICE, "5.00")
    company.carry()
    points_go_home(company)
    assert len(told(company)) == 10
    assert {one.kind for one in told(company)} == {"load"}
