"""The book in SQLite: opened safely, migrated by numbered SQL, posted to by one writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import apsw

from ledger.ids import AccountId, LotId, OperationId, Place, RecordRef
from ledger.judging import Posted, Refused, judge
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Side, Transaction

SQLITE_SAFE = (3, 51, 3)
"""Older libraries can damage a file whose log is reset while another writes (sqlite.org/wal.html#walresetbug)."""
BUSY_TIMEOUT_MS = 2_000


class BookUnusable(Exception):
    """The book cannot be opened. Nothing was changed; the message says what to do."""


class BookInUse(BookUnusable):
    """The program that keeps this book is running. Nothing was changed; end it first."""


class DiskFull(Exception):
    """The disk is full. Nothing was decided and what was saved is safe. Make room on it, then ask again."""


class BookBroken(Exception):
    """The disk did not keep what was written. Start the till again and ask by id what became of the last sale."""


Connection = apsw.Connection
"""The book's file, opened. Its users need not know which library reads it."""

BookError = apsw.Error
"""Whatever SQLite raises; explain() says what it means."""


def explain(error: apsw.Error) -> DiskFull | BookBroken:
    """What an error of a commit means to whoever waits for its answer."""
    return DiskFull() if isinstance(error, apsw.FullError) else BookBroken(type(error).__name__)


def open_book(path: Path | str, *schemas: str, vfs: str | None = None) -> apsw.Connection:
    """Open or make the book at `path`, with the schemas of these packages applied in order.

    The file is locked for this connection alone: one writer, one that checkpoints. Every commit is on the disk before
    it returns (WAL, synchronous=FULL). Raises BookUnusable.
    """
    if _sqlite_version() < SQLITE_SAFE:
        needed = ".".join(map(str, SQLITE_SAFE))
        raise BookUnusable(f"SQLite {apsw.sqlite_lib_version()} is too old for money; {needed} or newer is needed.")
    connection: apsw.Connection | None = None
    try:
        connection = apsw.Connection(str(path), vfs=vfs)
        _prepare(connection, schemas)
    except (apsw.Error, BookUnusable) as fault:
        if connection is not None:
            connection.close(True)  # noqa: FBT003 - apsw's name for it is positional: also when that fails
        unusable = _unusable(path, fault)
        if unusable is None:
            raise
        raise unusable from fault
    return connection


def _prepare(connection: apsw.Connection, schemas: Sequence[str]) -> None:
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    for pragma in (
        "locking_mode=exclusive",
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "recursive_triggers=on",  # or REPLACE would delete past the triggers that forbid it
        "trusted_schema=off",
    ):
        connection.execute(f"pragma {pragma}")
    # Else SQLite plans a statement anew for each set of values: that took longer than running it.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    # What a killed program wrote and did not sync is read here as done, and SQLite would not sync it for us: the next
    # power cut could still take it back after somebody was told that it is there. A checkpoint syncs the log first.
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    _migrate(connection, schemas)


def _unusable(path: Path | str, fault: Exception) -> BookUnusable | None:
    """What an error at the opening means, and what to do; None when it is the disk's and no book's."""
    match fault:
        case BookUnusable():
            return fault
        case apsw.BusyError():
            return BookInUse(f"{path} is open in another program. Is its program already running? End it first.")
        case apsw.FullError():
            return BookUnusable(
                f"The disk of {path} is full, and what is saved there is safe. Make room, then start again."
            )
        case apsw.CantOpenError() | apsw.ReadOnlyError():
            return BookUnusable(f"{path} cannot be opened or made. Is its folder there, and writable?")
        case apsw.NotADBError() | apsw.CorruptError():
            return BookUnusable(
                f"{path} is damaged. Keep the file; put no older copy in its place (docs/operations.md)."
            )
        case _:
            return None


def open_to_read(path: Path) -> apsw.Connection:
    """Open the book at `path` as it is: nothing in it is changed, migrated or mended, and a log beside it stays.

    The file is locked for this connection alone. Raises BookUnusable, also while a till or HQ runs on it; whoever reads
    a damaged book meets BookError.
    """
    log = path.with_name(path.name + "-wal")
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        # Closing would fold the log of a program that was killed into the file. Only an empty one may go.
        keeps_log = log.exists() and log.stat().st_size > 0
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(keeps_log))
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        for pragma in ("locking_mode=exclusive", "query_only=on", "trusted_schema=off", "cell_size_check=on"):
            connection.execute(f"pragma {pragma}")
        connection.execute("select count(*) from sqlite_schema").get  # noqa: B018 - reads, hence takes the lock
    except apsw.BusyError as fault:
        raise BookInUse(f"{path} is in use: the program that keeps it is running. End it first.") from fault
    except apsw.CantOpenError as fault:
        raise BookUnusable(f"{path} is not there, or may not be opened.") from fault
    except apsw.Error as fault:
        raise BookUnusable(f"{path} cannot be read as a book: {fault}. Keep the file: docs/operations.md.") from fault
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing. BEGIN IMMEDIATE, so that what is read here cannot change before the commit."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    try:
        connection.execute("commit")
    except apsw.Error:
        _roll_back(connection)
        raise


