"""Any late records of a lost till, in any order and cut anywhere: of each lot all is somewhere, and little is paid.

What members must have is kept beside it in plain arithmetic.
"""

from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.ids import AccountId, LotId
from protocol.bodies import Directive, Given, Taken, Transfer
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE, BOB, Keeper, part
from tests.hq_server.losing import LossOffice

Lots: TypeAlias = dict[tuple[AccountId, LotId], int]
OPERATIONS_MAX = 14


@dataclass
class Machine:
    """A till with its own book."""

    keeper: Keeper
    lots: Lots = field(default_factory=dict)
    moved: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By record: loaded, spent, given to another till."""

    def note(self, loaded: int = 0, spent: int = 0, lent: int = 0) -> None:
        self.moved[len(self.keeper.chain)] = (loaded, spent, lent)

    def sums(self, after: int, upto: int) -> tuple[int, int, int]:
        said = [sums for at, sums in self.moved.items() if after < at <= upto]
        loaded, spent, lent = (sum(one[index] for one in said) for index in range(3))
        return loaded, spent, lent


class Walk:
    """Till 07-2 gets lost; 07-3 and HQ go on."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.office = LossOffice()
        self.lost, self.other = Machine(Keeper()), Machine(Keeper("07-3", seed=3))
        self.gifts: list[tuple[Keeper, SignedRecord, AccountId, LotId, int]] = []
        self.office.enrol(self.lost.keeper, self.other.keeper)
        for one in (self.lost, self.other):
            one.keeper.open()
            self.load(one)
            self.report(one)
        self.operations = 0

    def load(self, till: Machine) -> None:
        account, units = self.chance.choice((ALICE, BOB)), self.chance.randint(1, 90)
        till.keeper.load(account, units)
        till.lots[account, till.keeper.loaded[-1]] = units
        till.note(loaded=units)

    def sell(self, till: Machine) -> None:
        if (found := self.some_of(till)) is not None:
            account, lot, units = found
            till.keeper.charge(account, lot, units)
            till.note(spent=units)

    def give(self, till: Machine, to: Keeper | None) -> None:
        if (found := self.some_of(till)) is not None:
            account, lot, units = found
            given = till.keeper.give(account, part(lot, units), to="hq" if to is None else to.place)
            if to is not None:
                self.gifts.append((to, given, account, lot, units))
                till.note(lent=units)

    def take(self, till: Machine) -> None:
        """The next of what was given to it."""
        for gift in [one for one in self.gifts if one[0] is till.keeper][:1]:
            self.gifts.remove(gift)
            _, given, account, lot, units = gift
            till.keeper.take(given)
            till.lots[account, lot] = till.lots.get((account, lot), 0) + units

    def draw(self, till: Machine) -> None:
        """HQ gives it something, which it takes now, later, or never."""
        account = self.chance.choice((ALICE, BOB))
        self.operations += 1
        operation, units = f"operation-{self.operations}", self.chance.randint(1, 60)
        drawn = self.office.draw(till.keeper, units, account=account, operation_id=operation)
        if isinstance(drawn, SignedRecord):
            self.apply_all(till)

    def apply_all(self, till: Machine) -> None:
        """It carries out, in their order, what HQ has ordered it; sometimes only a part."""
        kinds = [record.open().kind for record in till.keeper.chain]
        for directive in self.office.directives(till.keeper, after=kinds.count(RecordKind.APPLIED)):
            if self.chance.random() < 0.2:
                return
            till.keeper.apply(directive)
            order = directive.open().body_as(Directive).order
            if isinstance(order, Transfer):
                for one in order.parts:
                    key = AccountId(order.account), LotId(one.lot)
                    till.lots[key] = till.lots.get(key, 0) + one.units

    def some_of(self, till: Machine) -> tuple[AccountId, LotId, int] | None:
        has = [key for key, units in till.lots.items() if units]
        if not has:
            return None
        key = self.chance.choice(has)
        units = self.chance.randint(1, till.lots[key])
        till.lots[key] -= units
        return *key, units

    def do(self, till: Machine, other: Machine) -> None:
        """Something at a till."""
        what = self.chance.randrange(8)
        if what == 0:
            self.load(till)
        elif what <= 2:
            self.sell(till)
        elif what == 3:
            self.give(till, None)
        elif what <= 5:
            self.give(till, other.keeper)
        elif what == 6:
            self.take(till)
        else:
            self.draw(till)

    def do_something(self) -> None:
        """At either till."""
        self.do(*self.chance.choice([(self.lost, self.other), (self.other, self.lost)]))

    def report(self, till: Machine, upto: int | None = None) -> None:
        held = len(self.office.held(till.keeper))
        assert self.office.take(till.keeper.batch(held + 1, upto)) is None
        self.office.post(till.keeper)

    def posted(self, till: Machine) -> int:
        return self.office.view(till.keeper).posted

    def total(self) -> int:
        return self.office.money(ALICE) + self.office.money(BOB)

    def set_aside(self) -> set[int]:
        """The other till's records that HQ does not post."""
        return {int(line.record.rpartition("/")[2]) for line in self.office.suspense()}

    def check(self) -> None:
        loaded = spent = 0
        for till, but in ((self.lost, set[int]()), (self.other, self.set_aside())):
            for at in {*till.moved} - but:
                more, less, _ = till.sums(at - 1, min(at, self.posted(till)))
                loaded, spent = loaded + more, spent + less
        said = self.office.view(self.lost.keeper).write_off
        paid = 0 if said is None else said.paid_money
        assert self.total() == loaded - spent + paid
        self.office.assert_adds_up(*([] if said is None else [self.lost.keeper]))

    def lies_at_the_lost(self, given: SignedRecord) -> bool:
        """Whether HQ has all that a gift of the lost till's gives, as far as it has posted of that one."""
        (gave,) = given.open().body_as(Given).transfer.parts
        lies = {key.lot: units for key, units in self.office.mirror(self.lost.keeper.place).items() if units}
        return lies.get(LotId(gave.lot), 0) >= gave.units

    def report_one(self, till: Machine) -> None:
        """The next record. What only it brings of the lost till is posted if that lay there, and else set aside."""
        number = len(self.office.held(till.keeper)) + 1
        record = till.keeper.chain[number - 1].open()
        given = record.body_as(Taken).given if record.kind is RecordKind.TAKEN else None
        is_late = given is not None and given.open().sequence > len(self.office.held(self.lost.keeper))
        lies = given is not None and self.lies_at_the_lost(given)
        self.report(till, number)
        if is_late:
            assert (number in self.set_aside()) is not lies


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_after_a_write_off_nothing_doubles_but_what_the_company_has_paid(chance: Random) -> None:
    walk = Walk(chance)
    for _ in range(chance.randrange(OPERATIONS_MAX)):
        walk.do_something()
        if chance.random() < 0.4:
            walk.report(chance.choice([walk.lost, walk.other]))
    walk.office.replace(walk.lost.keeper)
    known = walk.posted(walk.lost)
    walk.office.write_off(walk.lost.keeper)
    walk.check()
    for _ in range(chance.randrange(OPERATIONS_MAX)):  # the lost machine goes on, as nobody can tell it
        walk.do_something()
    held = len(walk.office.held(walk.lost.keeper))
    while held < len(walk.lost.keeper.chain):
        held += chance.randint(1, 3)
        walk.report(walk.lost, held)
        walk.check()
        if chance.random() < 0.5:
            walk.report(walk.other)
            walk.check()
    for till in (walk.other, walk.lost, walk.other):
        walk.report(till)
        walk.office.post(walk.lost.keeper)
    walk.check()
    assert (walk.office.waiting(), walk.office.suspense()) == ([], [])
    _, spent, lent = walk.lost.sums(known, len(walk.lost.keeper.chain))
    assert walk.office.paid(walk.lost.keeper) <= spent + lent, "what came home by itself is not paid"
    assert walk.office.audited() == []
    walk.office.store.close()


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_only_its_taker_brings_of_a_revoked_till_is_posted_as_far_as_it_lay_there(chance: Random) -> None:
    """HQ hears no more of the lost machine, which goes on; it is written off before, after, or in the middle."""
    walk = Walk(chance)
    for _ in range(chance.randrange(OPERATIONS_MAX)):
        walk.do_something()
        if chance.random() < 0.3:
            walk.report(chance.choice([walk.lost, walk.other]))
    walk.office.revoke(walk.lost.keeper)
    heard = len(walk.office.held(walk.lost.keeper))
    for _ in range(chance.randrange(OPERATIONS_MAX)):
        walk.do_something()
    left = range(len(walk.office.held(walk.other.keeper)), len(walk.other.keeper.chain))
    agreed_at = chance.choice([*left, len(walk.other.keeper.chain)])
    for number in left:
        if number == agreed_at:
            walk.office.write_off(walk.lost.keeper)
            walk.check()
        walk.report_one(walk.other)
        walk.check()
    if agreed_at == len(walk.other.keeper.chain):
        walk.office.write_off(walk.lost.keeper)
    walk.check()
    assert len(walk.office.held(walk.lost.keeper)) == heard
    assert walk.office.waiting() == []
    assert walk.office.audited() == []
    walk.office.store.close()
