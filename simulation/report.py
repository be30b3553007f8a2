"""What came of a run, in figures: what was taken and refused, what could not be reached, what was at risk."""

from __future__ import annotations

from checkout.results import Decline
from terminal.answers import Answer, Outcome

TOO_LITTLE = {Decline.NOT_ENOUGH, Decline.NOT_ENOUGH_HERE, Decline.LIES_ELSEWHERE}


class Report:
    """Units are the currency's. A chain can be compared with itself under another placement policy by these."""

    def __init__(self) -> None:
        self.operations = self.done = self.declined = 0
        self.turned_away = 0
        """Customers who stood before a till that was off, or went off and had not done it."""
        self.sales = self.sales_done = 0
        """From the card's money."""
        self.funded = self.funded_units = 0
        """Of those the ones that were refused though the member had enough somewhere."""
        self.stranded: list[int] = []
        self.exposure: list[int] = []
        """At each look: money at tills that could not be reached, and money at tills at all."""
        self.faults: dict[str, int] = {}

    def asked(self, answer: Answer | None, from_card: int, left: int) -> None:
        """A customer was served, or not. `left`: what the member has anywhere, after that."""
        self.operations += 1
        self.turned_away += answer is None
        is_done = answer is not None and answer.outcome is Outcome.DONE
        self.done += is_done
        self.declined += answer is not None and not is_done
        if from_card and answer is not None:
            self.sales += 1
            self.sales_done += is_done
            if answer.decline in TOO_LITTLE and from_card <= left:
                self.funded += 1
                self.funded_units += from_card

    def add(self, other: Report) -> None:
        """Another run of the same chain."""
        for name, value in vars(other).items():
            if isinstance(value, dict):
                for fault, times in value.items():
                    self.faults[fault] = self.faults.get(fault, 0) + times
            else:
                setattr(self, name, getattr(self, name) + value)
