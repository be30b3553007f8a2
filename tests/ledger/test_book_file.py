"""The book's file: made as its schema is written, open in one program at a time, refused in plain words if unusable."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import apsw
import pytest

from ledger import journal_sqlite
from ledger.journal_sqlite import BookUnusable, open_book, transaction
from terminal.store import SCHEMAS
from tests.chains.company import ALICE
from tests.chains.till import Till

APPEND_ONLY = {
    *("transactions", "lots", "entries", "records"),
    *("operations", "slips", "slip_steps", "orders", "undoings", "copies", "lent", "hosted_slips"),
}
KEPT_SUMS = {
    "slices",
    "slip_states",
    "migrations",
    "acknowledgements",
    "hq",
    "blocked_cards",
    "roster",
    "leads",
    "let_go",
    "rights",
    "rights_passed",
}
"""Derived from the append-only tables, and so changed with them."""
TOLD_ONCE = {"asks", "promises"}
"""What came of a line is added to it, once (tests/terminal/test_hosted_book.py, test_promises.py)."""
HEARD = {"members", "remembered_shares", "directory_version"}
"""What HQ says of members: no value, so that it may be forgotten, and must be where a person asks for it."""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[apsw.Connection]:
    """A till's book with something in every table."""
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "500.00")
    till.charge(ALICE, "12.34")
    till.ask(till.charge_of(ALICE, "999.99"))
    till.close_day()
    till.store.close()
    connection = open_book(tmp_path / "till.db", *SCHEMAS)
    connection.execute("insert into slip_steps values (1, 1, 'started', '')")
    connection.execute("insert into orders values (1, 1, 'enrol', zeroblob(32))")
    connection.execute("insert into undoings values ('07-2/1/3', '07-2/1/5')")
    connection.execute("insert into copies values ('07-1', 1, 1, 'opened', x'', x'')")
    connection.execute("insert into lent values ('07-1', 1, 'operation-1', 1)")
    of_first = "account, keeper, epoch, sequence, made_at_ms, local_time, hq, fingerprint, kind, pos_ref, content"
    connection.execute(f"insert into slips select 1 << 40, {of_first} from slips where number = 1")  # noqa: S608 - ours
    connection.execute("insert into hosted_slips values ('07-1@hq-000001', 1 << 40, null, null, null)")
    yield connection
    connection.close()


def statements(package: str) -> Iterator[str]:
    """What the package's schema files say, a statement at a time, without what is written between statements."""
    for script in sorted(files(package).joinpath("schema").iterdir(), key=lambda file: file.name):
        statement = ""
        for line in script.read_text("utf-8").splitlines(keepends=True):
            if statement or (line.strip() and not line.startswith("--")):
                statement += line
            if apsw.complete(statement):
                yield statement.strip().removesuffix(";")
                statement = ""


def _in_the_end(statements: list[str]) -> Iterator[str]:
    """Without the tables and indexes that a later statement drops."""
    drops = {number: statement.split()[1:3] for number, statement in enumerate(statements) if "DROP " in statement}
    for number, statement in enumerate(statements):
        gone = {tuple(words) for at, words in drops.items() if number < at}
        match statement.split():
            case ["CREATE", "TABLE" | "INDEX" as kind, name, *_] if (kind, name) in gone:
                continue
            case ["CREATE", "INDEX", _, "ON", table, *_] if ("TABLE", table) in gone:
                continue
        if number not in drops:
            yield statement


def test_a_fresh_book_is_what_the_schema_files_say_statement_by_statement(tmp_path: Path) -> None:
    written = [statement for package in SCHEMAS for statement in statements(package)]
    made = open_book(tmp_path / "till.db", *SCHEMAS).execute(
        "select sql from sqlite_schema where sql is not null and name <> 'migrations' order by rowid"
    )
    assert [sql for (sql,) in made] == list(_in_the_end(written))
    assert len(written) > 20


def test_every_table_is_strict_and_is_append_only_or_a_kept_sum_or_hearsay(book: apsw.Connection) -> None:
    tables = book.execute(
        "select name, strict from pragma_table_list where schema = 'main' and name not like 'sqlite%'"
    )
    assert dict(tables) == dict.fromkeys(APPEND_ONLY | KEPT_SUMS | TOLD_ONCE | HEARD, 1)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("how", ["delete from {0}", "update {0} set {1} = {1}", "update or replace {0} set {1} = {1}"])
def test_an_append_only_table_refuses_to_forget_or_to_change(book: apsw.Connection, table: str, how: str) -> None:
    first_column = next(book.execute("select name from pragma_table_info(?)", (table,)))[0]
    before = content(book, table)
    assert before
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        book.execute(how.format(table, first_column))
    assert content(book, table) == before


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_an_append_only_table_refuses_a_row_in_the_place_of_another(book: apsw.Connection, table: str) -> None:
    """REPLACE deletes without asking the DELETE trigger, unless recursive_triggers is on."""
    with pytest.raises(apsw.ConstraintError):
        book.execute(f"insert or replace into {table} select * from {table}")  # noqa: S608 - a table named above


