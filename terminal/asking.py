"""Who keeps the till's book, and a request as it came to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from checkout.promoting import QuotaNeed
from checkout.requests import BookView, Load, PresentedCard, Sale, Undo
from checkout.results import Declined, Done
from ledger.ids import AccountId, OperationId, Place
from ledger.slices import Asset
from loyalty.programme import Programme
from protocol.receipt_numbers import Numbering
from protocol.records import SignedRecord
from protocol.transfers import Passage
from terminal.answers import HqStatus

Request = Sale | Load | Undo
UseCase = Callable[[Any, BookView, Programme], Done | Declined]
"""One of checkout's use cases; its request is of the type that it takes."""


class Identity(msgspec.Struct, frozen=True):
    """Who keeps a book. `public_key` is the Ed25519 key, 32 bytes; `software` names this version of the code.

    `epoch` is that of a new book, as HQ gave it; a book that is there knows its own.
    """

    store: str
    till: str
    public_key: bytes
    software: str
    epoch: int = 1

    @property
    def place(self) -> Place:
        """The till as a keeper: `07-2`."""
        return Place(f"{self.store}-{self.till}")

    @property
    def numbering(self) -> Numbering:
        """How its slips are called."""
        return Numbering(self.place, self.epoch)


class Moment(msgspec.Struct, frozen=True):
    """When something is decided: Unix time in milliseconds, and the same as the store's clock shows it (RFC 3339).

    `monotonic_ms` counts from some point that is fixed within one run of the program; None: nobody has looked.
    """

    now_ms: int
    local: str
    monotonic_ms: int | None = None

    @property
    def local_date(self) -> str:
        """The calendar's date at the store; the business date is another thing."""
        return self.local[:10]

    def local_text(self, at_ms: int) -> str:
        """Another time as the same clock shows it, as RFC 3339 with the same offset."""
        offset = datetime.fromisoformat(self.local).tzinfo
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(offset).isoformat(timespec="seconds")


class Words(msgspec.Struct, frozen=True):
    """What a book keeps of a request beside the record of what came of it; `content` is None where no POS named it.

    `moment` and `hq` are when that was, and how it stood with HQ.
    """

    operation_id: OperationId
    kind: str
    pos_ref: str | None
    fingerprint: bytes
    content: bytes | None
    moment: Moment
    hq: HqStatus


class Asked(msgspec.Struct, frozen=True):
    """A request, what decides it, the fingerprint of its words, when it came, and what HQ had said by then.

    `drawn_for` are the assets, and whose, for which whoever is above was asked, each time it was; `drawn` has come of
    that, and lies here undecided. `had_none`: what promotions lack, and whoever is asked next had not, a moment ago.
    `warrant` is the record of the till in the shop that has asked for it, at that one's place at HQ.
    """

    request: Request
    use_case: UseCase
    fingerprint: bytes
    moment: Moment
    hq: HqStatus
    drawn_for: tuple[tuple[AccountId, Asset], ...] = ()
    drawn: tuple[Passage, ...] = ()
    had_none: tuple[QuotaNeed, ...] = ()
    warrant: SignedRecord | None = None

    @property
    def kind(self) -> str:
        """The name of the use case: `sale`, `load`, `refund`, `void`; `keep` where a promise is kept."""
        return self.use_case.__name__

    def times_drawn(self, account: AccountId, asset: Asset) -> int:
        """How often whoever is above was asked for this."""
        return self.drawn_for.count((account, asset))

    @property
    def presented(self) -> PresentedCard | None:
        """The card that lies on the counter; what is undone needs none."""
        return None if isinstance(self.request, Undo) else self.request.presented

    @property
    def content(self) -> bytes:
        """SHA-256 of what is asked for, whoever asks and by which id: it is what a POS's number stands for."""
        words = msgspec.structs.asdict(self.request)
        return fingerprint(
            self.kind, (self.account, {name: words[name] for name in words if name not in _CIRCUMSTANCES})
        )

    @property
    def words(self) -> Words:
        """What a book keeps of it."""
        request = self.request
        content = None if request.pos_ref is None else self.content
        return Words(request.operation_id, self.kind, request.pos_ref, self.fingerprint, content, self.moment, self.hq)

    @property
    def account(self) -> str:
        """Whose value it concerns; empty where only the original tells."""
        return "" if self.presented is None else self.presented.card.account


_CIRCUMSTANCES = ("operation_id", "presented", "cashier", "pos_ref", "floor_limit", "may_promise", "keeps")


def fingerprint(kind: str, body: object) -> bytes:
    """SHA-256 of what was asked, whole: the same identity with other content is a conflict, never a second movement."""
    return hashlib.sha256(msgspec.msgpack.encode((kind, body))).digest()
