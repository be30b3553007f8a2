"""HQ of the chain with its real store, and the upper ends of all lines.

What stands between store and lines at a real HQ is a task each (Desk, Line, Teller, Poster), with timers. The walk is
their clock, so their decisions are mirrored here and nowhere else: when something is said to whom, which draws wait for
value that was called home, and for whom that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hq_server.placement import Ahead
from hq_server.recovery import Cause, Ended
from hq_server.storage.drawing import Drawn, Short
from hq_server.storage.fetching import Fetched, RightElsewhere, Unreported
from hq_server.storage.keepers import Keepers
from hq_server.storage.mirrors import Step
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Placement, Rules
from ledger.ids import AccountId, ChainId, Place
from offline_queue.forwarding import cut
from offline_queue.outbox import Stamp
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.bodies import Directive
from protocol.conversation import (
    BATCH_RECORDS_MAX,
    Acknowledged,
    AnyMessage,
    Draw,
    Fetch,
    Look,
    NotDrawn,
    Ordered,
    Records,
    Rejected,
    Resume,
    Seen,
    decode,
    encode,
)
from protocol.records import SignedRecord
from simulation.disk import PowerCut
from tests.chains.company import POINTS_TOO
from tests.chains.machine import Machine
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY

RULES = Rules(POINTS_TOO, Placement(Ahead(40_000, 100_000, 2), Ahead(10_000, 50_000, 2), Ahead(100, 1_000, 1)))
T = TypeVar("T")


class World(Protocol):
    """What HQ needs of the world around it."""

    def stamp(self) -> Stamp:
        """What a record of HQ's carries now, a little later at each look."""

    def say(self, to: ChainId, frame: bytes) -> None:
        """Give a frame to the line of a keeper."""

    def sees(self, signed: SignedRecord) -> None:
        """A record leaves the machine that signed it."""


@dataclass(slots=True)
class Line:
    """How far a keeper was told HQ's directives on it; None: it has not said yet how far it got."""

    ordered: int | None = None


