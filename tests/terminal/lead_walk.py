"""A random walk of one lead and two tills with real books; what they say to each other is lost, late, or said again.

What each member must have is kept beside them in plain sums. Whatever the walk does, after each step of it no value is
made, lost or spent twice; in the end everything that was under way has arrived.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import msgspec

from ledger.cards import Card
from ledger.slices import Asset
from offline_queue.doubts import Gift, Hearer, check_gift
from protocol.bodies import Block, Given, Lead, Neighbour, Order, Recall, Relay, Roster, Taken, Unblock
from protocol.chain import verify_each
from protocol.conversation import Draw, Records
from protocol.records import RecordKind, SignedRecord
from protocol.transfers import given_in, units_of
from terminal.answers import Answer, Outcome
from terminal.asking import Asked
from terminal.modes import ONLY_MISSING
from terminal.wanting import GoneHome, Want
from tests.chains.company import ALICE, BOB
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import Till, asked
from tests.terminal.one_store import ADDRESS, as_neighbour, chain_of, new_till

STEPS = 60
MEMBERS = (ALICE, BOB)


class LeadWalk:
    """One walk. `run` goes all of it, and raises where something is not as it must be."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)
        self.lead, self.one, self.two = (new_till(folder, number) for number in (1, 2, 3))
        self.tills = (self.lead, self.one, self.two)
        self.others = (self.one, self.two)
        self.hqs = {till.identity.place: Headquarters(till.identity) for till in self.tills}
        self.must_have: Counter[str] = Counter()
        """What was loaded and not spent, by the answers at the counters alone."""
        self.drawn: dict[tuple[str, str], SignedRecord] = {}
        """What each draw was answered with."""
        self.names = 0
        self.name_lead(self.lead)
        self.steps = (self.load, self.sell, self.sell, self.sell, self.give, self.copy, self.again, self.restart)
        self.rare = (self.another_roster, self.recall, self.gap, self.relay, self.relay)

    def run(self) -> None:
        for _ in MEMBERS:
            self.load(self.lead)
        for step in range(STEPS):
            do = self.chance.choice(self.rare if self.chance.random() < 0.15 else self.steps)
            do(self.chance.choice(self.tills))
            self.look()
            if step % 20 == 0:
                self.prove()
        self.come_to_rest()

    # Steps

    def load(self, till: Till) -> None:
        """Most of what a store's members have lies with its lead."""
        who, till = self.chance.choice(MEMBERS), till if self.chance.random() < 0.2 else self.lead
        units = self.chance.randint(10_00, 200_00)
        answer = till.load(who, f"{units / 100:.2f}")
        self.must_have[who.account] += answer.principal + answer.bonus

    def sell(self, till: Till) -> None:
        """A sale; what a till lacks for it, it draws, and what comes of that may come in time, too late, or never."""
        who, units = self.chance.choice(MEMBERS), self.chance.randint(1, 60_00)
        before, name = held(till, who), self._name()
        request = asked(till.charge_of(who, f"{units / 100:.2f}", name), till.moment())
        outcome: object = till.store.perform_or_want(request, ONLY_MISSING)
        if isinstance(outcome, Want):
            gift = self.draw(till, who, outcome, name) if till is not self.lead else None
            too_late = self.chance.random() < 0.4
            outcome = till.store.perform(request) if gift is None or too_late else self.settle(till, who, gift, request)
        self.paid(till, who, outcome, before)

    def draw(self, till: Till, who: Card, want: Want, name: str) -> Gift | None:
        asking = Draw(name, who.token, *want)
        given = self.ask(till, asking)
        if self.chance.random() < 0.3:
            assert self.ask(till, asking) == given or not isinstance(given, SignedRecord), "it was asked again"
        return self.seen(till, given) if isinstance(given, SignedRecord) else None

    def ask(self, till: Till, asking: Draw) -> object:
        said = self.lead.store.lending.draw(chain_of(till), asking, self.lead.moment().now_ms)
        if isinstance(said, SignedRecord):
            known = self.drawn.setdefault((till.identity.place, asking.operation_id), said)
            assert known == said, "one draw has one answer"
        return said

    def settle(self, till: Till, who: Card, gift: Gift, request: Asked) -> object:
        """All that was given before comes first."""
        for one in self.under_way(till):
            if one != gift:
                assert till.store.take_gift(one, till.moment()) is None
        is_lost = self.chance.random() < 0.2
        if is_lost:  # the card's owner has called HQ while her card was drawn for
            self.order(till, Block((who.token,)))
        outcome = till.store.settle(gift, request, ONLY_MISSING)
        if is_lost:
            self.order(till, Unblock((who.token,)))
        return outcome

    def order(self, till: Till, order: Order) -> None:
        assert till.store.hq.apply(self.hqs[till.identity.place].give(order), till.moment()) is None

    def paid(self, till: Till, who: Card, outcome: object, before: int) -> None:
        if isinstance(outcome, GoneHome):
            return
        assert isinstance(outcome, Answer), outcome
        if outcome.outcome is Outcome.DONE:
            self.must_have[who.account] -= outcome.principal + outcome.bonus
        else:
            assert held(till, who) == before, "a declined sale leaves what lies here as it was"

    def give(self, till: Till) -> None:
        """The lead says what it has given; nobody waits for it any more."""
        before = [held(till, who) for who in MEMBERS]
        for gift in self.under_way(till)[: self.chance.randint(1, 3)]:
            assert till.store.take_gift(gift, till.moment()) is None
        assert [held(till, who) for who in MEMBERS] == before, "what comes too late does not stay"

    def copy(self, till: Till) -> None:
        """The lead gets what it has not yet, or some of it, or what it has too."""
        if till is self.lead:
            return
        chain = till.chain()
        first = self.chance.randint(0, self.copies(till))
        last = self.chance.randint(first, len(chain))
        self.lead.store.lending.take(Records(*chain_of(till), tuple(chain[first:last])), self.lead.moment())

    def gap(self, till: Till) -> None:
        """Something on the way is lost, and what comes behind it is not looked at."""
        held_before, chain = self.copies(till), till.chain()
        if till is not self.lead and len(chain) > held_before + 1:
            batch = Records(*chain_of(till), tuple(chain[held_before + 1 :]))
            assert self.lead.store.lending.take(batch, self.lead.moment()) is not None
            assert self.copies(till) == held_before

    def again(self, till: Till) -> None:
        """A gift that was taken comes once more."""
        to_come = self.under_way(till)
        taken = [gift for gift in self.gifts(till, 0) if gift not in to_come]
        if taken:
            before = till.chain()
            assert till.store.take_gift(self.chance.choice(taken), till.moment()) is None
            assert till.chain() == before, "what was taken is not taken again"

    def restart(self, till: Till) -> None:
        till.restart()

    def another_roster(self, till: Till) -> None:
        """HQ names nobody for a while, and the draw that comes meanwhile is told no."""
        self.name_lead(None)
        before = self.lead.chain()
        if till is not self.lead:
            self.ask(till, Draw(self._name(), ALICE.token, ALICE.account, Asset.MONEY, 1, 1))
        assert self.lead.chain() == before, "it lends nothing"
        self.name_lead(self.lead)

    def recall(self, till: Till) -> None:
        """HQ calls something home."""
        who = self.chance.choice(MEMBERS)
        order = msgspec.convert({"type": "recall", "account": who.account, "asset": "money", "keep": 500}, Recall)
        self.order(till, order)

    def relay(self, till: Till) -> None:
        """HQ sends on what another gave to this one: it has come meanwhile, or comes later, or never."""
        givers = {signed: one for one in self.tills for signed in one.chain() if is_for(till, signed)}
        if givers:
            signed = self.chance.choice(list(givers))
            before = [held(till, who) for who in MEMBERS]
            self.order(till, Relay(givers[signed].identity.public_key, signed))
            goes_home = [held(till, who) for who in MEMBERS] == before
            assert goes_home or till is self.lead, "what was drawn and comes too late does not stay"

    def name_lead(self, lead: Till | None) -> None:
        tills: tuple[Neighbour, ...] = tuple(map(as_neighbour, self.tills))
        roster = Roster(None if lead is None else Lead(lead.identity.place, ADDRESS), tills)
        for till in self.tills:
            self.order(till, roster)

    # What must be

    def look(self) -> None:
        given: dict[bytes, SignedRecord] = {}
        taken: Counter[bytes] = Counter()
        under_way: Counter[str] = Counter()
        at_hq: Counter[str] = Counter()
        for till in self.tills:
            for signed in till.chain():
                record = signed.open()
                if record.kind is RecordKind.GIVEN:
                    given[signed.hash] = signed
                    transfer = record.body_as(Given).transfer
                    home = at_hq if record.body_as(Given).to == "hq" else under_way
                    home[transfer.account] += units_of(transfer)
                elif record.kind is RecordKind.TAKEN:
                    source = record.body_as(Taken).given
                    passage = given_in(source.open())
                    assert passage is not None
                    assert (passage.to, passage.to_epoch) == chain_of(till), "it takes what is another's"
                    taken[source.hash] += 1
                    under_way[passage.transfer.account] -= units_of(passage.transfer)
        assert taken.keys() <= given.keys(), "it was taken and never given"
        assert all(times == 1 for times in taken.values()), "one gift was taken twice"
        for who in MEMBERS:
            here = sum(held(till, who) for till in self.tills)
            assert under_way[who.account] >= 0
            assert here + under_way[who.account] + at_hq[who.account] == self.must_have[who.account]
        self.at_rest = not +under_way

    def prove(self) -> None:
        for till in self.tills:
            verify_each(till.store.records(), till.key.public_key())
            prove(till.store)

    def come_to_rest(self) -> None:
        """Everything is said, until nothing is under way."""
        for till in self.others:
            for gift in self.under_way(till):
                assert till.store.take_gift(gift, till.moment()) is None
            while self.copies(till) < len(till.chain()):
                batch = Records(*chain_of(till), till.store.batch(self.copies(till)))
                assert self.lead.store.lending.take(batch, self.lead.moment()) is None
        self.look()
        assert self.at_rest, "something is under way for ever"
        self.prove()

    # Between them

    def under_way(self, till: Till) -> list[Gift]:
        """What the lead has to say to a till, from where that till says it is."""
        return self.gifts(till, till.store.gifts.resume(self.lead.identity.place, 1).directive)

    def gifts(self, till: Till, after: int) -> list[Gift]:
        records = self.lead.store.lending.gifts(chain_of(till), after, 1000)
        return [self.seen(till, signed) for signed in records]

    def seen(self, till: Till, signed: SignedRecord) -> Gift:
        hearer = Hearer(*chain_of(till), self.lead.key.public_key())
        gift = check_gift(signed, hearer, self.lead.identity.place)
        assert isinstance(gift, Gift), gift
        return gift

    def copies(self, till: Till) -> int:
        return self.lead.store.lending.acknowledgement(chain_of(till), 1).held

    def _name(self) -> str:
        self.names += 1
        return f"sale-{self.names:04}"


def held(till: Till, who: Card) -> int:
    return sum(one.units for one in till.store.slices(who.account))


def is_for(till: Till, signed: SignedRecord) -> bool:
    """Whether another till gives this one something by it."""
    passage = given_in(signed.open())
    return passage is not None and (passage.to, passage.to_epoch) == chain_of(till)
