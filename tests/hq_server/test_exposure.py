"""What stores bear, as HQ has it: by till, day and card, in no balance, and with three columns that agree."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checkout.requests import Entry, PresentedCard, Sale, Undo
from checkout.sold import Paid, PaidWith
from hq_server.day_totals import DayLine, Stand, ZTotal
from hq_server.views import ExposureList, StoreClaim
from ledger.cards import Card
from ledger.ids import AccountId, OperationId, Place
from loyalty.evaluation import Item
from loyalty.programme import FloorLimit
from terminal.answers import Answer
from tests.audit.real import RealCompany
from tests.chains.company import ALICE, BOB, POINTS_TOO

FLOOR = FloorLimit(("transfer",), sale_units=300_00, card_day_units=500_00, till_day_units=800_00)
RULES = msgspec.structs.replace(POINTS_TOO, floor_limit=FLOOR)
TILL, DAY = Place("07-2"), "2026-11-22"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[RealCompany]:
    company = RealCompany(tmp_path, RULES)
    yield company
    company.close()


def let_go(company: RealCompany, name: str, who: Card, units: int, risk: int) -> Answer:
    paid = (Paid(PaidWith.STORED_VALUE, units),)
    sale = Sale(OperationId(name), PresentedCard(who, Entry.SWIPED), (Item("tea", units),), paid, "C01")
    return company.ask("07-2", msgspec.structs.replace(sale, floor_limit=risk))


def refund(company: RealCompany, sold: Answer, units: int, name: str) -> Answer:
    assert sold.receipt_number is not None
    return company.ask("07-2", Undo(OperationId(name), sold.receipt_number, units, "C01"))


def exposure(company: RealCompany) -> ExposureList:
    return company.hq.showing(lambda showing: showing.exposure.all())


def day(company: RealCompany) -> DayLine:
    (line,) = company.hq.showing(lambda showing: [one for one in showing.days.page(DAY).lines if one.keeper == TILL])
    return line


def test_hq_keeps_what_stores_bear_apart_from_every_balance(company: RealCompany) -> None:
    company.load("07-2", ALICE, "70.00")
    first = let_go(company, "sale-0001", ALICE, 100_00, 30_00)
    let_go(company, "sale-0002", ALICE, 20_00, 20_00)
    let_go(company, "sale-0003", BOB, 50_00, 50_00)
    company.carry()

    shown = exposure(company)
    assert [msgspec.structs.astuple(line) for line in shown.lines] == [
        *sorted(
            [("07", "07-2", DAY, ALICE.account, 50_00, 50_00), ("07", "07-2", DAY, BOB.account, 50_00, 50_00)],
            key=lambda line: line[3],
        )
    ]
    assert (shown.total, shown.open) == (2, 100_00)
    keepers = {one.keeper: one.at_risk for one in company.hq.showing(lambda showing: showing.keepers())}
    assert keepers == {"07-2": 100_00, "08-1": 0}
    claims = company.hq.showing(lambda showing: showing.exposure.of_account(ALICE.account))
    assert claims == [StoreClaim("07", 50_00)]
    assert money(company, ALICE.account) == 0
    assert money(company, BOB.account) == 0
    page = company.hq.showing(lambda showing: showing.lots.page())
    assert page.unexplained == []
    line = day(company)
    assert (line.till, line.hq, line.at_risk) == (70_00, 70_00, 100_00)
    (sale, *_) = company.hq.showing(lambda showing: showing.days.sales(TILL, DAY, "C01", None)).lines[1:]
    assert (sale.units, sale.posted, sale.at_risk) == (70_00, 70_00, 30_00)

    refund(company, first, 40_00, "back-0001")
    company.carry()
    assert exposure(company).open == 70_00
    assert money(company, ALICE.account) == 10_00
    line = day(company)
    assert (line.till, line.at_risk) == (60_00, 70_00)
    refund(company, first, 60_00, "back-0002")
    company.carry()
    assert (exposure(company).open, money(company, ALICE.account)) == (70_00, 70_00)
    company.close_day("07-2")
    company.carry()
    assert not company.report().found
    company.hq.counting(lambda totals: totals.give(ZTotal(TILL, DAY, "C01", 70_00), 1))
    assert day(company).stand is Stand.AGREES
    company.hq.counting(lambda totals: totals.give(ZTotal(TILL, DAY, "C01", 0), 2))
    assert day(company).stand is Stand.DIFFERS


def money(company: RealCompany, account: AccountId) -> int:
    balances = company.hq.showing(lambda showing: showing.balances(account))
    return sum(one.principal + one.bonus for one in balances)


def test_what_is_said_twice_is_counted_once(company: RealCompany) -> None:
    let_go(company, "sale-0001", ALICE, 20_00, 20_00)
    let_go(company, "sale-0001", ALICE, 20_00, 20_00)
    company.carry()
    company.carry()
    assert exposure(company).open == 20_00
