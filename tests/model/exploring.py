"""Every state that the small chain can reach, and what must be so in each."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from tests.model.book import Gift
from tests.model.chain import HQ, LOADED, State, Taken, Till, Word, opened
from tests.model.steps import Rules, settle, steps


class Wrong(Exception):
    """A state that must not be, and how one comes there."""


AS_THE_PRODUCT = Rules()


def explore(left: Mapping[str, int], rules: Rules = AS_THE_PRODUCT, *, most: int = 10_000_000) -> int:
    """Visit all states; how many there are. Raises Wrong at the first one in which something is not as it must be.

    `left` is how often each misfortune may happen, by the names of State's fields.
    """
    first = opened(**left)
    came: dict[State, tuple[State, str] | None] = {first: None}
    todo, known = deque([first]), dict[State, State]()
    while todo:
        state = todo.popleft()
        try:
            check(state)
            check_at_rest(settle(state, rules, known))
            for name, after in steps(state, rules):
                if after not in came:
                    came[after] = state, name
                    todo.append(after)
        except AssertionError as fault:
            raise Wrong(f"{fault}: {' / '.join(_way(state, came))}") from fault
        assert len(came) <= most, "there are more states than were to be visited"
    return len(came)


def check(state: State) -> None:
    """DESIGN 10, invariants 2, 5 and 6; that nothing falls below zero the book itself refuses."""
    chains = _all_chains(state)
    for lot in (0, 1):
        spent = sum(record == Word("spend", lot) for chain in chains for record in chain)
        assert spent <= LOADED[lot], f"{spent} units of lot {lot} are spent, and {LOADED[lot]} were loaded"
    taken = Counter(record.gift for chain in chains for record in chain if isinstance(record, Taken))
    taken.update(gift for gift in state.hq.taken if gift.giver == HQ)
    assert all(times == 1 for times in taken.values()), "a gift is taken twice"
    assert state.hq.is_recovering or not any(state.hq.owed), "hq owes what it has given"


def check_at_rest(state: State) -> None:
    """Invariants 3 and 4: all that was loaded is spent, or lies where HQ says."""
    hq = state.hq
    assert not hq.is_recovering, "all have called, and hq still waits"
    for chain in state.chains():
        assert hq.mirror(chain.place, chain.epoch).posted == len(chain.chain), f"{chain.place} is not posted"
    for till in state.tills:
        if not till.is_old:
            assert hq.mirror(till.place, till.epoch).held == till.held, f"hq's mirror of {till.place} is another"
    void = [gift for gift in _given(state) if gift not in _had(state)]
    for lot in (0, 1):
        lies = hq.held[lot] + sum(mirror.held[lot] for *_, mirror in hq.mirrors) - hq.owed[lot]
        under_way = sum(gift.lot == lot for gift in void)
        spent = sum(record == Word("spend", lot) for chain in state.chains() for record in chain.chain)
        found = lies + under_way + spent
        assert found == LOADED[lot], f"of lot {lot} there are {found}, and {LOADED[lot]} were loaded"
    stuck = [gift for gift in void if _can_arrive(state, gift)]
    assert not stuck, f"{stuck} never arrives"


def _can_arrive(state: State, gift: Gift) -> bool:
    """What was given to a till that was put back since is lost with it."""
    there = {(one.place, one.epoch) for one in state.tills if not one.is_old}
    return gift.to == HQ or (gift.to, gift.to_epoch) in there


def _given(state: State) -> set[Gift]:
    """By the tills' chains, and by HQ's as it has it."""
    of_tills = {record for chain in state.chains() for record in chain.chain if isinstance(record, Gift)}
    return of_tills | set(state.hq.given)


def _had(state: State) -> set[Gift]:
    of_tills = {record.gift for chain in state.chains() for record in chain.chain if isinstance(record, Taken)}
    return of_tills | set(state.hq.taken)


def _all_chains(state: State) -> list[tuple[object, ...]]:
    """Also what an old copy has added, behind what it has in common with the chain that it had before."""
    return [one.chain for one in state.lost] + [_own(one, state.lost) for one in state.tills]


def _own(till: Till, lost: tuple[Till, ...]) -> tuple[object, ...]:
    before = next((one for one in lost if (one.place, one.epoch) == (till.place, till.epoch)), None)
    if before is None:
        return till.chain
    common = sum(mine == theirs for mine, theirs in zip(till.chain, before.chain, strict=False))
    return till.chain[common:]


def _way(state: State, came: dict[State, tuple[State, str] | None]) -> list[str]:
    names: list[str] = []
    at = came[state]
    while at is not None:
        names.append(at[1])
        at = came[at[0]]
    return names[::-1]
