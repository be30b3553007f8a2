"""Whatever is given and taken between places: nothing is made, nothing is lost, and nothing is ever below zero."""

from collections import Counter
from itertools import chain
from typing import NamedTuple, TypeAlias

import apsw
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import Posting, Replay
from ledger.ids import HEADQUARTERS, AccountId, OperationId, Place, RecordRef
from ledger.journal_sqlite import SqliteJournal, open_book
from ledger.judging import Posted, Refused
from ledger.slices import Lot, Part, Purse, SliceKey, take
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from protocol.bodies import Why
from protocol.transfers import Passage, incoming, outgoing, transfer_of

ALICE = AccountId("alice")
DATE = "2026-11-22"
KEEPERS = (HEADQUARTERS, 1), (Place("07-1"), 1), (Place("07-2"), 1), (Place("07-2"), 2)
"""One till has a successor; its epochs share one name, and no value."""


class Load(NamedTuple):
    keeper: int
    units: int
    expires: bool


class Spend(NamedTuple):
    keeper: int
    units: int


class Give(NamedTuple):
    keeper: int
    to: int
    units: int


class Take(NamedTuple):
    """Somebody tries to take the n-th thing that was given: perhaps not he to whom, perhaps once more."""

    keeper: int
    passage: int


Step: TypeAlias = Load | Spend | Give | Take
WHO = st.integers(0, len(KEEPERS) - 1)
UNITS = st.integers(1, 120)
STEPS = st.lists(
    st.one_of(
        st.builds(Load, WHO, UNITS, st.booleans()),
        st.builds(Spend, WHO, UNITS),
        st.builds(Give, WHO, WHO, UNITS),
        st.builds(Take, WHO, st.integers(0, 5)),
        st.builds(Take, WHO, st.integers(0, 5)),
    ),
    max_size=30,
)


class Company:
    """Places that keep their books in one file, as HQ does with its mirrors, or each in its own, as tills do."""

    def __init__(self, *, one_file: bool) -> None:
        shared = open_book(":memory:", "ledger")
        self.files = [shared] if one_file else [shared, *(open_book(":memory:", "ledger") for _ in KEEPERS[1:])]
        self.journals = [
            SqliteJournal(self.files[0 if one_file else index], *keeper) for index, keeper in enumerate(KEEPERS)
        ]
        self.heads = [RecordRef(*keeper, 1) for keeper in KEEPERS]
        self.audits = [Replay() for _ in KEEPERS]
        self.given: list[Passage] = []
        self.taken: set[RecordRef] = set()
        self.loaded = self.spent = 0

    def do(self, step: Step) -> None:
        match step:
            case Load():
                self.load(step)
            case Spend():
                parts = take(self.journals[step.keeper].slices(ALICE), step.units)
                legs = [leg for one, units in parts for leg in moved(one.key, units, Side.HELD, Side.SPENT)]
                if self.post(step.keeper, Transaction(TransactionKind.SALE, self.operation(step.keeper), tuple(legs))):
                    self.spent += sum(units for _, units in parts)
            case Give():
                self.give(step)
            case Take():
                self.take(step)

    def load(self, step: Load) -> None:
        keeper, units, expires = step
        key = SliceKey(ALICE, Purse.PRINCIPAL, self.heads[keeper].next().lot)
        lot = Lot(key, "07", DATE, "2027-11-22" if expires else None)
        legs = moved(key, units, Side.ISSUED, Side.HELD)
        assert self.post(keeper, Transaction(TransactionKind.LOAD, self.operation(keeper), legs, (lot,)))
        self.loaded += units

    def give(self, step: Give) -> None:
        keeper, to, units = step
        slices = self.journals[keeper].slices(ALICE)
        greedy = [Part(one, one.units + 1) for one in slices[:1]]
        for parts in (greedy, take(slices, units)):
            transfer = transfer_of(Why.RETURN, "", ALICE, parts)
            passage = Passage(self.heads[keeper].next(), *KEEPERS[to], transfer)
            if self.post(keeper, outgoing(passage)):
                assert parts is not greedy, "it gave more than it had"
                self.given.append(passage)

    def take(self, step: Take) -> None:
        if step.passage >= len(self.given):
            return
        passage = self.given[step.passage]
        if (passage.to, passage.to_epoch) != KEEPERS[step.keeper]:
            return  # protocol.transfers.taken_in says no: tests/protocol/test_transfers.py
        assert self.post(step.keeper, incoming(passage)) is (passage.giver not in self.taken)
        self.taken.add(passage.giver)

    def post(self, keeper: int, made: Transaction) -> bool:
        journal, ref = self.journals[keeper], self.heads[keeper].next()
        if journal.knows_operation(made.operation_id):
            return False
        verdict = journal.post(made, ref, DATE)
        if isinstance(verdict, Refused):
            return False
        assert isinstance(verdict, Posted)
        self.heads[keeper] = ref
        assert list(self.audits[keeper].take(Posting(ref, DATE, None, made))) == []
        return True

    def operation(self, keeper: int) -> OperationId:
        return OperationId(f"operation-{self.heads[keeper].next()}")

    def check(self) -> None:
        places = [journal.everything() for journal in self.journals]
        assert all(units > 0 for place in places for units in place.values())
        assert places == [audit.book.slices for audit in self.audits]
        sides = Counter[tuple[SliceKey, str]]()
        for file in self.files:
            sides.update(entries(file))
        by_side = Counter[str]()
        for (_, side), units in sides.items():
            by_side[side] += units
        under_way = sum(part.units for one in self.given if one.giver not in self.taken for part in one.transfer.parts)
        assert -by_side["issued"] == self.loaded
        assert by_side["in_transit"] == under_way
        assert by_side["spent"] == self.spent
        assert sum(chain.from_iterable(place.values() for place in places)) == self.loaded - self.spent - under_way
        for key in {key for key, _ in sides}:
            assert sum(sides[key, side] for side in Side) == 0
            assert sides[key, Side.IN_TRANSIT] >= 0

    def close(self) -> None:
        for file in self.files:
            file.close()


def moved(key: SliceKey, units: int, falls: Side, rises: Side) -> tuple[Leg, Leg]:
    return Leg(*key, falls, -units), Leg(*key, rises, units)


def entries(file: apsw.Connection) -> Counter[tuple[SliceKey, str]]:
    rows = file.execute("select account, purse, lot, side, sum(units) from entries group by 1, 2, 3, 4")
    found = Counter[tuple[SliceKey, str]]()
    for account, purse, lot, side, units in rows:
        found[SliceKey(account, Purse(purse), lot), side] = units
    return found


@given(STEPS, st.booleans())
def test_the_sum_over_all_places_changes_by_loads_and_sales_alone(steps: list[Step], one_file: bool) -> None:  # noqa: FBT001 - hypothesis calls it
    company = Company(one_file=one_file)
    try:
        for step in steps:
            company.do(step)
            company.check()
    finally:
        company.close()


def test_the_walk_can_reach_everything_of_which_it_speaks() -> None:
    """Value goes out, comes home by another way, is spent there; what is taken twice is taken once."""
    company = Company(one_file=False)
    steps = (
        Load(1, 100, expires=True),
        Give(1, 0, 70),
        Take(0, 0),
        Take(0, 0),
        Give(0, 3, 30),
        Spend(3, 9),
        Take(3, 1),
        Spend(3, 9),
    )
    for step in steps:
        company.do(step)
        company.check()
    assert [sum(journal.everything().values()) for journal in company.journals] == [40, 30, 0, 21]
    assert company.journals[3].slices(ALICE)[0].lot.expires_on == "2027-11-22"
    company.close()
