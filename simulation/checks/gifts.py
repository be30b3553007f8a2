"""What promotions have given, as customers were told of it. Plain arithmetic: never more than was funded."""

from __future__ import annotations

from collections import Counter

from ledger.ids import AccountId, quota_of
from ledger.slices import Asset
from loyalty.programme import Programme
from loyalty.promotions import Limit, Occasion
from simulation.checks.lasting import Lasting
from simulation.checks.whose import Whose
from terminal.answers import Answer

ABOUT = "promotion."


class Gifts:
    """`funded` and `used` are by promotion: how often, or how much, as each is limited."""

    def __init__(self, programme: Programme) -> None:
        self._promotions = {one.name: one for one in programme.promotions}
        self.funded: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self._lasting = Lasting()
        self.count = self.missed = 0
        """How often one was given, and how often not as its quota was used up, or not to be had there."""

    def fund(self, name: str, units: int, last_day: str | None) -> None:
        """HQ has let a promotion give so much more, up to that day."""
        self.funded[name] += units
        self._lasting.comes((quota_of(name), Asset.QUOTA), units, last_day)

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
            self._use(name, self._promotions[name].uses, answer.business_date)
            quota = quota_of(name), Asset.QUOTA
            over = -self._lasting.most(quota) - written_off[quota]
            within = self._promotions[name].limited_by is Limit.NONE or over <= 0
            assert within, f"{name} was given for {over} more than was funded, or had expired, or HQ has given back"
        return given

    def bring_back(self, given: tuple[str, ...], day: str) -> None:
        """What has brought these on this business date is void."""
        self.count -= len(given)
        for name in given:
            self._use(name, -self._promotions[name].uses, day)

    def _use(self, name: str, units: int, day: str) -> None:
        self.used[name] += units
        self._lasting.spends((quota_of(name), Asset.QUOTA), units, day)

    def left(self) -> dict[AccountId, int]:
        """What each may still give, all places together."""
        return {quota_of(name): funded - self.used[name] for name, funded in self.funded.items()}
