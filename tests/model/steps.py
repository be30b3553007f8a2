"""What may happen next in the small chain. A mutant switches one of the product's rules off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.model import book
from tests.model.book import NOTHING, Gift
from tests.model.chain import FAR, HQ, LEAD, NEAR, Mirror, Office, Record, State, Taken, Till, Word


class Rules(NamedTuple):
    """All true: as the product does it. tests.model.test_model switches each off once."""

    old_copies_sell_nothing: bool = True
    old_epochs_are_refused: bool = True
    a_gift_is_taken_once: bool = True
    hq_gives_nothing_in_recovery: bool = True
    hq_waits_for_all: bool = True
    hq_stands_by_its_word: bool = True
    a_rebased_till_begins_empty: bool = True
    hq_takes_what_is_posted: bool = True
    hq_reclaims_what_is_void: bool = True
    hq_reclaims_only_that: bool = True


Step = tuple[str, State]
WAY_MAX = 200


def steps(state: State, rules: Rules) -> Iterator[Step]:
    """Everything that may happen in one step, with its name."""
    for till in state.tills:
        yield from _sell(state, till, rules)
        yield from _hand_out(state, till, rules)
        yield from _adopt(state, till, rules)
    yield from _hq_gives(state, rules)
    yield from _arrive(state, rules)
    for chain in state.chains():
        yield from _report(state, chain, rules)
    yield from _end(state, rules)
    yield from _misfortune(state, rules)


def _is_closed(till: Till, rules: Rules) -> bool:
    return till.is_old and rules.old_copies_sell_nothing


def _sell(state: State, till: Till, rules: Rules) -> Iterator[Step]:
    if not state.spends_left or _is_closed(till, rules):
        return
    for lot in (0, 1):
        held = book.spend(till.held, lot)
        if held is not None:
            after = state.with_till(till.add(Word("spend", lot), held))
            yield f"{till.place} sells", after._replace(spends_left=state.spends_left - 1)


def _hand_out(state: State, till: Till, rules: Rules) -> Iterator[Step]:
    """A till gives home to HQ; the lead also what a neighbour draws, and a neighbour also back to its lead."""
    if not state.gifts_left or _is_closed(till, rules):
        return
    homes = {LEAD: (HQ, NEAR), NEAR: (HQ, LEAD), FAR: (HQ,)}[till.place]
    for to in homes:
        to_epoch = state.hq.epoch if to == HQ else state.till(to).epoch
        for lot in (0, 1):
            gift = Gift(till.place, till.epoch, len(till.chain) + 1, to, till.hq_epoch if to == HQ else to_epoch, lot)
            held = book.give(till.held, gift)
            if held is not None:
                after = state.with_till(till.add(gift, held))
                yield f"{till.place} gives to {to}", _say(after, gift)


def _hq_gives(state: State, rules: Rules) -> Iterator[Step]:
    hq = state.hq
    if not state.gifts_left or (hq.is_recovering and rules.hq_gives_nothing_in_recovery):
        return
    for till in state.tills:
        for lot in (0, 1):
            number = hq.number(till.place, till.epoch) + 1
            gift = Gift(HQ, hq.epoch, hq.length + 1, till.place, till.epoch, lot, number)
            held = book.give(hq.held, gift)
            if held is not None:
                after = hq._replace(held=held, length=hq.length + 1, given=hq.given | {gift})
                after = after.with_number(till.place, till.epoch, number)
                yield f"hq gives to {till.place}", _say(state._replace(hq=after), gift)


def _say(state: State, gift: Gift) -> State:
    return state._replace(said=state.said | {gift}, gifts_left=state.gifts_left - 1)


def _arrive(state: State, rules: Rules) -> Iterator[Step]:
    """A gift arrives at a till: late, again, or by somebody who has kept it. HQ takes what it posts."""
    for gift in sorted(state.said):
        if gift.to == HQ:
            continue
        till = state.till(gift.to)
        is_for_it = till.epoch == gift.to_epoch and not _is_closed(till, rules)
        is_new = gift not in till.taken or not rules.a_gift_is_taken_once
        if is_for_it and is_new and (gift.giver != HQ or _is_next(till, gift, rules)):
            after = till.add(Taken(gift), book.take(till.held, gift))
            if gift.giver == HQ:
                after = after._replace(hq_epoch=max(till.hq_epoch, gift.epoch), done=gift.number)
            yield f"{gift.ref} arrives at {till.place}", state.with_till(after)


def _is_next(till: Till, gift: Gift, rules: Rules) -> bool:
    if gift.epoch < till.hq_epoch:
        return not rules.old_epochs_are_refused
    done = till.done if gift.epoch == till.hq_epoch else 0
    return gift.number == done + 1 or (gift.number <= done and not rules.a_gift_is_taken_once)


def _adopt(state: State, till: Till, rules: Rules) -> Iterator[Step]:
    """It carries out the first directive of HQ's new epoch."""
    if till.hq_epoch < state.hq.epoch and not _is_closed(till, rules):
        after = till.add(Word("adopt", state.hq.epoch), till.held)
        yield f"{till.place} adopts", state.with_till(after._replace(hq_epoch=state.hq.epoch, done=1))


def _report(state: State, chain: Till, rules: Rules) -> Iterator[Step]:
    """HQ holds a chain, its keeper's or a neighbour's copy, and posts as far as it can."""
    hq = state.hq
    while (after := _post_next(hq, chain, rules)) is not None:
        hq = after
    if hq != state.hq:
        yield f"{chain.place} reports", state._replace(hq=hq)


