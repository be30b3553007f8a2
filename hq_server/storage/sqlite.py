"""HQ's book in one SQLite file: every keeper's chain as it was signed, HQ's own, and the mirror of every place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import apsw

from hq_server.intake import Fault, examine
from hq_server.posting import Different, Doubt, SetAside, post_record, set_aside
from hq_server.storage.keepers import FORKED, Keepers
from hq_server.storage.showing import Showing
from ledger.ids import Place, RecordRef
from ledger.journal_sqlite import Connection, SqliteJournal, open_book, transaction
from offline_queue.outbox import Chain, Stamp
from protocol.acknowledgements import VERSION, Acknowledgement
from protocol.chain import Head
from protocol.conversation import Records
from protocol.records import FIRST_PREVIOUS, Record, SignedRecord
from protocol.rejections import Rejection
from protocol.signing import Signer, public_key

SCHEMAS = ("ledger", "offline_queue", "hq_server")
POST_RECORDS_MAX = 250
"""Records posted in one commit, so that whoever waits for the one writer waits little."""
HEARD_WITHIN_MS = 60_000
T = TypeVar("T")


class HqStore:
    """Everything that HQ must not forget. Used from one thread; each method is one commit, on disk at its return."""

    def __init__(self, connection: Connection, sign: Signer) -> None:
        self._connection = connection
        self._keepers = Keepers(connection, sign)

    @classmethod
    def open(cls, path: Path | str, sign: Signer, *, vfs: str | None = None) -> HqStore:
        """Open the file, or make it. Raises BookUnusable."""
        return cls(open_book(path, *SCHEMAS, vfs=vfs), sign)

    def close(self) -> None:
        """Give the file free."""
        self._connection.close()

    def begin(self, key: bytes, software: str, stamp: Stamp) -> None:
        """Open HQ's own chain, the first time. `key` is HQ's public key, 32 bytes. Raises KeyUnusable."""
        with transaction(self._connection):
            self._keepers.begin(key, software, stamp)

    def keeping(self, change: Callable[[Keepers], T]) -> T:
        """Do something about who may sign, in one commit: `store.keeping(lambda keepers: keepers.revoke(…))`."""
        with transaction(self._connection):
            return change(self._keepers)

    def showing(self, look: Callable[[Showing], T]) -> T:
        """Read something for people, from one state of the book."""
        with transaction(self._connection):
            return look(Showing(self._connection))

    def take(self, batch: Records, now_ms: int) -> Fault | None:
        """Hold the good part of a batch, and say what is wrong with the rest. What is held stays, byte for byte."""
        with transaction(self._connection):
            key = self._keepers.key_of(batch.keeper, batch.epoch)
            if key is None:
                return Fault(Rejection.UNKNOWN_KEEPER)
            if self._keepers.fences(batch.keeper, batch.epoch):
                return Fault(Rejection.FENCED)
            chain = Chain(self._connection, batch.keeper, batch.epoch)
            examined = examine(batch, public_key(key), chain.head(), lambda number: _hash(chain.record(number)))
            for signed in examined.fresh:
                chain.keep(signed)
            if examined.fault is not None and examined.fault.fork is not None:
                self._convict(batch, examined.fault.fork, now_ms)
            self._heard(batch.keeper, batch.epoch, now_ms)
            return examined.fault

    def post(self, place: Place, epoch: int) -> int:
        """Post the next records that are held, at most POST_RECORDS_MAX; how many were posted or set aside."""
        with transaction(self._connection):
            if self._keepers.key_of(place, epoch) is None:
                return 0
            mirror = SqliteJournal(self._connection, place)
            posted = done = self._posted(place, epoch)
            for signed in Chain(self._connection, place, epoch).records(posted, POST_RECORDS_MAX):
                record = signed.open()
                self._note(record.ref, self._post_one(record, mirror))
                done = record.sequence
            self._connection.execute(
                "update progress set posted = ? where keeper = ? and epoch = ?", (done, place, epoch)
            )
            return done - posted

    def unposted(self) -> list[tuple[Place, int]]:
        """The chains of which more is held than posted, by keeper and epoch."""
        rows = self._connection.execute(
            "select keeper, epoch from progress where exists (select 1 from records where records.keeper ="
            " progress.keeper and records.epoch = progress.epoch and records.sequence > progress.posted)"
        )
        return [(Place(keeper), epoch) for keeper, epoch in rows]

    def heard(self, place: Place, epoch: int, now_ms: int) -> None:
        """Note that a keeper has called; not to the second, as thousands call at once when HQ comes back."""
        with transaction(self._connection):
            self._connection.execute(
                "update progress set heard_at_ms = ? where keeper = ? and epoch = ? and heard_at_ms < ?",
                (now_ms, place, epoch, now_ms - HEARD_WITHIN_MS),
            )

    def acknowledgement(self, place: Place, epoch: int, now_ms: int) -> Acknowledgement:
        """What HQ holds, has posted and has ordered, to be signed."""
        with transaction(self._connection):
            head = Chain(self._connection, place, epoch).head()
            number, given = self._keepers.last_directive(place, epoch)
            return Acknowledgement(
                version=VERSION,
                hq_epoch=self._keepers.epoch,
                keeper=place,
                epoch=epoch,
                held=0 if head is None else head.ref.sequence,
                held_hash=FIRST_PREVIOUS if head is None else head.hash,
                posted=self._posted(place, epoch),
                directive=number,
                directive_hash=FIRST_PREVIOUS if given is None else given.hash,
                at_ms=now_ms,
            )

    def own_head(self) -> Head:
        """The last record of HQ's own chain."""
        head = self._keepers.head()
        assert head is not None, "begin() comes first"
        return head

    def records(self, place: Place, epoch: int, after: int = 0) -> Iterator[SignedRecord]:
        """A keeper's chain as it is held, or HQ's own."""
        return Chain(self._connection, place, epoch).records(after)

    def _post_one(self, record: Record, mirror: SqliteJournal) -> SetAside | Different | None:
        """Whatever a keeper has signed, HQ's disk is not broken by it: what does not fit is set aside like the rest."""
        self._connection.execute("savepoint record")
        try:
            result = post_record(record, mirror)
        except (apsw.ConstraintError, OverflowError):
            self._connection.execute("rollback to record")
            result = set_aside(record, Doubt.NOT_STORABLE)
        self._connection.execute("release record")
        return result

    def _note(self, ref: RecordRef, result: SetAside | Different | None) -> None:
        line = (ref.keeper, ref.epoch, ref.sequence)
        if isinstance(result, SetAside):
            rows = [(*line, account, result.reason) for account in result.accounts]
            self._connection.executemany("insert into suspense values (?, ?, ?, ?, ?)", rows)
        elif isinstance(result, Different):
            row = (*line, result.said, result.found)
            self._connection.execute("insert into differences values (?, ?, ?, ?, ?)", row)

    def _convict(self, batch: Records, second: SignedRecord, now_ms: int) -> None:
        self._connection.execute(
            "insert or ignore into forks values (?, ?, ?, ?, ?)",
            (batch.keeper, batch.epoch, second.open().sequence, second.content, second.signature),
        )
        self._keepers.fence(batch.keeper, batch.epoch, FORKED, now_ms)

    def _heard(self, place: Place, epoch: int, now_ms: int) -> None:
        self._connection.execute(
            "update progress set heard_at_ms = ? where keeper = ? and epoch = ?", (now_ms, place, epoch)
        )

    def _posted(self, place: Place, epoch: int) -> int:
        row = self._connection.execute("select posted from progress where keeper = ? and epoch = ?", (place, epoch)).get
        assert isinstance(row, int)
        return row


def _hash(signed: SignedRecord | None) -> bytes | None:
    return None if signed is None else signed.hash
