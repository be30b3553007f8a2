"""A receipt printer in the network, raw TCP on port 9100."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from drivers.printer.conversation import Conversation, PrinterTimeouts
from drivers.printer.outcome import NotStarted, PrinterReason
from drivers.printer.status import PrinterStatus, unknown_status
from drivers.profiles import PrinterProfile

RAW_PRINT_PORT = 9100


class NetworkPrinter:
    """A Printer. Such a printer serves one connection at a time, so all of ours take turns."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int = RAW_PRINT_PORT,
        *,
        profile: PrinterProfile,
        timeouts: PrinterTimeouts | None = None,
    ) -> None:
        self._name = name
        self._host = host
        self._port = port
        self._profile = profile
        self._timeouts = timeouts or PrinterTimeouts()
        self._turn = asyncio.Lock()
        self._owes_answer = False

    @property
    def name(self) -> str:
        """The name that store IT gave it."""
        return self._name

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Conversation | NotStarted]:
        """Connects and asks for the status. A printer that never answers is ready all the same."""
        async with AsyncExitStack() as stack:
            yield await self._prepare(stack)

    async def status(self) -> PrinterStatus:
        """How it is now; waits its turn behind a slip."""
        async with AsyncExitStack() as stack:
            conversation = await self._ask(stack)
            return unknown_status(conversation) if isinstance(conversation, PrinterReason) else conversation.status

    async def _prepare(self, stack: AsyncExitStack) -> Conversation | NotStarted:
        conversation = await self._ask(stack)
        if isinstance(conversation, PrinterReason):
            return NotStarted((conversation,))
        if conversation.status.hindrances:
            return NotStarted(conversation.status.hindrances)
        if self._owes_answer:
            try:
                await conversation.settle()
            except OSError:
                return NotStarted((PrinterReason.LINE_BROKE,))
        stack.callback(self._remember, conversation)
        return conversation

    def _remember(self, conversation: Conversation) -> None:
        self._owes_answer = conversation.owes_answer

    async def _ask(self, stack: AsyncExitStack) -> Conversation | PrinterReason:
        """Takes its turn, connects and asks; the stack undoes the first two."""
        try:
            async with asyncio.timeout(self._timeouts.turn_s):
                await self._turn.acquire()
        except TimeoutError:
            return PrinterReason.BUSY
        stack.callback(self._turn.release)
        try:
            async with asyncio.timeout(self._timeouts.connect_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            return PrinterReason.NOT_REACHABLE
        conversation = Conversation(reader, writer, self._profile, self._timeouts)
        stack.push_async_callback(conversation.close)
        try:
            await conversation.ask()
        except OSError:
            return PrinterReason.LINE_BROKE
        return conversation