class SqliteJournal:
    """The book of one place in one epoch of its keeper. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, place: Place, epoch: int, *, is_mirror: bool = False) -> None:
        """`is_mirror`: others are heard before the place itself, so a lot may have been carried before it is opened."""
        self._connection = connection
        self._is_mirror = is_mirror
        self.place = place
        self.epoch = epoch

    def slices(self, account: AccountId) -> tuple[Slice, ...]:
        """What this account has at this place."""
        rows = self._connection.execute(
            "select purse, lot, units, store, opened_on, expires_on from slices join lots using (account, purse, lot)"
            " where account = ? and place = ? and epoch = ?",
            (account, self.place, self.epoch),
        )
        return tuple(
            Slice(Lot(SliceKey(account, Purse(purse), LotId(lot)), store, opened_on, expires_on), units)
            for purse, lot, units, store, opened_on, expires_on in rows
        )

    def everything(self) -> dict[SliceKey, int]:
        """All that lies at this place; for day close and its comparison, not for a sale."""
        rows = self._connection.execute(
            "select account, purse, lot, units from slices where place = ? and epoch = ?", (self.place, self.epoch)
        )
        return {SliceKey(account, Purse(purse), lot): units for account, purse, lot, units in rows}

    def post(self, transaction: Transaction, ref: RecordRef, business_date: str) -> Posted | Refused:
        """Enter a transaction that this place's keeper made as record `ref`, or say why the book refuses."""
        keys = sorted(transaction.names())
        known, held = self._known(keys)
        for lot in transaction.opens if self._is_mirror else ():
            if known.get(lot.key) == lot and not self._is_open(lot.key):
                del known[lot.key]
        verdict = judge(transaction, held, known)
        if isinstance(verdict, Posted):
            self._enter(transaction, ref, business_date, known)
            for key, units in verdict.held.items():
                self._set_slice(key, units)
        return verdict

    def lots(self, keys: Iterable[SliceKey]) -> list[Lot]:
        """Those of these lots that this file knows, wherever they lie, in the order of their keys."""
        return list(self._known(sorted(keys))[0].values())

    def knows_operation(self, operation_id: OperationId) -> bool:
        """Whether this keeper already posted this operation."""
        query = "select 1 from transactions where keeper = ? and operation_id = ?"
        return self._connection.execute(query, (self.place, operation_id)).get is not None

    def _is_open(self, lot: SliceKey) -> bool:
        """Whether its opener was posted: a refund elsewhere takes back what was issued, and may be heard before it."""
        query = "select 1 from entries where account = ? and purse = ? and lot = ? and side = ? and units < 0 limit 1"
        return self._connection.execute(query, (*lot, Side.ISSUED)).get is not None

    def _known(self, keys: Sequence[SliceKey]) -> tuple[dict[SliceKey, Lot], dict[SliceKey, int]]:
        """The lots that this book knows, and what lies here of them."""
        known: dict[SliceKey, Lot] = {}
        held: dict[SliceKey, int] = {}
        query = (
            "select store, opened_on, expires_on, units from lots left join slices on slices.account = lots.account"
            " and slices.purse = lots.purse and slices.lot = lots.lot and place = ? and epoch = ?"
            " where lots.account = ? and lots.purse = ? and lots.lot = ?"
        )
        for key in keys:
            for store, opened_on, expires_on, units in self._connection.execute(query, (self.place, self.epoch, *key)):
                known[key] = Lot(key, store, opened_on, expires_on)
                if units is not None:
                    held[key] = units
        return known, held

    def _enter(
        self, transaction: Transaction, ref: RecordRef, business_date: str, known: Mapping[SliceKey, Lot]
    ) -> None:
        line = (ref.keeper, ref.epoch, ref.sequence)
        run = self._connection
        run.execute(
            "insert into transactions values (?, ?, ?, ?, ?, ?)",
            (*line, transaction.kind, transaction.operation_id, business_date),
        )
        run.executemany(
            "insert or ignore into lots values (?, ?, ?, ?, ?, ?)",
            [
                (*lot.key, lot.store, lot.opened_on, lot.expires_on)
                for lot in (*transaction.opens, *transaction.carries)
                if lot.key not in known
            ],
        )
        run.executemany(
            "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*leg.key, leg.side, *line, leg.units) for leg in transaction.legs],
        )

    def _set_slice(self, key: SliceKey, units: int) -> None:
        if units == 0:
            self._connection.execute(
                "delete from slices where account = ? and purse = ? and lot = ? and place = ? and epoch = ?",
                (*key, self.place, self.epoch),
            )
        else:
            self._connection.execute(
                "insert into slices values (?, ?, ?, ?, ?, ?)"
                " on conflict (account, purse, lot, place, epoch) do update set units = excluded.units",
                (*key, self.place, self.epoch, units),
            )


def _migrate(connection: apsw.Connection, schemas: Sequence[str]) -> None:
    with transaction(connection):
        connection.execute("create table if not exists migrations (name text not null primary key) strict")
        done = {row[0] for row in connection.execute("select name from migrations")}
        scripts = {f"{package}/{script.name}": script for package in schemas for script in _scripts(package)}
        if done - scripts.keys():
            raise BookUnusable("This book was written by a newer version of the program. Start that version.")
        for name, script in scripts.items():
            if name not in done:
                connection.execute(script.read_text("utf-8"))
                connection.execute("insert into migrations values (?)", (name,))


def _scripts(package: str) -> list[Traversable]:
    folder = files(package).joinpath("schema")
    return sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)


def _roll_back(connection: apsw.Connection) -> None:
    # Some faults (a full disk) have rolled back already, and a second rollback would hide the first fault.
    if connection.in_transaction:
        connection.execute("rollback")


def _sqlite_version() -> tuple[int, ...]:
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
