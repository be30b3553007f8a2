"""The books of all keepers together: what is given is taken once, each lot is all there. Invariants 1, 4, 6 and 10."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.slices import SliceKey
from ledger.transactions import Side
from simulation.checks.own_books import OwnBook, Parts
from simulation.checks.whose import Whose, whose


@dataclass(frozen=True, slots=True)
class Summed:
    """All places together, by account and asset. `under_way`: what left one place and is at no other.

    `written_off` is what HQ has given back of what lies at lost tills, or did: it lies there twice, or one was spent.
    `left_owed` is what refunds at tills did not find, `owed` what of it HQ has not netted; `lots` are the sums of each.
    """

    held: Counter[Whose]
    under_way: Counter[Whose]
    left_owed: Counter[Whose]
    owed: Counter[Whose]
    written_off: Counter[Whose]
    lots: Mapping[SliceKey, Counter[Side]]


def add_up(books: Iterable[OwnBook]) -> Summed:
    """Sum over all places; what contradicts itself between them is an AssertionError."""
    books = list(books)
    given = _once("given", ((giver, parts) for one in books for giver, parts in one.given.items()))
    taken = _once("taken", ((giver, parts) for one in books for giver, parts in one.taken.items()))
    for giver, parts in taken.items():
        assert giver in given, f"{giver} is taken, and its giver has not given it"
        assert given[giver] == parts, f"{giver} is not taken as it was given"
    lots, netted = _sums(one.sides for one in books), _sums(one.netted for one in books)
    _check_lots(lots, netted)
    _check_nettings(netted)
    summed = Summed(Counter(), Counter(), Counter(), Counter(), Counter(), lots)
    for key, sides in lots.items():
        owed, paid = -sides[Side.OWED], netted[key][Side.OWED] if key in netted else 0
        summed.held[whose(key)] += sides[Side.HELD]
        summed.under_way[whose(key)] += sides[Side.IN_TRANSIT]
        summed.owed[whose(key)] += owed
        summed.written_off[whose(key)] -= sides[Side.RISK]
        summed.left_owed[whose(key)] += owed + paid
    under_way: Counter[Whose] = Counter()
    for giver in given.keys() - taken.keys():
        for key, units in given[giver].items():
            under_way[whose(key)] += units
    assert under_way == summed.under_way, "what was given and not taken is under way"
    return summed


def _sums(parts: Iterable[Counter[tuple[SliceKey, Side]]]) -> dict[SliceKey, Counter[Side]]:
    lots: defaultdict[SliceKey, Counter[Side]] = defaultdict(Counter)
    for one in parts:
        for (key, side), units in one.items():
            lots[key][side] += units
    return dict(lots)


def _once(how: str, moves: Iterator[tuple[str, Parts]]) -> dict[str, Parts]:
    found: dict[str, Parts] = {}
    for giver, parts in moves:
        assert giver not in found, f"{giver} is {how} twice"
        found[giver] = parts
    return found


def _check_lots(lots: Mapping[SliceKey, Counter[Side]], netted: Mapping[SliceKey, Counter[Side]]) -> None:
    """Per lot: issued + owed + written off = held + spent + under way; a later refund takes its part back out of both.

    No more is netted of a lot than was owed; and what the tills have spent of it, refunds taken out, is never below
    zero. A netting may still take out of what was spent what a refund gives back later.
    """
    for key, sides in lots.items():
        assert sides.total() == 0, f"{key.lot}: it is not all accounted for: {dict(sides)}"
        spent = sides[Side.SPENT] - (netted[key][Side.SPENT] if key in netted else 0)
        assert sides[Side.ISSUED] <= 0 <= min(spent, sides[Side.IN_TRANSIT], sides[Side.HELD]), dict(sides)
        assert sides[Side.RISK] <= 0, f"{key.lot}: more of it came home than was written off: {dict(sides)}"
        assert sides[Side.OWED] <= 0, f"{key.lot}: more was netted than refunds have left owed: {dict(sides)}"


def _check_nettings(netted: Mapping[SliceKey, Counter[Side]]) -> None:
    """They spend nothing: they only say which lot has paid for what was spent."""
    spent: Counter[Whose] = Counter()
    for key, sides in netted.items():
        spent[whose(key)] += sides[Side.SPENT]
    assert not any(spent.values()), f"HQ has spent something of its members': {spent}"
