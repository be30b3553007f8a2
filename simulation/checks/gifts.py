"""What promotions have given, as customers were told of it. Plain arithmetic: never more than was funded."""

from __future__ import annotations

from collections import Counter

from ledger.ids import AccountId, quota_of
from ledger.slices import Asset
from loyalty.programme import Programme
from loyalty.promotions import Limit, Occasion
from simulation.checks.whose import Whose
from terminal.answers import Answer

ABOUT = "promotion."


class Gifts:
    """`funded` and `used` are by promotion: how often, or how much, as each is limited."""

    def __init__(self, programme: Programme) -> None:
        self._promotions = {one.name: one for one in programme.promotions}
        self.funded: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.count = self.missed = 0
        """How often one was given, and how often not as its quota was used up, or not to be had there."""

    def give(
        self, occasion: Occasion, units: int, on_top: int, answer: Answer, written_off: Counter[Whose]
    ) -> tuple[str, ...]:
        """A load or a purchase of so many units has brought so much on top; by which promotions, the reasons say."""
        about = {one.rule.removeprefix(ABOUT): one for one in answer.reasons if one.rule.startswith(ABOUT)}
        for one in self._promotions.values():
            fits = one.on is occasion and units >= one.from_units
            assert fits == (one.name in about), f"{one} is for {units}, or not: {answer}"
        given = tuple(name for name, reason in about.items() if reason.seen >= reason.limit)
        self.count, self.missed = self.count + len(given), self.missed + len(about) - len(given)
        assert on_top == sum(self._promotions[name].gives for name in given), f"{given} bring {on_top}"
        for name in given:
            self.used[name] += self._promotions[name].uses
            most = self.funded[name] + written_off[quota_of(name), Asset.QUOTA]
            within = self._promotions[name].limited_by is Limit.NONE or self.used[name] <= most
            assert within, f"{name} was given for {self.used[name]}, and {most} were funded, or given back by HQ"
        return given

    def bring_back(self, given: tuple[str, ...]) -> None:
        """What has brought these is void."""
        self.count -= len(given)
        for name in given:
            self.used[name] -= self._promotions[name].uses

    def left(self) -> dict[AccountId, int]:
        """What each may still give, all places together."""
        return {quota_of(name): funded - self.used[name] for name, funded in self.funded.items()}
