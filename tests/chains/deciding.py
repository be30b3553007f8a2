"""Requests that are being decided at a till: the real Deciding, and the walk in place of event loop and timers.

A request that asks HQ for value stops there, and goes on when it is told what came of that.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from protocol.conversation import Draw, Fetch
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.deciding import Deciding, Givers
from terminal.drawing import Drawing, Told
from terminal.modes import Mode
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.wanting import Want
from tests.chains.machine import Machine

P = ParamSpec("P")
T = TypeVar("T")
Decision = Coroutine["Stop", Told, Answer | Problem]


class Stop(NamedTuple):
    """A request that waits for what comes of what HQ is asked for. `asked` as it stands at that point."""

    message: Draw | Fetch
    asked: Asked


class Waiting(NamedTuple):
    """A decision that has stopped, and how to go on with it."""

    operation_id: str
    at: Stop
    decision: Decision


class Till:
    """What Deciding takes for the store's thread and for the draws of a till."""

    def __init__(self, machine: Callable[[], Machine[TillStore]], is_worth_it: Callable[[], bool]) -> None:
        self._machine = machine
        self._is_worth_it = is_worth_it

    @property
    def is_worth_it(self) -> bool:
        """Whether a sale may wait for HQ now."""
        return self._is_worth_it()

    async def do(self, work: Callable[Concatenate[TillStore, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Something in the store, at once."""
        return self._machine().do(lambda store: work(store, *args, **kwargs))

    async def draw(self, want: Want, asked: Asked, name: str, _mode: Mode) -> Told:
        """Stop, until somebody says what came of it."""
        assert asked.presented is not None, "only a card draws"
        return await _stop(Stop(Draw(name, asked.presented.card.token, *want), asked))

    async def ask(self, message: Fetch, asked: Asked, _mode: Mode) -> Told:
        """The same of a right."""
        return await _stop(Stop(message, asked))


@coroutine
def _stop(at: Stop) -> Generator[Stop, Told, Told]:
    return (yield at)


def deciding(till: Till, renewed: Callable[[Asked], Asked], new_name: Callable[[], str]) -> Deciding:
    """The real one."""
    store, drawing = cast("StoreThread", till), cast("Drawing", till)
    return Deciding(store, Givers(drawing, Drawing()), renewed, lambda _: None, new_name)


def begin(how: Deciding, asked: Asked, mode: Mode) -> Answer | Problem | Waiting:
    """Decide a request, as far as it goes without HQ."""
    decision: Coroutine[Any, Any, Answer | Problem] = how.decide(asked, mode)
    return _go_on(asked.request.operation_id, decision, None)


def go_on(waiting: Waiting, told: Told) -> Answer | Problem | Waiting:
    """Go on with what has come of its draw."""
    return _go_on(waiting.operation_id, waiting.decision, told)


def _go_on(operation_id: str, decision: Decision, told: Told) -> Answer | Problem | Waiting:
    try:
        return Waiting(operation_id, decision.send(told), decision)
    except StopIteration as end:
        return cast("Answer | Problem", end.value)
