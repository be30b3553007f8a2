"""What the checks look at: the keepers of a chain, each with its book on a machine that may start anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.storage.sqlite import HqStore
from ledger.ids import ChainId
from protocol.acknowledgements import Acknowledgement
from simulation.checks.truth import Truth
from terminal.store import TillStore

S_co = TypeVar("S_co", covariant=True)


class Running(Protocol[S_co]):
    """A machine that runs a program with its book."""

    is_dirty: bool
    """Something may have changed since a check last looked."""

    @property
    def starts(self) -> int:
        """How often it has started: what was not synced is gone since the last time."""

    @property
    def store(self) -> S_co:
        """The book that is open now."""


class Keeper(Protocol):
    """A till's place in one epoch."""

    @property
    def name(self) -> ChainId:
        """Its chain."""

    @property
    def key(self) -> Ed25519PrivateKey:
        """What signs its records."""

    @property
    def machine(self) -> Running[TillStore]:
        """Where it runs."""


class HeadOffice(Protocol):
    """HQ's place."""

    @property
    def key(self) -> Ed25519PrivateKey:
        """What signs its records and acknowledgements."""

    @property
    def machine(self) -> Running[HqStore]:
        """Where it runs."""

    @property
    def is_recovering(self) -> bool:
        """Whether it has found that its book is a copy, and gives nothing out."""

    @property
    def said(self) -> dict[ChainId, Acknowledgement]:
        """The furthest acknowledgements that have left it."""


class Chain(Protocol):
    """HQ and all tills. While the checks look, every machine is on."""

    watch: Callable[[], None]
    """Called between two things that may change a book."""

    @property
    def now_ms(self) -> int:
        """Unix time in milliseconds."""

    @property
    def hq(self) -> HeadOffice:
        """HQ."""

    @property
    def tills(self) -> Sequence[Keeper]:
        """Each in its epoch, those that were replaced too."""

    @property
    def truth(self) -> Truth:
        """What customers were told."""

    @property
    def all_is_told(self) -> bool:
        """Whether nobody waits for the answer to something that may have been committed."""

    @property
    def revoked(self) -> set[ChainId]:
        """Whose key HQ trusts no longer."""

    @property
    def gone(self) -> set[ChainId]:
        """Whose machine is lost: it says nothing more, and its book is what its disk has kept."""

    def is_open(self, till: Keeper, /) -> bool:
        """Whether HQ may ask a till for value, and give it some."""
