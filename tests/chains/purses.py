"""What a member should have, in plain arithmetic that knows nothing of ledger, chain or SQLite."""

from dataclasses import dataclass

from checkout.sold import PaidWith
from ledger.cards import Card
from simulation.checks.purchases import Purchase
from terminal.answers import Balance

MONEY_SUMS, POINTS_SUM = (0, 1), 2
"""Which of a lot's three sums: principal, bonus, points."""


@dataclass
class Bought(Purchase):
    """A purchase at the one till there is, with the purses that it moved."""

    who: Card
    receipt: str
    day: int
    taken: list[tuple[list[int], int, int]]
    """Purse, which of its two sums, units: in the order in which they paid."""
    lot: list[int]
    """What is left of the points that it earned."""
    owed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.taken_left = [units for _, _, units in self.taken]

    def give_back(self, units: int, shares: dict[PaidWith, int], points: int) -> int:
        """Undo `units` of the price, in these shares and this many points; the points that are taken back here."""
        lost = self.undo(units, shares, points)
        self._restore(MONEY_SUMS, shares.get(PaidWith.STORED_VALUE, 0))
        self._restore((POINTS_SUM,), points)
        here = min(lost, self.lot[POINTS_SUM])
        self.lot[POINTS_SUM] -= here
        self.owed += lost - here
        assert self.left or not any(self.taken_left)
        return here

    def _restore(self, sums: tuple[int, ...], units: int) -> None:
        """To the purses that paid, the last one first."""
        for at in reversed(range(len(self.taken))):
            purse, which, _ = self.taken[at]
            if which in sums:
                part = min(units, self.taken_left[at])
                purse[which] += part
                self.taken_left[at] -= part
                units -= part
        assert units == 0


class Purses:
    """What one member should have, in order: of each load principal and bonus, of each sale points."""

    def __init__(self) -> None:
        self.lots: dict[str, list[int]] = {}

    @property
    def balance(self) -> Balance:
        return Balance(*(sum(lot[which] for lot in self.lots.values()) for which in (*MONEY_SUMS, POINTS_SUM)))

    @property
    def money(self) -> int:
        return self.balance.principal + self.balance.bonus

    def load(self, units: int, record: str) -> bool:
        if units < 100:
            return False
        self.lots[record] = [units, 15_000 if units >= 100_000 else 6_055 if units >= 50_000 else 0, 0]
        return True

    def buy(self, units: int, money: int, in_points: int, record: str) -> list[tuple[list[int], int, int]] | None:
        """Pay so much from money, and so much with points, 7 for 1.00; 3 points for each 10.00 that is not."""
        cost = -(-in_points * 7 // 100)
        if cost > self.balance.points or money > min(self.money, 300_000):
            return None
        taken = [*self._take(MONEY_SUMS, money), *self._take((POINTS_SUM,), cost)]
        earned = (units - in_points) * 3 // 1_000
        if earned:
            self.lots[record] = [0, 0, earned]
        return taken

    def _take(self, sums: tuple[int, ...], units: int) -> list[tuple[list[int], int, int]]:
        taken = []
        for lot in self.lots.values():
            for which in sums:
                part = min(units, lot[which])
                lot[which] -= part
                units -= part
                taken += [(lot, which, part)] if part else []
        return taken
