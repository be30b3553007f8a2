"""HQ's own chain: all that HQ has done and said, in one epoch after another. Runs in the caller's transaction."""

from __future__ import annotations

from typing import TypeAlias

from ledger.ids import HEADQUARTERS, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.keys import KeyUnusable
from offline_queue.outbox import Chain, Outbox, Stamp
from protocol.bodies import Directive, Netted, Opened, Predecessor, Taken
from protocol.chain import Head
from protocol.promotions import Funded
from protocol.records import RecordKind, SignedRecord
from protocol.recoveries import Readopted, Reclaimed, Recovered
from protocol.signing import Signer
from protocol.write_offs import WrittenOff

Body: TypeAlias = Directive | Funded | Netted | Readopted | Reclaimed | Recovered | Taken | WrittenOff
KINDS: dict[type[Body], RecordKind] = {
    Directive: RecordKind.DIRECTIVE,
    Funded: RecordKind.FUNDED,
    Netted: RecordKind.NETTED,
    Readopted: RecordKind.READOPTED,
    Reclaimed: RecordKind.RECLAIMED,
    Recovered: RecordKind.RECOVERED,
    Taken: RecordKind.TAKEN,
    WrittenOff: RecordKind.WRITTEN_OFF,
}


class OwnChain:
    """Appends to the last epoch, and reads them all."""

    def __init__(self, connection: Connection, sign: Signer) -> None:
        self._connection = connection
        self._sign = sign
        self.look_up_epoch()

    def look_up_epoch(self) -> None:
        """Go on in HQ's last epoch, as the book has it: a commit that should begin one may come to nothing."""
        last = self._connection.execute("select max(epoch) from records where keeper = ?", (HEADQUARTERS,)).get
        self._be_in(last or 1)

    def begin(self, key: bytes, software: str, stamp: Stamp) -> None:
        """Open the chain, the first time; later, make sure that `key` is still the one. Raises KeyUnusable."""
        opened = self._outbox.record(1)
        if opened is None:
            self._outbox.append(None, RecordKind.OPENED, Opened(HEADQUARTERS, key, software), stamp)
        elif opened.open().body_as(Opened).public_key != key:
            raise KeyUnusable(
                "HQ's key is not the one that opened this book, and no till would believe it. Restore it."
            )

    def begin_epoch(self, epoch: int, stamp: Stamp) -> None:
        """Begin another epoch, behind what the book has of the last one."""
        opened, before = self._last(1).open().body_as(Opened), self._outbox.head()
        assert before is not None, "HQ's chain was opened"
        self._be_in(epoch)
        after = Predecessor(str(before.ref), before.hash)
        self._outbox.append(
            None, RecordKind.OPENED, Opened(HEADQUARTERS, opened.public_key, opened.software, after), stamp
        )

    def append(self, body: Body, stamp: Stamp) -> SignedRecord:
        """Sign a record. One that moves value is for the vault, which posts it in this commit."""
        head = self._outbox.append(self._outbox.head(), KINDS[type(body)], body, stamp)
        return self._last(head.ref.sequence)

    def head(self) -> Head | None:
        """The last record; None before begin()."""
        return self._outbox.head()

    def record(self, ref: RecordRef) -> SignedRecord | None:
        """A record of any epoch; None when the book lacks it."""
        return Chain(self._connection, HEADQUARTERS, ref.epoch).record(ref.sequence)

    def public_key(self) -> bytes:
        """HQ's public key, 32 bytes."""
        return self._last(1).open().body_as(Opened).public_key

    @property
    def appends(self) -> int:
        """How often the chain has grown in this epoch, in commits that came to nothing too."""
        return self._outbox.appends

    def _be_in(self, epoch: int) -> None:
        self.epoch: int = epoch
        self._outbox = Outbox(self._connection, HEADQUARTERS, epoch, self._sign)

    def _last(self, sequence: int) -> SignedRecord:
        signed = self._outbox.record(sequence)
        assert signed is not None, "what HQ has said stands in its own chain"
        return signed
