"""Who is above at the other end of a till's line: HQ, or the store's lead. The uplink speaks with both."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from ledger.ids import Place
from offline_queue.doubts import Doubt, Hearer
from offline_queue.forwarding import Forwarding
from protocol.acknowledgements import Acknowledgement
from protocol.conversation import Ask, Directory, Fetch, Found, HandOn, Movements, Records, Resume, Seen, Told, Wanted
from protocol.records import SignedRecord
from protocol.signing import Signed
from terminal.drawing import Drawing

Heard: TypeAlias = Seen | Found | Directory | Movements | Ask | Told | Fetch
"""What it says of members, or passes on between a hosted store's till and its place at HQ; and what a lead needs."""


class Above(Protocol):
    """What is special about whoever is above. Every method may raise DiskFull and BookBroken."""

    @property
    def name(self) -> Place:
        """Its place; for the log."""

    @property
    def hearer(self) -> Hearer:
        """By which key its word is known, and about whom it may speak."""

    @property
    def drawing(self) -> Drawing:
        """What sales wait for from it."""

    @property
    def is_in_dispute(self) -> bool:
        """Whether something that it ordered on this line could not be carried out."""

    @property
    def has_more(self) -> bool:
        """Whether it has said on this line that there is something to carry out which did not come yet."""

    async def begin(self) -> int:
        """Take up what the book knows of it: up to which record it held this chain."""

    async def resume(self) -> Resume:
        """From where it is to go on."""

    async def keep(self, signed: Signed, said: Acknowledgement) -> Doubt | None:
        """Keep its genuine word, unless it contradicts what lies here."""

    async def obey(self, signed: SignedRecord) -> None:
        """Carry out, or take, what this record of its chain says. Raises LineLost."""

    async def heard(self, message: Heard) -> None:
        """It has said something of members, or asks for something. Raises LineLost."""

    async def copies(self, wanted: Wanted) -> Records:
        """What it lacks of a neighbour's chain, as far as there are copies here. Raises LineLost."""

    async def hand_on(self, message: HandOn) -> None:
        """It has something for a neighbour. Raises LineLost."""

    def gave_sign(self) -> None:
        """It gave a sign of life."""

    def line_begins(self, waiting: int) -> None:
        """It has proved who it is, and knows who we are; so many records wait."""

    def line_ends(self, why: str, *, was_up: bool) -> None:
        """The line is lost, or did not come up."""

    def line_rests(self) -> None:
        """The till has hung up: everything is said."""

    async def remember(self) -> None:
        """Write down when it was heard last."""

    async def tell(self, state: Forwarding, *, rests: bool) -> None:
        """Tell the till how it stands."""