def content(book: apsw.Connection, table: str) -> list[tuple[object, ...]]:
    return list(book.execute(f"select * from {table}"))  # noqa: S608 - a table named above


def test_every_commit_is_synced_and_the_file_is_locked_for_one(book: apsw.Connection) -> None:
    settings = {name: book.execute(f"pragma {name}").get for name in ("journal_mode", "locking_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "locking_mode": "exclusive", "synchronous": 2}
    assert book.execute("pragma foreign_keys").get == 1


def test_opening_again_applies_nothing_twice(tmp_path: Path, book: apsw.Connection) -> None:
    schema = list(book.execute("select * from sqlite_schema"))
    applied = list(book.execute("select name from migrations order by rowid"))
    book.close()
    again = open_book(tmp_path / "till.db", *SCHEMAS)
    assert list(again.execute("select * from sqlite_schema")) == schema
    assert list(again.execute("select name from migrations order by rowid")) == applied
    assert [name for (name,) in applied] == [
        "ledger/0001_book.sql",
        "offline_queue/0001_outbox.sql",
        "terminal/0001_till.sql",
        "terminal/0002_members.sql",
        "terminal/0003_undoings.sql",
        "terminal/0004_neighbours.sql",
        "terminal/0005_clock.sql",
        "terminal/0006_floor_limit.sql",
        "terminal/0007_hosted.sql",
        "terminal/0008_rights.sql",
        "terminal/0009_promises.sql",
        "terminal/0010_rights_passed.sql",
    ]


def test_a_book_of_a_newer_program_is_refused(tmp_path: Path, book: apsw.Connection) -> None:
    """An older program does not know what the newer one's tables mean, and would write around them."""
    book.execute("insert into migrations values ('terminal/0099_of_tomorrow.sql')")
    book.close()
    with pytest.raises(BookUnusable):
        open_book(tmp_path / "till.db", *SCHEMAS)


def test_a_second_till_on_the_same_file_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_sqlite, "BUSY_TIMEOUT_MS", 50)
    first = Till(tmp_path / "till.db")
    with pytest.raises(BookUnusable, match=r"till\.db is open in another program\. .*End it first"):
        Till(tmp_path / "till.db")
    first.load(ALICE, "1.00")


HOLD = """
import sys
from ledger.journal_sqlite import open_book
book = open_book(sys.argv[1])
print("open", flush=True)
input()
"""


def test_a_till_in_another_process_holds_the_file_until_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_sqlite, "BUSY_TIMEOUT_MS", 50)
    command = [sys.executable, "-c", HOLD, str(tmp_path / "till.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(BookUnusable, match="another program"):
            open_book(tmp_path / "till.db")
        other.communicate("go\n", timeout=10)
    open_book(tmp_path / "till.db").close()


def write_text(path: Path) -> None:
    path.write_text("Dear till, this is not a book.\n", encoding="utf-8")


def overwrite_header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def overwrite_first_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100] + b"\xa5" * 3996 + path.read_bytes()[4096:])


def cut_to_one_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


@pytest.mark.parametrize("damage", [write_text, overwrite_header, overwrite_first_page, cut_to_one_page])
def test_a_damaged_file_is_refused_and_kept_as_it_is(
    tmp_path: Path, book: apsw.Connection, damage: Callable[[Path], None]
) -> None:
    book.close()
    path = tmp_path / "till.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(BookUnusable, match=r"till\.db is damaged\. Keep the file"):
        open_book(path, *SCHEMAS)
    assert path.read_bytes() == before


@pytest.mark.parametrize("where", ["", "no-such-folder/till.db"])
def test_a_place_where_no_file_can_be_is_refused_in_plain_words(tmp_path: Path, where: str) -> None:
    with pytest.raises(BookUnusable):
        open_book(tmp_path / where, *SCHEMAS)


def test_a_library_that_can_damage_a_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(BookUnusable, match=r"3\.51\.2 is too old for money; 3\.51\.3 or newer"):
        open_book(tmp_path / "till.db")
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.100.0")
    open_book(tmp_path / "till.db").close()


def test_what_fails_in_a_transaction_leaves_nothing(book: apsw.Connection) -> None:
    def half_a_step() -> None:
        with transaction(book):
            book.execute("insert into slip_steps values (1, 99, 'started', '')")
            raise ZeroDivisionError

    before = content(book, "slip_steps")
    with pytest.raises(ZeroDivisionError):
        half_a_step()
    assert content(book, "slip_steps") == before
    assert not book.in_transaction


def test_what_was_let_go_on_a_day_only_grows(book: apsw.Connection) -> None:
    book.execute("insert into let_go values ('2026-11-22', '', 100)")
    book.execute("update let_go set units = 101")
    for less in (
        "update let_go set units = 100",
        "delete from let_go",
        "insert or replace into let_go values ('2026-11-22', '', 1)",
    ):
        with pytest.raises(apsw.ConstraintError, match="let_go only grows"):
            book.execute(less)
    assert book.execute("select units from let_go").get == 101
