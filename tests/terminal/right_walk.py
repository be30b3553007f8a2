"""A random walk of a store whose sales come back at any of its tills, with real books; what they say is lost or late.

Of each sale one place has the right to undo it after each step, or it is on its way between two; in the end all of it
was given back, once.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from ledger.ids import ChainId, Place
from offline_queue.doubts import Gift, Hearer, Passed, check_gift
from protocol.bodies import Lead, Order, Relay, Roster
from protocol.conversation import Records
from protocol.records import RecordKind, SignedRecord
from protocol.rights import Entrust, GiveRight, RightPassed, RightTaken, right_in
from terminal.answers import Answer, Outcome
from terminal.asking import Asked
from tests.chains.company import ALICE, BOB
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import Till, asked
from tests.terminal.one_store import ADDRESS, as_neighbour, chain_of, new_till

STEPS = 70
PRICE = 100_00
LOST_ODDS = 0.25


class RightWalk:
    """One walk. `run` goes all of it, and raises where something is not as it must be."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)
        self.tills = tuple(new_till(folder, number) for number in (1, 2, 3))
        self.places = {chain_of(till): till for till in self.tills}
        self.hqs = {till.identity.place: Headquarters(till.identity) for till in self.tills}
        self.lead = self.tills[0]
        self.sales: dict[str, str] = {}
        """The record of each sale, by its slip."""
        self.undone: Counter[str] = Counter()
        self.at_hq: dict[str, SignedRecord] = {}
        self.moves = 0
        """How many rights were taken over the LAN."""
        for till in self.tills:
            for who in (ALICE, BOB):
                till.load(who, "5000.00")
        self.name_lead(self.lead)

    def run(self) -> None:
        refund = (self.refund,) * 5
        steps = (self.sell, *refund, self.copy, self.copy, self.give, self.again, self.restart, self.relay)
        rare = (self.another_lead, self.call_home, self.entrust)
        for step in range(STEPS):
            do = self.chance.choice(rare if self.chance.random() < 0.2 else steps)
            do(self.chance.choice(self.tills))
            self.look()
            if step % 30 == 0:
                self.prove()
        self.come_to_rest()

    # Steps

    def sell(self, till: Till) -> None:
        if len(self.sales) < 6:
            answer = till.charge(self.chance.choice((ALICE, BOB)), f"{PRICE / 100:.2f}")
            assert answer.receipt_number is not None
            self.sales[answer.receipt_number] = answer.record

    def refund(self, till: Till) -> None:
        """A slip of any till; the right comes in time, too late, or never."""
        if self.sales:
            slip, units = self.chance.choice(list(self.sales)), self.chance.randint(1, 40_00)
            self.bring_back(till, slip, units, LOST_ODDS)

    def bring_back(self, till: Till, slip: str, units: int, odds: float) -> Answer:
        request = asked(till.refund_of(slip, units), till.moment())
        answer: object = till.store.perform_or_fetch(request)
        if answer is None:
            answer = self.fetch(till, slip, request, odds) or till.store.perform(request)
        assert isinstance(answer, Answer), answer
        if answer.outcome is Outcome.DONE:
            self.undone[slip] += units
        return answer

    def fetch(self, till: Till, slip: str, request: Asked, odds: float) -> Answer | None:
        """As the programs do it, with a loss at any hop."""
        for _ in range(4):
            found = self.lead.store.rights.fetch(chain_of(till), slip, self.lead.moment().now_ms)
            if isinstance(found, ChainId):
                holder = self.places[found]
                if self.chance.random() < odds:
                    return None
                holder.store.rights.bring(chain_of(self.lead), slip, holder.moment().now_ms)
                if self.chance.random() < odds:
                    return None
                self.copy_all(holder)
            elif found is None or self.chance.random() < odds:
                return None
            else:
                for gift in self.under_way(till):
                    if gift.signed != found:
                        assert till.store.take_gift(gift, till.moment()) is None
                answer = till.store.settle(self.seen(till, found), request)
                assert isinstance(answer, Answer), answer
                return answer
        return None

    def copy(self, till: Till) -> None:
        """The lead gets what it has not yet, or what it has too."""
        if till is not self.lead:
            chain, held = till.chain(), self.copies(till)
            first = self.chance.randint(0, held)
            last = self.chance.randint(first, len(chain))
            self.lead.store.lending.take(Records(*chain_of(till), tuple(chain[first:last])), self.lead.moment())

    def copy_all(self, till: Till) -> None:
        while till is not self.lead and self.copies(till) < len(till.chain()):
            batch = Records(*chain_of(till), till.store.batch(self.copies(till)))
            assert self.lead.store.lending.take(batch, self.lead.moment()) is None

    def give(self, till: Till) -> None:
        """What the lead has for this one arrives, and nobody waits for it any more."""
        for gift in self.under_way(till)[: self.chance.randint(1, 3)]:
            assert till.store.take_gift(gift, till.moment()) is None

    def again(self, till: Till) -> None:
        """What was given to it comes once more."""
        known = self.gifts(till, 0)[: len(self.gifts(till, 0)) - len(self.under_way(till))]
        if known:
            before = till.chain()
            assert till.store.take_gift(self.chance.choice(known), till.moment()) is None
            assert till.chain() == before, "what was taken is not taken again"

    def restart(self, till: Till) -> None:
        till.restart()

    def relay(self, till: Till) -> None:
        """HQ sends on what was passed to this one: it has come meanwhile, or comes later, or never."""
        passed = [(one, signed) for one in self.tills for signed in one.chain() if is_passed_to(signed, till)]
        if passed:
            giver, signed = self.chance.choice(passed)
            self.order(till, Relay(giver.identity.public_key, signed))

    def another_lead(self, till: Till) -> None:
        self.name_lead(till)

    def call_home(self, till: Till) -> None:
        """HQ asks whom it believes to have it: it may have gone on meanwhile."""
        if self.sales:
            slip = self.chance.choice(list(self.sales))
            before = len(till.chain())
            self.order(till, GiveRight(self.sales[slip]))
            given = [one for one in till.chain()[before:] if one.open().kind is RecordKind.RIGHT_GIVEN]
            assert not given or slip not in self.at_hq, "it is at one place alone"
            if given:
                self.at_hq[slip] = given[0]

    def entrust(self, till: Till) -> None:
        for slip, given in list(self.at_hq.items()):
            giver = self.places[ChainId(given.open().keeper, given.open().epoch)]
            self.order(till, Entrust(f"fetch-{till.moment().now_ms}", giver.identity.public_key, given))
            del self.at_hq[slip]

    def order(self, till: Till, order: Order) -> None:
        assert till.store.hq.apply(self.hqs[till.identity.place].give(order), till.moment()) is None

    def name_lead(self, lead: Till) -> None:
        self.lead = lead
        roster = Roster(Lead(lead.identity.place, ADDRESS), tuple(map(as_neighbour, self.tills)))
        for till in self.tills:
            self.order(till, roster)

    # What must be

    def look(self) -> None:
        passed: dict[bytes, str] = {}
        taken: Counter[bytes] = Counter()
        for till in self.tills:
            for signed in till.chain():
                record = signed.open()
                if record.kind is RecordKind.RIGHT_PASSED:
                    passed[signed.hash] = record.body_as(RightPassed).right.receipt_number
                elif record.kind is RecordKind.RIGHT_TAKEN:
                    given = record.body_as(RightTaken).given
                    assert is_passed_to(given, till), "it takes what is another's"
                    taken[given.hash] += 1
        assert all(times == 1 for times in taken.values()), "a right was taken twice"
        assert taken.keys() <= passed.keys(), "it was taken and never passed"
        under_way = Counter(slip for name, slip in passed.items() if name not in taken)
        for slip in self.sales:
            here = sum(till.store.undoable.may_undo(slip) for till in self.tills)
            places = here + under_way[slip] + (slip in self.at_hq)
            assert places == 1, f"the right to {slip} is at {places} places"
            assert self.undone[slip] <= PRICE, f"{slip} was given back beyond its price"
        self.moves = len(taken)

    def prove(self) -> None:
        for till in self.tills:
            prove(till.store)

    def come_to_rest(self) -> None:
        """Everything that was said arrives, by whatever line there is, or by HQ; the rest of each sale is undone."""
        for till in self.tills:
            for gift in self.under_way(till):
                assert till.store.take_gift(gift, till.moment()) is None
            self.copy_all(till)
        for till in self.tills:
            for giver in self.tills:
                for signed in [one for one in giver.chain() if is_passed_to(one, till)]:
                    self.order(till, Relay(giver.identity.public_key, signed))
        self.entrust(self.chance.choice(self.tills))
        self.look()
        for slip in self.sales:
            holder = next(till for till in self.tills if till.store.undoable.may_undo(slip))
            till = self.chance.choice(self.tills)
            if self.undone[slip] < PRICE and self.bring_back(till, slip, PRICE - self.undone[slip], 0).decline:
                self.bring_back(holder, slip, PRICE - self.undone[slip], 0)
            assert self.undone[slip] == PRICE, "who has the right can give back the rest"
            self.look()
        self.prove()

    # Between them

    def under_way(self, till: Till) -> list[Gift | Passed]:
        """What the lead has to say to a till, from where that till says it is."""
        return self.gifts(till, till.store.gifts.resume(*chain_of(self.lead)).directive)

    def gifts(self, till: Till, after: int) -> list[Gift | Passed]:
        if till is self.lead:
            return []
        return [self.seen(till, signed) for signed in self.lead.store.lending.gifts(chain_of(till), after, 1000)]

    def seen(self, till: Till, signed: SignedRecord) -> Gift | Passed:
        hearer = Hearer(*chain_of(till), self.lead.key.public_key())
        gift = check_gift(signed, hearer, Place(self.lead.identity.place))
        assert isinstance(gift, Gift | Passed), gift
        return gift

    def copies(self, till: Till) -> int:
        return self.lead.store.lending.acknowledgement(chain_of(till), 1).held


def is_passed_to(signed: SignedRecord, till: Till) -> bool:
    """Whether a right is passed to this one by it."""
    record = signed.open()
    if record.kind is not RecordKind.RIGHT_PASSED:
        return False
    body = record.body_as(RightPassed)
    assert right_in(record) == body.right
    return (body.to, body.to_epoch) == chain_of(till)
