"""What came of a run, in figures: what was taken and refused, what could not be reached, what was at risk."""

from __future__ import annotations

from checkout.results import Decline
from ledger.amounts import Currency
from simulation.checks.gifts import Gifts
from simulation.checks.promised import Fate, Promises
from terminal.answers import Answer, Outcome

TOO_LITTLE = {Decline.NOT_ENOUGH, Decline.NOT_ENOUGH_HERE, Decline.LIES_ELSEWHERE}


class Report:
    """Units are the currency's. A chain can be compared with itself under another placement policy by these."""

    def __init__(self) -> None:
        self.operations = self.done = self.declined = 0
        self.promises = self.promises_kept = self.promises_taken_back = 0
        """Refunds that were promised, as nobody was reached who had the right to."""
        self.rights_passed = 0
        """Rights to undo a sale that tills have had from a neighbour, as HQ brought none."""
        self.gifts = self.gifts_missed = 0
        """Promotions that were given, and those that were not as nothing to give was to be had."""
        self.written_off = self.paid = 0
        """Money that lay at lost tills, and what of it the company has paid: it was spent there, as was heard later."""
        self.slips = self.copies = self.slips_asked_about = 0
        """Runs of slips of which something may be on paper; those that say that they are copies."""
        self.turned_away = 0
        """Customers who stood before a till that was off, or went off and had not done it."""
        self.sales = self.sales_done = 0
        """From the card's money."""
        self.funded = self.funded_units = 0
        """Of those the ones that were refused though the member had enough somewhere."""
        self.let_go = self.let_go_units = 0
        """Sales of which a store bears a part, and how much that was."""
        self.stranded: list[int] = []
        self.exposure: list[int] = []
        """At each look: money at tills that could not be reached, and money at tills at all."""
        self.faults: dict[str, int] = {}
        self.outages = 0
        """How often a machine went off."""
        self.looks = 0
        """How often all books were looked at together."""

    def asked(self, answer: Answer | None, from_card: int, left: int) -> None:
        """A customer was served, or not. `left`: what the member has anywhere, after that."""
        self.operations += 1
        self.turned_away += answer is None
        is_done = answer is not None and answer.outcome is not Outcome.DECLINED
        self.done += is_done
        self.declined += answer is not None and not is_done
        if from_card and answer is not None:
            self.sales += 1
            self.sales_done += is_done
            if answer.decline in TOO_LITTLE and from_card <= left:
                self.funded += 1
                self.funded_units += from_card

    def promised(self, promises: Promises) -> None:
        """What has come of all promises."""
        self.promises = len(promises.made)
        self.promises_kept, self.promises_taken_back = promises.count(Fate.KEPT), promises.count(Fate.TAKEN_BACK)

    def gave(self, gifts: Gifts) -> None:
        """What has come of all promotions; what was voided was not given."""
        self.gifts, self.gifts_missed = gifts.count, gifts.missed

    def add(self, other: Report) -> None:
        """Another run of the same chain."""
        for name, value in vars(other).items():
            if isinstance(value, dict):
                for fault, times in value.items():
                    self.faults[fault] = self.faults.get(fault, 0) + times
            else:
                setattr(self, name, getattr(self, name) + value)


def as_text(report: Report, currency: Currency) -> str:
    """The figures, one a line."""
    funded = report.sales_done + report.funded
    lines = [
        ("operations asked for", f"{report.operations}"),
        ("  done, declined", f"{report.done}, {report.declined}"),
        ("  not answered", f"{report.turned_away}, as the till was off"),
        ("refunds promised", f"{report.promises}"),
        ("  kept, taken back", f"{report.promises_kept}, {report.promises_taken_back}"),
        ("refund rights passed on in stores", f"{report.rights_passed}"),
        ("promotions given, missed", f"{report.gifts}, {report.gifts_missed}"),
        ("slips on paper", f"{report.slips}, {report.copies} of them copies"),
        ("  the cashier was asked about", f"{report.slips_asked_about}"),
        ("sales from the card", f"{report.sales}"),
        (
            "  accepted",
            f"{report.sales_done}, {_percent(report.sales_done, funded)} of those for which there was enough",
        ),
        ("  refused though funded", f"{report.funded}, {currency.format(report.funded_units)} in all"),
        ("  at the store's risk", f"{report.let_go}, {currency.format(report.let_go_units)} in all"),
        ("at tills, on average", f"{_mean(report.exposure, currency)}, at most {_most(report.exposure, currency)}"),
        ("  out of reach", f"{_mean(report.stranded, currency)}, at most {_most(report.stranded, currency)}"),
        ("written off with lost tills", currency.format(report.written_off)),
        ("  paid by the company", currency.format(report.paid)),
        ("machines went off", f"{report.outages} times"),
        ("all books were looked at", f"{report.looks} times"),
        *((f"fault: {fault}", f"{times} times") for fault, times in sorted(report.faults.items())),
    ]
    return "\n".join(f"{name:<44}{value}" for name, value in lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _mean(units: list[int], currency: Currency) -> str:
    return currency.format(sum(units) // len(units) if units else 0)


def _most(units: list[int], currency: Currency) -> str:
    return currency.format(max(units, default=0))
