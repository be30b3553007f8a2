"""How much one caller may ask for, so that the others wait for little."""

from __future__ import annotations


class TokenBucket:
    """Holds up to `burst` tokens and gains `rate_per_s` of them. Pure: time is an argument, in monotonic seconds."""

    def __init__(self, rate_per_s: float, burst: float, now_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = burst
        self._at_s = now_s

    def take(self, tokens: float, now_s: float) -> float:
        """Take tokens, on credit if they are not there; seconds until they are paid back, which the taker must wait."""
        self._fill(now_s)
        self._tokens -= tokens
        return max(-self._tokens / self._rate_per_s, 0.0)

    def try_take(self, tokens: float, now_s: float) -> bool:
        """Take tokens if they are there; False, and nothing is taken, when they are not."""
        self._fill(now_s)
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def _fill(self, now_s: float) -> None:
        gained = max(now_s - self._at_s, 0.0) * self._rate_per_s
        self._tokens = min(self._tokens + gained, self._burst)
        self._at_s = max(now_s, self._at_s)