def _post_next(hq: Office, chain: Till, rules: Rules) -> Office | None:
    """None: there is no more, or it waits for another chain."""
    mirror = hq.mirror(chain.place, chain.epoch)
    if mirror.posted >= len(chain.chain):
        return None
    record = chain.chain[mirror.posted]
    if isinstance(record, Taken) and record.gift.giver == HQ and record.gift not in hq.given:
        if record.gift.epoch >= hq.epoch:
            return _begin_epoch(hq, hq.epoch + 1)
        hq = _stand_by(hq, record.gift, rules)
    return _posted(hq, chain, mirror, record, rules)


def _stand_by(hq: Office, gift: Gift, rules: Rules) -> Office:
    if not rules.hq_stands_by_its_word:
        return hq._replace(given=hq.given | {gift})
    held, owed = book.stand_by(hq.held, hq.owed, gift)
    return hq._replace(held=held, owed=owed, given=hq.given | {gift}, length=hq.length + 1)


def _posted(hq: Office, chain: Till, mirror: Mirror, record: Record, rules: Rules) -> Office | None:
    held, taken = mirror.held, mirror.taken
    match record:
        case Gift():
            held = _sure(book.give(held, record))
            if record.to == HQ and rules.hq_takes_what_is_posted:
                hq = _take_home(hq, record)
        case Taken(gift=gift):
            giver = hq.mirror(gift.giver, gift.epoch)
            if gift.giver != HQ and giver.posted < gift.sequence:
                return None
            held, taken = book.take(held, gift), taken | {gift}
        case Word(what="spend", of=lot):
            held = _sure(book.spend(held, lot))
        case Word(of=epoch):
            assert record.what == "adopt", "loads are posted from the beginning"
            hq = _adopted(hq, chain, taken, epoch, rules)
    return hq.with_mirror(chain.place, chain.epoch, Mirror(mirror.posted + 1, held, taken))


def _sure(held: book.Units | None) -> book.Units:
    assert held is not None, "hq's mirror would fall below zero"
    return held


def _take_home(hq: Office, gift: Gift) -> Office:
    held, owed = book.take(hq.held, gift), hq.owed
    if not hq.is_recovering:
        held, owed = book.pay(held, owed)
    return hq._replace(held=held, owed=owed, taken=hq.taken | {gift}, length=hq.length + 1)


def _adopted(hq: Office, chain: Till, taken: frozenset[Gift], epoch: int, rules: Rules) -> Office:
    """What was given to it in earlier epochs and it has not taken by now, it never will."""
    void = {gift for gift in hq.given if (gift.giver, gift.to, gift.to_epoch) == (HQ, chain.place, chain.epoch)}
    for gift in sorted(void):
        is_void = gift.epoch < epoch and (gift not in taken or not rules.hq_reclaims_only_that)
        if is_void and gift not in hq.taken and rules.hq_reclaims_what_is_void:
            hq = _take_home(hq, gift)
    return hq._replace(home=hq.home | {(chain.place, chain.epoch)}) if epoch == hq.epoch else hq


def _end(state: State, rules: Rules) -> Iterator[Step]:
    hq = state.hq
    all_home = {(till.place, till.epoch) for till in state.tills} <= hq.home
    if hq.is_recovering and (all_home or not rules.hq_waits_for_all):
        held, owed = book.pay(hq.held, hq.owed)
        yield "hq's recovery ends", state._replace(hq=hq._replace(held=held, owed=owed, is_recovering=False))


def _misfortune(state: State, rules: Rules) -> Iterator[Step]:
    """Disks are copied, and put back; a till that was put back is enrolled anew."""
    if state.rollbacks_left and state.saved_hq is None and not state.hq.is_recovering:
        yield "hq is copied", state._replace(saved_hq=state.hq)
    if state.rollbacks_left and state.saved_hq is not None:
        hq = _begin_epoch(state.saved_hq, state.hq.epoch + 1)
        yield "hq is put back", state._replace(hq=hq, rollbacks_left=state.rollbacks_left - 1)
    near = state.till(NEAR)
    if state.restores_left and state.saved_till is None:
        yield f"{NEAR} is copied", state._replace(saved_till=near)
    if state.restores_left and state.saved_till is not None and len(near.chain) > len(state.saved_till.chain):
        old = state.saved_till._replace(is_old=True)
        after = state.with_till(old)._replace(lost=(*state.lost, near), restores_left=0)
        yield f"{NEAR} is put back", after
    if near.is_old:
        held = NOTHING if rules.a_rebased_till_begins_empty else near.held
        new = Till(NEAR, near.epoch + 1, held=held, hq_epoch=state.hq.epoch, done=int(state.hq.epoch > 1))
        hq = state.hq._replace(home=state.hq.home | {(NEAR, new.epoch)})
        yield f"{NEAR} is enrolled anew", state.with_till(new)._replace(hq=hq)


def _begin_epoch(hq: Office, epoch: int) -> Office:
    return hq._replace(epoch=epoch, length=1, numbers=(), is_recovering=True, home=frozenset())


def settle(state: State, rules: Rules, known: dict[State, State]) -> State:
    """Everybody is on line until nothing moves any more: no misfortune, no customer, and nothing new is given.

    `known` is what that came to from states that were met before.
    """
    state = state._replace(gifts_left=0, spends_left=0, rollbacks_left=0, restores_left=0)
    way = []
    while state not in known:
        way.append(state)
        assert len(way) <= WAY_MAX, "it never comes to rest"
        following = next((after for _, after in steps(state, rules) if after != state), None)
        if following is None:
            break
        state = following
    end = known.get(state, state)
    known.update(dict.fromkeys(way, end))
    return end
