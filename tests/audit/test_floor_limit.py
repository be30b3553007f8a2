"""A till that lets go more than it may at its store's risk, or lets a member pay for it, and signs that, is named."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checkout.requests import Entry, PresentedCard, Sale, Undo
from checkout.sold import Paid, PaidWith, Sold, Undone
from ledger.ids import OperationId, Place
from ledger.journal_sqlite import transaction
from loyalty.evaluation import Item
from loyalty.programme import FloorLimit
from loyalty.reasons import Reason
from offline_queue.auditing.findings import Sort
from protocol.bodies import TransactionBody
from protocol.records import Record, RecordKind
from terminal.answers import Answer
from tests.audit.real import RealCompany
from tests.chains.company import ALICE, PROGRAMME

FLOOR = FloorLimit(("transfer",), sale_units=300_00, card_day_units=500_00, till_day_units=800_00)
TILL = Place("07-2")
STORED, RISK, CASH = PaidWith.STORED_VALUE, PaidWith.STORE_RISK, PaidWith.CASH


@pytest.fixture
def company(tmp_path: Path) -> Iterator[RealCompany]:
    company = RealCompany(tmp_path, msgspec.structs.replace(PROGRAMME, floor_limit=FLOOR))
    yield company
    company.close()


def let_go(company: RealCompany, name: str, units: int, risk: int) -> Answer:
    paid = (Paid(STORED, units),)
    sale = Sale(OperationId(name), PresentedCard(ALICE, Entry.SWIPED), (Item("tea", units),), paid, "C01")
    return company.ask("07-2", msgspec.structs.replace(sale, floor_limit=risk))


def movements(company: RealCompany, by: Place = TILL) -> list[Record]:
    records = [signed.open() for signed in company.tills[by].records()]
    return [record for record in records if record.kind is RecordKind.TRANSACTION]


def last(company: RealCompany) -> TransactionBody:
    return movements(company)[-1].body_as(TransactionBody)


def forge(company: RealCompany, body: TransactionBody, by: Place = TILL, **changes: object) -> list[str]:
    """A till signs this movement, changed, as its next record; what the audit says of floor limits, in each half."""
    store, number = company.tills[by], len(movements(company, by)) + 1
    named = {"operation_id": f"forged-{number:03d}", "receipt_number": f"{by}-{number:06d}"}
    with transaction(store._connection):
        forged = msgspec.structs.replace(body, **{**named, **changes})
        store.append(store.head(), RecordKind.TRANSACTION, forged, company.moment())
    return found(company)


def found(company: RealCompany) -> list[str]:
    company.carry()
    return sorted({one.finding.what for one in company.report().found if one.finding.sort is Sort.FLOOR_LIMIT})


def reasons(sale: int, card: int, till: int, limits: dict[str, int] | None = None) -> tuple[Reason, ...]:
    seen = {"sale": sale, "card": card, "till": till, "agreed": sale}
    return tuple(Reason(f"floor_limit_{name}", (limits or {}).get(name, 900_00), units) for name, units in seen.items())


def test_what_a_till_may_let_go_and_takes_back_is_no_finding(company: RealCompany) -> None:
    company.load("07-2", ALICE, "100.00")
    sold = let_go(company, "sale-0001", 120_00, 20_00)
    let_go(company, "sale-0002", 30_00, 30_00)
    assert sold.receipt_number is not None
    for number, units in enumerate((10_00, 15_00, 95_00)):
        company.ask("07-2", Undo(OperationId(f"back-000{number}"), sold.receipt_number, units, "C01"))
    company.close_day("07-2")
    let_go(company, "sale-0003", 230_00, 130_00)
    company.carry()
    assert not company.report().found
    assert forge(company, last(company), reasons=reasons(130_00, 260_00, 260_00)) == [], "the day is counted anew"


@pytest.mark.parametrize("name", ["sale", "card", "till"])
def test_a_record_beyond_a_limit_that_it_names_is_a_finding(company: RealCompany, name: str) -> None:
    let_go(company, "sale-0001", 20_00, 20_00)
    units = 20_00 if name == "sale" else 40_00
    beyond = reasons(20_00, 40_00, 40_00, {name: units - 1})
    what = f"{units} units are beyond the floor_limit_{name} of {units - 1} that it names"
    assert forge(company, last(company), reasons=beyond) == [what]


def test_a_record_that_counts_otherwise_than_its_chain_or_names_no_limit_is_a_finding(company: RealCompany) -> None:
    let_go(company, "sale-0001", 20_00, 20_00)
    first = last(company)
    assert forge(company, first) == [
        "it says 2000 units for floor_limit_card, and the chain shows 4000",
        "it says 2000 units for floor_limit_till, and the chain shows 4000",
    ]
    nameless = forge(company, first, reasons=reasons(20_00, 60_00, 60_00)[:3])
    assert "it lets 2000 units go at the store's own risk, and names no floor_limit_agreed" in nameless


def test_a_member_who_was_made_to_pay_for_what_the_store_bears_is_a_finding(company: RealCompany) -> None:
    company.load("07-2", ALICE, "100.00")
    let_go(company, "sale-0001", 120_00, 20_00)
    paid = (Paid(STORED, 80_00), Paid(RISK, 40_00))
    what = forge(company, last(company), sold=Sold((Item("tea", 120_00),), paid), reasons=reasons(40_00, 60_00, 60_00))
    assert what == ["10000 units of the member's money moved, and the card's part of the price is 8000"]


def test_a_refund_that_gives_somebody_something_while_the_store_has_a_claim_is_a_finding(company: RealCompany) -> None:
    let_go(company, "sale-0001", 20_00, 20_00)
    original = str(movements(company)[-1].ref)
    body = msgspec.structs.replace(last(company), kind="refund", sold=None, reasons=())
    in_cash = forge(company, body, undone=Undone(original, 10_00, (Paid(CASH, 10_00),)))
    assert in_cash == ["it gives something back while 2000 units are still at the store's risk"]
    too_much = forge(company, body, undone=Undone(original, 30_00, (Paid(RISK, 30_00),)))
    assert "it takes back 3000 units at the store's risk, and 2000 are open" in too_much
    exposure = company.hq.showing(lambda showing: showing.exposure.all())
    assert exposure.open == 0, "no claim falls below zero, and HQ goes on"


def test_a_till_that_takes_back_what_another_let_go_is_a_finding_and_the_claim_stays(company: RealCompany) -> None:
    let_go(company, "sale-0001", 20_00, 20_00)
    undone = Undone(str(movements(company)[-1].ref), 20_00, (Paid(RISK, 20_00),))
    body = msgspec.structs.replace(last(company), kind="refund", sold=None, reasons=(), undone=undone)
    what = forge(company, body, by=Place("08-1"))
    assert what == ["it takes back 2000 units at the store's risk, and 0 are open"]
    assert company.hq.showing(lambda showing: showing.exposure.all()).open == 20_00
