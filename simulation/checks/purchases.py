"""A purchase as its customer remembers it: what was paid and earned, and what was given back. Plain arithmetic."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from checkout.sold import PaidWith


@dataclass
class Purchase:
    """A sale of `total`. `points_paid`: how many points its part in points has cost; `earned`: how many it brought."""

    total: int
    paid: dict[PaidWith, int]
    points_paid: int
    earned: int

    def __post_init__(self) -> None:
        self.left, self.paid_left = self.total, dict(self.paid)
        self.points_left, self.earned_left = self.points_paid, self.earned

    @property
    def is_touched(self) -> bool:
        """Whether anything of it was ever undone."""
        return self.left < self.total

    @property
    def at_risk(self) -> int:
        """What its store bears of it."""
        return self.paid_left.get(PaidWith.STORE_RISK, 0)

    def undo(self, units: int, shares: dict[PaidWith, int], points: int, step: int = 1) -> int:
        """Undo `units` of the price, in these shares and this many points; how many that it brought are taken back.

        Shares are whole steps, as the shop charges.
        """
        assert sum(shares.values()) == units <= self.left, "more is given back than is left"
        assert shares.keys() <= self.paid.keys(), "something is given back in a way in which nobody has paid"
        risk_left = self.at_risk
        risk = min(units, risk_left)
        assert shares.get(PaidWith.STORE_RISK, 0) == risk, "what the store bears comes back first, to the cent"
        for tender, left in self.paid_left.items():
            if tender is PaidWith.STORE_RISK:
                continue
            fair = Fraction(left * (units - risk), self.left - risk_left) if self.left > risk_left else Fraction(0)
            share = shares.get(tender, 0)
            assert floor(fair / step) * step <= share < fair + len(self.paid_left) * step, "its share, to a step"
            assert share <= left, "more of a part is given back than it paid"
        worth = self.paid_left.get(PaidWith.POINTS, 0)
        fair_points = self.points_left * shares.get(PaidWith.POINTS, 0) // worth if worth else 0
        assert points == fair_points, f"{points} points are given back for {fair_points}"
        earning, all_earning = units - risk, self.left - risk_left
        lost = self.earned_left * earning // all_earning if all_earning else 0
        self.left, self.points_left, self.earned_left = (
            self.left - units,
            self.points_left - points,
            self.earned_left - lost,
        )
        self.paid_left = {tender: left - shares.get(tender, 0) for tender, left in self.paid_left.items()}
        assert self.left or not any((*self.paid_left.values(), self.points_left, self.earned_left))
        return lost
