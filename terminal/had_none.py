"""Whoever had none of what a promotion lacks here: not asked again for a while, as each time a customer waits for it.

It is not kept on disk: a till that was started anew asks once more.
"""

from __future__ import annotations

from checkout.promoting import QuotaNeed
from ledger.ids import AccountId

HAD_NONE_MS = 30_000
"""So long nobody waits for it again, unless some of it came here meanwhile: then there is more."""


class HadNone:
    """What HQ, or a store's lead, has said to have too little of. As many as the programme has promotions."""

    def __init__(self) -> None:
        self._said: dict[AccountId, tuple[QuotaNeed, int]] = {}

    def note(self, need: QuotaNeed, now_ms: int) -> None:
        """That much was not to be had."""
        self._said[need.account] = need, now_ms

    def forget(self, account: AccountId) -> None:
        """Some of it was given here."""
        self._said.pop(account, None)

    def known(self, now_ms: int) -> tuple[QuotaNeed, ...]:
        """What was not to be had a moment ago; a clock that was put back ends that, too."""
        return tuple(need for need, at_ms in self._said.values() if 0 <= now_ms - at_ms < HAD_NONE_MS)
