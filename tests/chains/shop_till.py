"""A till of the chain with its real store, the lower end of its line, and who waits at its counter.

What stands between store and line at a real till is a task each (Uplink, Drawing, Directives), with timers. The walk
is their clock, so their decisions are mirrored here and nowhere else: who waits for which transfer, when a line is in
doubt, what is done when it is lost. What is drawn and decided is decided by the real Deciding, what goes up next by the
real Forwarding, what is believed by the real checks.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ids import ChainId
from offline_queue.doubts import Doubt, Given, Hearer, check_acknowledgement, check_directive
from offline_queue.forwarding import Forwarding, Patience, Send
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import Transfer, Why
from protocol.conversation import (
    Acknowledged,
    AnyMessage,
    Fetch,
    Look,
    NotDrawn,
    Ordered,
    Records,
    Rejected,
    Seen,
    decode,
    encode,
)
from protocol.records import SignedRecord
from protocol.rights import Entrust
from terminal.answers import Answer, Problem
from terminal.asking import Asked, Identity, Moment
from terminal.drawing import Told
from terminal.modes import MODES
from terminal.store import TillStore
from tests.chains import deciding
from tests.chains.company import POINTS_TOO
from tests.chains.deciding import Waiting
from tests.chains.machine import Machine
from tests.hq_server.office import HQ_KEY

PATIENT = Patience(least_s=0, most_s=0, answer_s=inf, halt_s=inf)
"""The walk decides when to call again and when to give up."""
NOW_S = 0.0


class World(Protocol):
    """What a till needs of the world around it."""

    def moment(self) -> Moment:
        """Now, a little later at each look."""

    def hears(self, till: ShopTill, asked: Asked, answer: Answer | Problem) -> None:
        """A cashier has an answer."""

    def new_name(self) -> str:
        """A name for a draw, which none has had before."""

    def sees(self, signed: SignedRecord) -> None:
        """A record leaves the machine that signed it."""


class ShopTill:
    """Its place in one epoch, with one key. `up` and `down` are the frames under way on its line, oldest first."""

    def __init__(
        self, name: ChainId, key: Ed25519PrivateKey, mode: str, world: World, image: dict[str, bytes] | None = None
    ) -> None:
        self.name, self.key, self.mode = name, key, mode
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.is_on_line = False
        self.waiting: dict[str, Waiting] = {}
        """By the name of the draw that each waits for, in the order in which they began to wait for it."""
        self.under_way: dict[str, Asked] = {}
        """What was asked and is not answered; after a cut the till is asked what became of it."""
        self.in_doubt = False
        self._is_probed = False
        self._world = world
        self._hearer = Hearer(name.keeper, name.epoch, HQ_KEY.public_key())
        self._state = Forwarding(0, patience=PATIENT)
        counter = deciding.Till(lambda: self.machine, lambda: self._is_worth_it)
        self._deciding = deciding.deciding(counter, self._renewed, world.new_name)
        self.machine = Machine(f"{name.keeper}.{name.epoch}", self._open, image)

    def _open(self, vfs_name: str) -> TillStore:
        store, till = self.name.keeper.split("-")
        who = Identity(store, till, self.key.public_key().public_bytes_raw(), "0.1.0", self.name.epoch)
        opened = TillStore.open("till.db", who, self.key.sign, POINTS_TOO, vfs=vfs_name)
        opened.begin(self._world.moment(), self.mode)
        return opened

    # At the counter

    def ask(self, asked: Asked) -> None:
        """A cashier asks; whoever asks again for what is under way waits for the same answer."""
        operation_id = asked.request.operation_id
        if any(one.operation_id == operation_id for one in self.waiting.values()):
            return
        self.under_way[operation_id] = asked
        self._came_to(operation_id, deciding.begin(self._deciding, asked, MODES[self.mode]))

    def look(self, card: str, account: str) -> None:
        """A card is swiped: HQ is asked what lies where."""
        if self.is_on_line and not self.in_doubt:
            self._say(Look(card, account))

    def time_out(self) -> bool:
        """Whoever has waited longest for HQ waits no more; the line is in doubt until HQ has answered a probe."""
        if not self.waiting:
            return False
        waiting = self.waiting.pop(next(iter(self.waiting)))
        if not self.in_doubt:
            self.in_doubt, self._is_probed = True, False
        self._tell(waiting, None)
        return True

    @property
    def _is_worth_it(self) -> bool:
        return self.is_on_line and self._state.has_heard and self._state.halt is None and not self.in_doubt

    def _renewed(self, asked: Asked) -> Asked:
        return msgspec.structs.replace(asked, moment=self._world.moment())

    def _tell(self, waiting: Waiting, told: Told) -> None:
        self._came_to(waiting.operation_id, deciding.go_on(waiting, told))

    def _came_to(self, operation_id: str, outcome: Answer | Problem | Waiting) -> None:
        """It is decided, or waits for HQ; where nobody hears what it asks for, nothing comes of that."""
        if not isinstance(outcome, Waiting):
            self._answer(self.under_way[operation_id], outcome)
            return
        if not self.is_on_line:
            self._tell(outcome, None)
            return
        self.waiting[outcome.at.message.operation_id] = outcome
        self._say(outcome.at.message)

    def _answer(self, asked: Asked, answer: Answer | Problem) -> None:
        self.under_way.pop(asked.request.operation_id, None)
        self._world.hears(self, asked, answer)

    # On the line

    def connect(self) -> None:
        """A new line: the first word on it is how far this till got."""
        self.is_on_line = True
        self._state = self._state.connected(NOW_S)
        self._say(self.machine.do(TillStore.resume))

    def line_ends(self) -> None:
        """Whatever was under way on it is lost. Nobody waits any more."""
        self.up.clear()
        self.down.clear()
        self.is_on_line = self.in_doubt = False
        self._state = self._state.lost(NOW_S, 0)
        while self.waiting:
            self._tell(self.waiting.popitem()[1], None)

    def forward(self, most: int) -> bool:
        """Say the next thing that there is to say: a probe, or a batch of at most so many records."""
        if not self.is_on_line:
            return False
        if self.in_doubt and not self._is_probed:
            self._is_probed = True
            self._say(Records(*self.name, ()))
            return True
        self._state = self._state.grown(self.machine.do(TillStore.head).ref.sequence)
        step = self._state.step(NOW_S)
        if not isinstance(step, Send):
            return False
        batch = self.machine.do(lambda store: store.batch(step.after))[:most]
        self._state = self._state.sent(step.after + len(batch), NOW_S)
        self._say(Records(*self.name, batch))
        return True

    def hear(self) -> None:
        """The next frame that came down."""
        match decode(self.down.popleft()):
            case Acknowledged(acknowledgement=signed):
                said = check_acknowledgement(signed, self._hearer)
                assert isinstance(said, Acknowledgement), said
                if self.in_doubt and self._is_probed:
                    self.in_doubt = False
                moment = self._world.moment()
                doubt = self.machine.do(lambda store: store.believe(signed, said, moment))
                assert doubt is None, f"{self.name} does not believe HQ: {doubt}"
                self._state = self._state.acknowledged(said.held, NOW_S, 0)
            case Ordered(records=records):
                for directive in records:
                    self.obey(directive)
            case NotDrawn() as told:
                waiting = self.waiting.pop(told.operation_id, None)
                if waiting is not None:
                    self._tell(waiting, told)
            case Seen() as seen:
                now_ms = self._world.moment().now_ms
                self.machine.do(lambda store: store.members_told.seen(seen, now_ms))
            case Rejected(code=code):
                self._state = self._state.rejected(code, NOW_S, 0)
            case message:
                raise AssertionError(f"HQ says {message}")

    def obey(self, directive: SignedRecord, but: tuple[Doubt, ...] = ()) -> None:
        """Carry a directive out; what a sale waits for is settled with it. `but`: why it may not be."""
        given = check_directive(directive, self._hearer)
        assert isinstance(given, Given), given
        waiting = self._claim(given)
        if waiting is None:
            moment = self._world.moment()
            doubt = self.machine.do(lambda store: store.hq.apply(given, moment))
        else:
            asked = self._renewed(waiting.at.asked)
            outcome = self.machine.do(lambda store: store.settle(given, asked, MODES[self.mode]))
            doubt = outcome if isinstance(outcome, Doubt) else None
            if not isinstance(outcome, Doubt):
                self._tell(waiting, outcome)
        assert doubt is None or doubt in but, f"{self.name} does not obey {given.directive}: {doubt}"

    def _claim(self, given: Given) -> Waiting | None:
        order = given.directive.order
        match order:
            case Transfer(why=Why.DRAW, operation_id=name, account=account):
                is_its = name in self.waiting and self.waiting[name].at.asked.account == account
            case Entrust(operation_id=name):
                is_its = name in self.waiting and isinstance(self.waiting[name].at.message, Fetch)
            case _:
                return None
        return self.waiting.pop(name) if is_its else None

    def _say(self, message: AnyMessage) -> None:
        if isinstance(message, Records):
            for signed in message.records:
                self._world.sees(signed)
        self.up.append(encode(message))

    # After a cut

    def come_back(self) -> None:
        """The program starts anew: it knows nothing but its book, and no line is up."""
        self.up.clear()
        self.down.clear()
        self.is_on_line = self.in_doubt = False
        self.waiting.clear()
        self.machine.come_back()
        held = self.machine.do(lambda store: store.hq.known()).held
        self._state = Forwarding(0, held, PATIENT)
        for operation_id, asked in list(self.under_way.items()):
            answer = self.machine.store.find(operation_id)
            if answer is not None:
                self._answer(asked, answer)
