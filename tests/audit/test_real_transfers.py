"""The same with the real stores of HQ and of two tills: value is recalled, drawn, placed ahead and spent."""

# ruff: noqa: S608 - the statements are the story, and nobody else's words are in them

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ids import HEADQUARTERS, Place
from ledger.slices import Asset
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.report import UnderWay
from protocol.bodies import Given
from protocol.conversation import Draw
from protocol.records import RecordKind
from tests.audit.halves import HQ_PUBLIC_KEY, tamper_open
from tests.audit.real import RealCompany
from tests.chains.company import ALICE, BOB

STEPS = 25


@pytest.fixture
def company(tmp_path: Path) -> Iterator[RealCompany]:
    """Alice loads at 07-2 and spends at both tills; so does Bob, the other way round."""
    company = RealCompany(tmp_path)
    company.load("07-2", ALICE, "600.00")
    company.load("08-1", BOB, "50.00")
    company.carry()
    company.charge("08-1", ALICE, "120.00")
    company.charge("07-2", BOB, "7.00")
    company.carry()
    company.charge("07-2", ALICE, "30.00")
    company.carry()
    yield company
    company.close()


def found(company: RealCompany) -> list[tuple[str, str, str]]:
    report = audit([company.export_hq()], HQ_PUBLIC_KEY).report
    return [(one.finding.sort, one.finding.at, one.finding.what) for one in report.found]


def refs(company: RealCompany, keeper: str, kind: RecordKind) -> list[str]:
    records = company.hq.records(Place(keeper), 1)
    return [str(one.open().ref) for one in records if one.open().kind is kind]


def test_real_halves_between_which_value_moved_are_clean_together_and_alone(company: RealCompany) -> None:
    report = company.report()
    assert [str(one) for one in report.found] == []
    assert report.notes == ()
    assert report.in_transit.seen == UnderWay()
    assert len(refs(company, "hq", RecordKind.TAKEN)) >= 2
    for export in (company.export_hq(), *map(company.export_till, company.tills)):
        assert audit([export], HQ_PUBLIC_KEY).report.found == ()
    assert audit([company.export_hq()], HQ_PUBLIC_KEY, quick=True).report.found == ()


def test_what_the_tills_have_not_told_hq_of_yet_is_in_transit(company: RealCompany) -> None:
    company.draw("08-1", Draw("operation-99", ALICE.token, ALICE.account, Asset.MONEY, 1_00, 1_00))
    report = company.report()
    assert report.found == ()
    assert report.in_transit.seen.transfers > 0
    held_back = sum(report.in_transit.seen.units.values())
    totals = report.exports[0].totals
    assert sum(sides.get("in_transit", 0) for sides in totals.values()) == held_back
    assert all(sum(sides.values()) == 0 for sides in totals.values())


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3))])
def test_a_day_of_sales_at_two_tills_that_call_now_and_then_is_always_clean(tmp_path: Path, seed: int) -> None:
    company, chance = RealCompany(tmp_path), random.Random(seed)
    for who in (ALICE, BOB):
        company.load(chance.choice(["07-2", "08-1"]), who, "900.00")
    for _ in range(STEPS):
        who, place = chance.choice([ALICE, BOB]), chance.choice(["07-2", "08-1"])
        match chance.randrange(5):
            case 0:
                company.load(place, who, f"{chance.randrange(1, 300)}.00")
            case 1:
                company.carry(place)
            case 2:
                company.close_day(place)
            case _:
                company.carry()
                company.charge(place, who, f"{chance.randrange(1, 20)}.00")
        if chance.random() < 0.2:
            assert [str(one) for one in company.report().found] == []
    company.carry()
    report = company.report()
    assert [str(one) for one in report.found] == []
    assert report.in_transit.seen == UnderWay()
    company.close()


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("entries", "account, purse, lot, side, keeper, epoch, sequence"),
        ("slices", "account, purse, lot, place, epoch"),
    ],
)
def test_every_single_row_of_units_in_hqs_book_counts(company: RealCompany, table: str, key: str) -> None:
    book = company.hq._connection
    tamper_open(book)
    rows = book.execute(f"select {key} from {table}").fetchall()
    assert rows
    for row in rows:
        where = f"where ({key}) = ({', '.join('?' * len(row))})"
        book.execute(f"update {table} set units = units * 2 {where}", row)
        assert book.changes() == 1
        assert Sort.BOOK_DIFFERS in [sort for sort, _, _ in found(company)], row
        book.execute(f"update {table} set units = units / 2 {where}", row)
    assert found(company) == []


def test_an_hq_that_forgets_that_it_took_something_home_is_named(company: RealCompany) -> None:
    """The record is the last of HQ's chain, so that nothing behind it tells; and HQ's book was put back with it."""
    holder = next(place for place in company.tills if company.tills[place].slices(ALICE.account))
    company.call_home(holder, ALICE)
    taken = company.hq.own_head().ref
    gave = company.hq.records(Place(HEADQUARTERS), 1, taken.sequence - 1)
    assert [one.open().kind for one in gave] == [RecordKind.TAKEN]
    last = f"where keeper = 'hq' and sequence = {taken.sequence}"
    tamper_open(
        company.hq._connection,
        f"delete from records {last}",
        f"delete from entries {last}",
        f"delete from transactions {last}",
        "delete from slices where place = 'hq'",
    )
    given = [one for one in company.tills[holder].records() if one.open().kind is RecordKind.GIVEN][-1]
    assert given.open().body_as(Given).to == HEADQUARTERS
    what = "HQ has posted that this was given to it, and its own chain does not take it"
    assert found(company) == [(Sort.NOT_TAKEN, str(given.open().ref), what)]


def test_slices_of_a_place_that_were_moved_to_another_epoch_are_named_at_both(company: RealCompany) -> None:
    tamper_open(company.hq._connection, "update slices set epoch = 2 where place = '07-2'")
    named = {what.partition(" the book has")[0] for _, _, what in found(company)}
    assert named == {"at 07-2/1", "at 07-2/2"}
