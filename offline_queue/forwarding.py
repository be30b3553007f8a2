"""What of a chain goes up next, and when. Pure: clock and chance are arguments, the line is somebody else's.

           ┌──────────────── lost, turned away: wait, longer each time ────────────────┐
           ▼                                                                           │
    down ──Connect──▶ up, HQ has not said what it holds ──acknowledged──▶ sending ──HangUp: no answer in time
                                                                             │  ▲
                                                         refused or in doubt ▼  │ a good acknowledgement, or time
                                                                         halted: it listens, and sends nothing

The next record to send is always the one after what HQ said last that it holds, even when that is less than before:
HQ may have been restored from a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import TypeAlias

from protocol.conversation import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from protocol.records import SignedRecord
from protocol.rejections import Rejection

WINDOW_BATCHES = 4
"""Batches under way without an answer: enough to fill a slow line, few enough to say again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds. A simulation or a test may be less patient."""

    least_s: float = 0.5
    most_s: float = 60.0
    answer_s: float = 30.0
    """HQ has so long to acknowledge what is under way, or to say what it holds."""
    steady_s: float = 60.0
    """A line that was up for so long is no flapping line: its loss is the first failure."""
    halt_s: float = 900.0
    """After so long a chain that HQ has rejected is offered again: somebody may have mended it."""

    def pause_s(self, failures: int, jitter: float) -> float:
        """How long to pause after so many failures in a row; `jitter` in [0, 1) spreads a thousand tills."""
        longest_s = min(self.most_s, self.least_s * 2.0 ** min(failures, 32))
        return self.least_s + (longest_s - self.least_s) * jitter


@dataclass(frozen=True, slots=True)
class Connect:
    """Reach for HQ now."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send one batch that begins at record `after` + 1."""

    after: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until_s`, unless something happens."""

    until_s: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """The line is up and HQ does not answer: give it up."""


Step: TypeAlias = Connect | Send | Wait | HangUp


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing is sent: a Rejection or a doubt, as a code. `until_s` None: until HQ's word is good again."""

    code: str
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    """How far a chain has gone up, and how the line is. A change makes a new one; times are monotonic seconds."""

    head: int
    held: int = 0
    patience: Patience = Patience()
    is_up: bool = False
    has_heard: bool = False
    """Whether HQ has said on this line what it holds."""
    under_way: tuple[int, ...] = ()
    """The last record of each batch that was sent on this line and is not answered."""
    halt: Halt | None = None
    failures: int = 0
    resume_s: float = -inf
    answer_by_s: float = inf
    up_since_s: float = inf

    @property
    def waiting(self) -> int:
        """Records that HQ has not acknowledged."""
        return max(self.head - self.held, 0)

    def step(self, now_s: float) -> Step:
        """What to do now."""
        if not self.is_up:
            return Connect() if now_s >= self.resume_s else Wait(self.resume_s)
        if now_s >= self.answer_by_s:
            return HangUp()
        allowed_s = self._may_send_from_s()
        if now_s >= allowed_s:
            return Send(self._sent)
        return Wait(min(self.answer_by_s, allowed_s))

    def grown(self, head: int) -> Forwarding:
        """The own chain has a new head."""
        return replace(self, head=head)

    def connected(self, now_s: float) -> Forwarding:
        """The line is up, and both ends know each other."""
        return replace(self, is_up=True, up_since_s=now_s, answer_by_s=now_s + self.patience.answer_s)

    def sent(self, last: int, now_s: float) -> Forwarding:
        """A batch that ends with record `last` was given to the line."""
        answer_by_s = self.answer_by_s if self.under_way else now_s + self.patience.answer_s
        return replace(self, under_way=(*self.under_way, last), answer_by_s=answer_by_s)

    def acknowledged(self, held: int, now_s: float, jitter: float) -> Forwarding:
        """HQ holds the chain up to record `held`; its word was checked."""
        has_more = held > self.held
        halt = None if has_more or (self.halt is not None and self.halt.until_s is None) else self.halt
        heard = replace(self, held=held, has_heard=True, halt=halt)
        if held < self.held:
            heard = replace(heard, under_way=(), answer_by_s=inf)
            return _paused(heard, now_s, jitter) if self.has_heard else heard
        under_way = tuple(last for last in self.under_way if last > held)
        answer_by_s = now_s + self.patience.answer_s if has_more else self.answer_by_s
        failures = 0 if has_more else self.failures
        return replace(heard, under_way=under_way, answer_by_s=answer_by_s if under_way else inf, failures=failures)

    def learned(self, held: int) -> Forwarding:
        """HQ has said by another way than the line how far it holds the chain; on a line its own word counts."""
        return self if self.is_up else replace(self, held=held)

    def rejected(self, code: str, now_s: float, jitter: float) -> Forwarding:
        """HQ did not take a batch. After a gap it is sent again from what HQ holds; anything else needs a person."""
        stopped = replace(self, under_way=(), answer_by_s=self.answer_by_s if not self.has_heard else inf)
        if code == Rejection.GAP:
            # Every batch under way behind the first gap is rejected too: one pause is enough for all of them.
            return stopped if now_s < self.resume_s else _paused(stopped, now_s, jitter)
        return replace(stopped, halt=Halt(code, now_s + self.patience.halt_s))

    def doubted(self, code: str) -> Forwarding:
        """HQ's word is genuine, and contradicts what is known here: nothing is sent until it is good again."""
        return replace(self, halt=Halt(code), has_heard=True, under_way=(), answer_by_s=inf)

    def hung_up(self) -> Forwarding:
        """The line was ended by us, as nothing was left to say."""
        return replace(self, is_up=False, has_heard=False, under_way=(), failures=0, answer_by_s=inf, up_since_s=inf)

    def lost(self, now_s: float, jitter: float, code: str = "") -> Forwarding:
        """The line is down, or did not come up; `code` says why when somebody should know."""
        down = replace(
            self,
            is_up=False,
            has_heard=False,
            under_way=(),
            halt=Halt(code) if code else self.halt,
            failures=0 if now_s - self.up_since_s >= self.patience.steady_s else self.failures,
            answer_by_s=inf,
            up_since_s=inf,
        )
        return _paused(down, now_s, jitter)

    @property
    def _sent(self) -> int:
        return self.under_way[-1] if self.under_way else self.held

    def _may_send_from_s(self) -> float:
        if not self.has_heard or self._sent >= self.head or len(self.under_way) >= WINDOW_BATCHES:
            return inf
        if self.halt is None:
            return self.resume_s
        return inf if self.halt.until_s is None else max(self.resume_s, self.halt.until_s)


def _paused(state: Forwarding, now_s: float, jitter: float) -> Forwarding:
    failures = state.failures + 1
    return replace(state, failures=failures, resume_s=now_s + state.patience.pause_s(failures, jitter))


def cut(records: Iterable[SignedRecord]) -> tuple[SignedRecord, ...]:
    """The first of these records that fit into one batch; never more are read than that and one."""
    batch: list[SignedRecord] = []
    room = BATCH_BYTES_MAX
    for signed in records:
        room -= len(signed.content) + len(signed.signature)
        if batch and (room < 0 or len(batch) == BATCH_RECORDS_MAX):
            break
        batch.append(signed)
    return tuple(batch)
