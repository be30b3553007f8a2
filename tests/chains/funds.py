"""What lies at a stand-in for HQ: lots of other tills, given and taken back part by part."""

from __future__ import annotations

from collections import Counter

from ledger.ids import HEADQUARTERS
from ledger.slices import Asset
from protocol.bodies import Transfer, TransferPart, Why
from protocol.members import Share

Name = tuple[str, str]
"""Purse and lot."""


class Funds:
    """By account, in the order in which they are given."""

    def __init__(self) -> None:
        self._terms: dict[str, dict[Name, TransferPart]] = {}
        self._left: dict[str, Counter[Name]] = {}
        self._lots = 0
        self.issued: Counter[str] = Counter()
        """By account: what ever came into being at other tills."""

    def add(self, account: str, units: int, *, purse: str = "principal", expires_on: str | None = None) -> str:
        """A lot that was loaded somewhere else; its name."""
        self._lots += 1
        lot = f"07-9/1/{self._lots}"
        self.issued[account] += units
        part = TransferPart(purse, lot, "07", "2026-11-01", expires_on, units)
        self._terms.setdefault(account, {})[purse, lot] = part
        self._left.setdefault(account, Counter())[purse, lot] = units
        return lot

    def units(self, account: str, asset: Asset | None = None) -> int:
        """What lies here, of one asset or of both."""
        left = self._left.get(account, Counter())
        return sum(units for (purse, _), units in left.items() if asset is None or purse in asset.purses)

    def give(self, account: str, units: int, asset: Asset | None = None) -> tuple[TransferPart, ...]:
        """As much of it as there is."""
        left, parts = self._left.get(account, Counter()), []
        for name, has in list(left.items()):
            taken = min(units, has) if asset is None or name[0] in asset.purses else 0
            if taken:
                units -= taken
                left[name] -= taken
                parts.append(part_of(self._terms[account][name], taken))
        return tuple(parts)

    def take(self, transfer: Transfer) -> None:
        """Value comes home; lots of the till's own come here for the first time."""
        assert transfer.why is Why.RETURN
        left = self._left.setdefault(transfer.account, Counter())
        for part in transfer.parts:
            self._terms.setdefault(transfer.account, {}).setdefault((part.purse, part.lot), part)
            left[part.purse, part.lot] += part.units

    def shares(self, account: str) -> tuple[Share, ...]:
        return (Share(HEADQUARTERS, self.units(account), 0, 0),)


def part_of(terms: TransferPart, units: int) -> TransferPart:
    return TransferPart(terms.purse, terms.lot, terms.store, terms.opened_on, terms.expires_on, units)