class HeadOffice:
    """`said` are the last acknowledgements that have left it, by chain."""

    def __init__(self, world: World, image: dict[str, bytes] | None = None) -> None:
        self.key = HQ_KEY
        self.lines: dict[ChainId, Line] = {}
        self.waits: dict[tuple[ChainId, str], tuple[Draw | Fetch, Short | RightElsewhere]] = {}
        self.said: dict[ChainId, Acknowledgement] = {}
        self.answered: dict[tuple[ChainId, str], SignedRecord] = {}
        self._world = world
        self.machine = Machine("hq", self._open, image)

    def _open(self, vfs_name: str) -> HqStore:
        store = HqStore.open("hq.db", HQ_KEY.sign, RULES, vfs=vfs_name)
        store.begin(HQ_RAW_KEY, "0.1.0", self._world.stamp())
        return store

    @property
    def is_recovering(self) -> bool:
        """Whether it gives nothing out."""
        return self.machine.store.recovery() is not None

    def orders(self, chain: ChainId) -> tuple[SignedRecord, ...]:
        """All that it has ordered a keeper in this epoch."""
        return self._keeping(lambda keepers: keepers.directives(*chain))

    def copy(self) -> dict[str, bytes]:
        """It ends in peace, somebody copies its disk, and it starts again."""
        self.machine.stay_on()
        image = self.machine.image()
        self.come_back()
        return image

    def put_back(self, image: dict[str, bytes]) -> None:
        """Its disk is what it was when it was copied. A marker that is not on it says so."""
        seen = self.machine.store.own_head().ref.epoch
        self.machine.disk.cut_at = self.machine.disk.changes
        with suppress(PowerCut):
            self.machine.store.close()
        self.machine = Machine("hq", self._open, image, self.machine.starts)
        self.lines.clear()
        self.waits.clear()
        self.said.clear()
        self.answered.clear()
        stamp = self._world.stamp()
        self.machine.do(lambda store: store.recover(Cause.MARKER, seen, stamp))

    def end_recovery(self) -> bool:
        """All keepers are home, and somebody says so; False: not yet."""
        view = self.machine.store.recovery()
        if view is None or view.silent_total:
            return False
        stamp = self._world.stamp()
        ended, told = self.machine.do(lambda store: store.end_recovery("ann", stamp))
        for chain in told:
            self._tell(chain)
        while self.settle():
            pass
        return ended is Ended.ENDED

    # On a line

    def line_begins(self, chain: ChainId) -> None:
        """A keeper has called, and both know each other."""
        self.line_ends(chain)
        self.lines[chain] = Line()
        self._acknowledge(chain)

    def line_ends(self, chain: ChainId) -> None:
        """Its line is gone, and the draws that waited on it."""
        self.lines.pop(chain, None)
        self.waits = {key: wait for key, wait in self.waits.items() if key[0] != chain}

    def hear(self, chain: ChainId, frame: bytes) -> None:
        """The next frame of a line."""
        match decode(frame):
            case Resume() as resume:
                epoch = self._keeping(lambda keepers: keepers.epoch)
                self.lines[chain].ordered = resume.directive if resume.hq_epoch == epoch else 0
                self._order(chain)
            case Records() as batch:
                self.take(batch)
                self._acknowledge(chain)
            case Draw() | Fetch() as asked:
                self._draw(chain, asked)
            case Look(account=account):
                shares, knows = self.machine.do(lambda store: store.look(AccountId(account), chain))
                self._say(chain, Seen(account, shares, None, self._world.stamp().now_ms, knows))
            case message:
                raise AssertionError(f"{chain} says {message}")

    def take(self, batch: Records) -> None:
        """Hold what is good of a batch; its sender is told what is not, if it is on line."""
        stamp = self._world.stamp()
        fault = self.machine.do(lambda store: store.take(batch, stamp))
        if fault is not None:
            self._say(ChainId(batch.keeper, batch.epoch), Rejected(fault.rejection, fault.at))

    # The book

    def post(self, chain: ChainId) -> bool:
        """Post a step of one chain; whether there was anything in it."""
        in_hand = frozenset(AccountId(asked.account) for asked, _ in self.waits.values() if isinstance(asked, Draw))
        stamp = self._world.stamp()
        step = self.machine.do(lambda store: store.post(*chain, stamp, in_hand))
        if step.records:
            self._tell(chain)
        self._follow(step)
        return bool(step.records or step.ordered)

    def settle(self) -> bool:
        """Place what was left to place."""
        stamp = self._world.stamp()
        step = self.machine.do(lambda store: store.settle(stamp))
        self._follow(step)
        return bool(step.ordered)

    def unposted(self) -> list[ChainId]:
        return [ChainId(*chain) for chain in self.machine.do(HqStore.unposted)]

    def recall(self, asked: Draw, holders: tuple[ChainId, ...]) -> None:
        """Ask keepers for all that they have of a member's."""
        stamp = self._world.stamp()
        for chain in self.machine.do(lambda store: store.recall(asked, holders, stamp)):
            self._tell(chain)

    def order(self, change: Callable[[Keepers, Stamp], list[ChainId] | None]) -> None:
        """Do something about who may sign or which card is refused, and tell those whom it concerns."""
        stamp = self._world.stamp()
        for chain in self._keeping(lambda keepers: change(keepers, stamp)) or ():
            self._tell(chain)

    def enrol(self, place: Place, key: bytes) -> int:
        """Take a keeper in, with a code that it knows; its epoch."""
        stamp = self._world.stamp()
        self._keeping(lambda keepers: keepers.offer(place, place.partition("-")[0], bytes(10), stamp.now_ms))
        enrolled = self._keeping(lambda keepers: keepers.enrol(place, key, stamp)).open().body_as(Directive)
        self._tell(ChainId(place, enrolled.to_epoch))
        return enrolled.to_epoch

    def time_out(self) -> bool:
        """The draw that has waited longest for what was called home waits no more."""
        if not self.waits:
            return False
        (chain, operation_id), (_, short) = next(iter(self.waits.items()))
        del self.waits[chain, operation_id]
        self._say(chain, short.no)
        return True

    def _draw(self, chain: ChainId, asked: Draw | Fetch) -> None:
        drawn = self._look(chain, asked)
        if isinstance(drawn, Short | RightElsewhere) and self._call_home(asked, drawn):
            self.waits[chain, asked.operation_id] = asked, drawn
        else:
            self._end_draw(chain, asked, drawn)

    def _look(self, chain: ChainId, asked: Draw | Fetch) -> Drawn | Fetched:
        stamp = self._world.stamp()
        if isinstance(asked, Fetch):
            return self.machine.do(lambda store: store.fetch(chain, asked, stamp))
        return self.machine.do(lambda store: store.draw(chain, asked, stamp))

    def _call_home(self, asked: Draw | Fetch, missing: Short | RightElsewhere) -> bool:
        if isinstance(missing, RightElsewhere):
            return self._call_right(missing)
        on_line = tuple(chain for chain in missing.holders if chain in self.lines)
        if on_line and isinstance(asked, Draw):
            self.recall(asked, on_line)
        return bool(on_line)

    def _call_right(self, missing: RightElsewhere) -> bool:
        stamp, is_on_line = self._world.stamp(), missing.holder in self.lines
        if is_on_line and self.machine.do(lambda store: store.call_right(missing, stamp)):
            self._tell(missing.holder)
        return is_on_line

    def _end_draw(self, chain: ChainId, asked: Draw | Fetch, drawn: Drawn | Fetched) -> None:
        self.waits.pop((chain, asked.operation_id), None)
        if not isinstance(drawn, SignedRecord):
            no = drawn.no(is_on_line=drawn.maker in self.lines) if isinstance(drawn, Unreported) else drawn
            self._say(chain, no if isinstance(no, NotDrawn) else no.no)
            return
        known = self.answered.setdefault((chain, asked.operation_id), drawn)
        assert known == drawn, f"the draw {asked.operation_id} of {chain} was answered twice, and not alike"
        line = self.lines.get(chain)
        if line is not None and line.ordered is not None and _number(drawn) <= line.ordered:
            self._say(chain, Ordered((drawn,)))
        self._tell(chain)

    def _follow(self, step: Step) -> None:
        """What comes home is kept for the draws that wait for it."""
        for chain in sorted(step.ordered):
            self._tell(chain)
        for (chain, _), (asked, missing) in list(self.waits.items()):
            of = missing if isinstance(missing, RightElsewhere) else asked
            if not isinstance(of, Fetch) and of.account in step.accounts:
                self._draw(chain, asked)

    # What is said

    def _tell(self, chain: ChainId) -> None:
        self._acknowledge(chain)
        self._order(chain)

    def _acknowledge(self, chain: ChainId) -> None:
        if chain not in self.lines:
            return
        now_ms = self._world.stamp().now_ms
        said = self.machine.do(lambda store: store.acknowledgement(*chain, now_ms))
        self.said[chain] = said
        self._say(chain, Acknowledged(seal_acknowledgement(said, HQ_KEY.sign)))

    def _order(self, chain: ChainId) -> None:
        line = self.lines.get(chain)
        while line is not None and line.ordered is not None:
            run = cut(self._directives(chain, line.ordered))
            if not run:
                return
            self._say(chain, Ordered(run))
            line.ordered = _number(run[-1])

    def _say(self, chain: ChainId, message: AnyMessage) -> None:
        if chain not in self.lines:
            return
        if isinstance(message, Ordered):
            for signed in message.records:
                self._world.sees(signed)
        self._world.say(chain, encode(message))

    def _directives(self, chain: ChainId, after: int) -> tuple[SignedRecord, ...]:
        return self._keeping(lambda keepers: keepers.directives(*chain, after, BATCH_RECORDS_MAX))

    def _keeping(self, change: Callable[[Keepers], T]) -> T:
        return self.machine.do(lambda store: store.keeping(change))

    def come_back(self) -> None:
        """The program starts anew: no line is up, nobody waits, and what was left to place is placed."""
        self.lines.clear()
        self.waits.clear()
        self.machine.come_back()


def _number(directive: SignedRecord) -> int:
    return directive.open().body_as(Directive).number
