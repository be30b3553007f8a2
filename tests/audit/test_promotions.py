"""Promotions that are limited: clean when all that was given was taken of a quota, and named when it was not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from checkout.slip_facts import Promoted
from hq_server.promotions import IsFunded
from ledger.ids import LotId, OperationId, Place, quota_of
from ledger.journal_sqlite import transaction
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from loyalty.promotions import Limit, Occasion, Promotion
from offline_queue.auditing.findings import Sort
from protocol.bodies import TransactionBody
from protocol.promotions import Funded
from protocol.records import RecordKind
from tests.audit.real import RealCompany
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.till import Void

HERE, THERE = Place("07-2"), Place("08-1")
QUOTA = quota_of("first-8")
GIFT = Promotion("first-8", "開幕禮", Occasion.LOAD, 100_00, 20_00, limited_by=Limit.NUMBER)
EXTRA = Promotion("extra", "加點", Occasion.SALE, 1_00, 5, limited_by=Limit.SUM)


class Company(RealCompany):
    """Of eight gifts two lie at each till, and four at HQ."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, replace(POINTS_TOO, promotions=(GIFT, EXTRA)))
        wanted = Funded("fund-0001", "first-8", 8, None, "ann")
        assert self.hq.within(lambda: self.hq.quotas.fund(wanted, self.stamp())) is IsFunded.NOW
        while self.hq.settle(self.stamp()).ordered:
            self.carry()

    def bodies(self, place: Place = HERE) -> list[TransactionBody]:
        records = [signed.open() for signed in self.tills[place].records()]
        return [one.body_as(TransactionBody) for one in records if one.kind is RecordKind.TRANSACTION]

    def sign(self, body: TransactionBody) -> set[tuple[Sort, str]]:
        """07-2 signs this as its next record, with a slip of its own; what the audit finds."""
        store = self.tills[HERE]
        number = len(self.bodies()) + 1
        with transaction(store._connection):
            named = replace(body, receipt_number=f"{HERE}-{number:06d}", operation_id=f"forged-{number:04d}")
            store.append(store.head(), RecordKind.TRANSACTION, named, self.moment())
        self.carry()
        return {(one.finding.sort, one.finding.what) for one in self.report().found}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    yield company
    company.close()


def test_what_is_given_void_and_missed_is_clean(company: Company) -> None:
    loads = [company.load(HERE, ALICE, "100.00") for _ in range(3)]
    assert [one.bonus for one in loads] == [20_00, 20_00, 0]
    number = loads[0].receipt_number
    assert number is not None
    company.ask(HERE, Void(OperationId("operation-void"), number, 100_00, "C01"))
    assert company.load(HERE, ALICE, "100.00").bonus == 20_00
    assert company.load(THERE, ALICE, "100.00").bonus == 20_00
    company.carry()
    assert not company.report().found
    assert not company.report().notes


Change = Callable[[TransactionBody], TransactionBody]


def _legs(body: TransactionBody, units: int) -> TransactionBody:
    """The same, and so much more taken of the quota."""
    used = {Side.HELD: -units, Side.SPENT: units}
    return replace(
        body,
        legs=tuple(
            leg._replace(units=leg.units + used[leg.side]) if leg.account == QUOTA else leg for leg in body.legs
        ),
    )


def _slip(body: TransactionBody, *promotions: Promoted) -> TransactionBody:
    return replace(body, slip=replace(body.slip, promotions=promotions))


FORGED: dict[str, tuple[Change, str]] = {
    "nothing is said of what was taken": (
        _slip, f"its slip says that 0 were taken of {QUOTA}, and it takes 1",
    ),
    "more is said than was taken": (
        lambda body: _slip(body, replace(body.slip.promotions[0], used=3)),
        f"its slip says that 3 were taken of {QUOTA}, and it takes 1",
    ),
    "more is taken than is said": (
        lambda body: _legs(body, 1), f"its slip says that 1 were taken of {QUOTA}, and it takes 2",
    ),
    "another's is taken": (
        lambda body: _slip(body, replace(body.slip.promotions[0], name="other")),
        f"its slip says that 1 were taken of {quota_of('other')}, and it takes 0",
    ),
    "more is said to be given than comes": (
        lambda body: _slip(body, replace(body.slip.promotions[0], units=20_01)),
        "its slip says that promotions gave 2001 units of bonus, and it brings 2000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_a_load_that_gives_otherwise_than_it_takes_is_named(company: Company, how: str) -> None:
    change, what = FORGED[how]
    company.load(HERE, ALICE, "100.00")
    body = company.bodies()[-1]
    lot = company.tills[HERE].head().ref.next().lot
    moved = tuple(leg if leg.account == QUOTA else leg._replace(lot=lot) for leg in body.legs)
    found = company.sign(change(replace(body, legs=moved, opens=tuple(replace(one, lot=lot) for one in body.opens))))
    assert (Sort.WRONG_PROMOTION, what) in found


@pytest.mark.parametrize("units", [0, 2])
def test_a_void_that_brings_back_another_sum_is_named(company: Company, units: int) -> None:
    number = company.load(HERE, ALICE, "100.00").receipt_number
    assert number is not None
    company.ask(HERE, Void(OperationId("operation-void"), number, 100_00, "C01"))
    _, voided = company.bodies()[-2:]
    company.load(HERE, ALICE, "100.00")
    undone, lot = voided.undone, _lot(company.bodies()[-1], Purse.PRINCIPAL)
    assert undone is not None
    quota = _lot(company.bodies()[-1], Purse.QUOTA)
    back = Leg(QUOTA, Purse.QUOTA, quota, Side.SPENT, -units), Leg(QUOTA, Purse.QUOTA, quota, Side.HELD, units)
    rest = tuple(leg._replace(lot=lot) for leg in voided.legs if leg.account != QUOTA)
    legs = (*rest, *back) if units else rest
    again = replace(voided, legs=legs, undone=replace(undone, original=str(company.tills[HERE].head().ref)))
    what = f"it brings back {units} of {QUOTA}, and what it undoes took 1"
    assert (Sort.WRONG_PROMOTION, what) in company.sign(again)


def _lot(body: TransactionBody, purse: Purse) -> LotId:
    return next(leg.lot for leg in body.legs if leg.purse is purse)


def test_a_till_that_funds_a_promotion_is_named_and_hq_sets_that_aside(company: Company) -> None:
    store = company.tills[HERE]
    with transaction(store._connection):
        store.append(store.head(), RecordKind.FUNDED, Funded("fund-0002", "first-8", 5, None, "me"), company.moment())
    company.carry()
    found = [one.finding for one in company.report().found]
    assert {(one.sort, "only HQ funds a promotion" in one.what) for one in found} == {(Sort.RULE_BROKEN, True)}
    assert company.hq.showing(lambda showing: showing.suspense()).total == 1


def test_an_hq_that_funds_twice_under_one_operation_id_is_named(company: Company) -> None:
    wanted = Funded("fund-0001", "first-8", 8, None, "ann")
    again = company.hq.within(lambda: company.hq._keepers.own.append(wanted, company.stamp())).open()
    twice = f"operation {wanted.once} had its effect in hq/1/"
    assert any(
        one.finding.sort is Sort.RULE_BROKEN and one.finding.at == str(again.ref) and twice in one.finding.what
        for one in company.report().found
    )
