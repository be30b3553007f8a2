"""What every driver promises. Each port has one suite in tests/contracts/, run on every driver that claims it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from drivers.events import DeviceEvent
from drivers.printer.outcome import NotStarted, Printed, Unknown
from drivers.printer.status import PrinterStatus

Emit = Callable[[DeviceEvent], None]


class Reader(Protocol):
    """A device at which cards are read. One thread each, nothing shared.

    Events come in the order in which they happened, each with this reader's name. A reader that is away, at the start
    or later, says DeviceLost once and DeviceBack once when it can be used again: at most 5 s after it has returned.
    A card that is no card is an event, never an exception; a card that was cut short is never half a card.
    """

    @property
    def name(self) -> str:
        """The name in its events."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a swipe made now would be heard."""
        ...

    def start(self, emit: Emit) -> None:
        """Returns at once. Once in a reader's life.

        `emit` is called in the reader's thread and must neither block nor raise: in an asyncio program it is
        `loop.call_soon_threadsafe` with a queue.
        """
        ...

    def stop(self) -> None:
        """Ends the thread within 1 s; no event comes after it has returned. May be called twice, or before start."""
        ...


class ReadyPrinter(Protocol):
    """A printer that is connected and has been asked how it is. Nothing of a slip has been sent."""

    @property
    def status(self) -> PrinterStatus:
        """What it answered. Silence is unknown, not fine."""
        ...

    async def send(self, slip: bytes) -> Printed | Unknown:
        """Sends the slip as one blob and waits for the evidence that it was printed. Once for each opening.

        Printed only when the printer said so after the slip, in its turn; every other end is Unknown. Raises nothing
        of the printer's or the line's making.
        """
        ...


class Printer(Protocol):
    """A device that prints slips, one at a time. Every wait has an end; the connection is closed on every way out.

    Example::

        async with printer.open() as ready:
            if isinstance(ready, NotStarted):
                return ready                    # nothing was sent: the job may be tried again as the original
            store.mark_started(job)             # durable before the first byte
            outcome = await ready.send(slip)
    """

    @property
    def name(self) -> str:
        """The name that store IT gave it."""
        ...

    def open(self) -> AbstractAsyncContextManager[ReadyPrinter | NotStarted]:
        """Connects and asks for the status. A printer that never answers is ready all the same."""
        ...

    async def status(self) -> PrinterStatus:
        """How it is now; waits its turn behind a slip."""
        ...
