"""HQ's file: as its schema is written, append-only but for kept sums, and its key is the one that began it."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import apsw
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.day_totals import ZTotal
from hq_server.storage.sqlite import SCHEMAS, HqStore
from ledger.ids import HEADQUARTERS, AccountId
from ledger.journal_sqlite import open_book
from offline_queue.keys import KeyUnusable
from protocol.bodies import Opened
from protocol.chain import verify_each
from protocol.conversation import Records
from protocol.records import FIRST_PREVIOUS, RecordKind, SignedRecord
from protocol.rejections import Rejection
from tests.hq_server.forger import ALICE, Keeper, part, traded
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY, NOON_MS, NOTHING_PLACED, STAMP, Office

APPEND_ONLY = {
    *("transactions", "lots", "entries", "records"),
    *("keepers", "directives", "fences", "forks", "suspense", "differences", "draws", "z_totals", "readopted"),
}
KEPT = {
    *("slices", "progress", "pairings", "migrations", "waits", "blocks"),
    *("under_way", "totals", "visits", "recalls", "unsettled", "debts", "store_modes", "store_leads"),
    *("members", "cards", "directory", "between_tills", "rosters", "store_witnesses"),
    *("recoveries", "last_words", "carried_out", "let_go"),
    *("refused_though_funded", "refused_sales", "given_by_hour"),
    *("write_offs", "lost_slices", "lost_totals", "to_write_off"),
    *("originals", "undoings", "rights", "fetches", "right_calls", "promises"),
}
"""What follows from the others, or is used up."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """HQ's book with something in every table. One for all stories, which only look, or are refused."""
    file = tmp_path_factory.mktemp("book") / "hq.db"
    office, keeper = Office(file, rules=NOTHING_PLACED), Keeper()
    office.enrol(keeper)
    keeper.open()
    copy = keeper.copy()
    for till in (keeper, copy):
        till.load(ALICE, 100 if till is keeper else 200)
    keeper.load(ALICE, 2**62)
    keeper.close_day(bytes(32))
    keeper.give(ALICE, part("07-2/1/2", 40))
    office.receive(keeper)
    assert isinstance(office.draw(keeper, 30), SignedRecord)
    assert office.take(copy.batch()) is Rejection.FORK
    office.store.keeping(lambda keepers: keepers.offer(keeper.place, "07", bytes(10), NOON_MS))
    office.store.counting(lambda totals: totals.give(ZTotal(keeper.place, "2026-11-22", "C01", 100), NOON_MS))
    office.store._connection.execute("insert into readopted values (zeroblob(32), 2)")
    office.store.close()
    connection = open_book(file, *SCHEMAS)
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


def test_a_fresh_book_is_what_the_schema_files_say_statement_by_statement(tmp_path: Path) -> None:
    written = [statement for package in SCHEMAS for statement in statements(package)]
    made = open_book(tmp_path / "hq.db", *SCHEMAS).execute(
        "select sql from sqlite_schema where sql is not null and name <> 'migrations' order by rowid"
    )
    assert [sql for (sql,) in made] == written
    assert len(written) > 30


def test_every_table_is_strict_and_is_either_append_only_or_a_kept_sum(book: apsw.Connection) -> None:
    tables = book.execute(
        "select name, strict from pragma_table_list"
        " where schema = 'main' and type = 'table' and name not like 'sqlite%'"
    )
    assert dict(tables) == dict.fromkeys(APPEND_ONLY | KEPT, 1)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize(
    "how",
    [
        "delete from {0}",
        "update {0} set {1} = {1}",
        "update or replace {0} set {1} = {1}",
        "insert or replace into {0} select * from {0}",
    ],
)
def test_an_append_only_table_refuses_to_forget_or_to_change(book: apsw.Connection, table: str, how: str) -> None:
    first_column = next(book.execute("select name from pragma_table_info(?)", (table,)))[0]
    before = list(book.execute(f"select * from {table}"))  # noqa: S608 - a table named above
    assert before
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        book.execute(how.format(table, first_column))
    assert list(book.execute(f"select * from {table}")) == before  # noqa: S608 - a table named above


def test_hqs_own_chain_begins_with_its_key_and_holds_together() -> None:
    office = Office()
    office.enrol(traded(), traded(place="07-3"))
    chain = list(office.store.records(HEADQUARTERS, 1))
    verify_each(chain, HQ_KEY.public_key())
    kinds = [signed.open().kind for signed in chain]
    assert kinds == [RecordKind.OPENED, RecordKind.DIRECTIVE, RecordKind.DIRECTIVE]
    assert chain[0].open().body_as(Opened).public_key == HQ_RAW_KEY
    assert office.store.own_head().hash == chain[-1].hash


def test_a_book_is_begun_once_and_by_one_key(tmp_path: Path) -> None:
    """A new key would sign what no till believes, and the tills would stop; better that HQ does, and says why."""
    Office(tmp_path / "hq.db").store.close()
    office = Office(tmp_path / "hq.db")
    assert office.store.own_head().ref.sequence == 1
    office.store.close()
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32)
    store = HqStore.open(tmp_path / "hq.db", stranger.sign, NOTHING_PLACED)
    with pytest.raises(KeyUnusable, match="not the one that opened this book"):
        store.begin(stranger.public_key().public_bytes_raw(), "0.1.0", STAMP)
    store.close()


def test_an_acknowledgement_names_both_heads_and_the_last_directive() -> None:
    office, keeper = Office(), traded()
    office.enrol(keeper)
    empty = office.store.acknowledgement(keeper.place, 1, NOON_MS)
    assert (empty.held, empty.held_hash, empty.posted, empty.directive) == (0, FIRST_PREVIOUS, 0, 1)
    assert office.take(keeper.batch(1, 4)) is None
    office.post(keeper)
    assert office.take(keeper.batch(5)) is None
    said = office.store.acknowledgement(keeper.place, 1, NOON_MS)
    assert (said.keeper, said.epoch, said.hq_epoch) == (keeper.place, 1, 1)
    assert (said.held, said.held_hash, said.posted) == (6, keeper.chain[-1].hash, 4)
    assert said.directive_hash == list(office.store.records(HEADQUARTERS, 1))[-1].hash


def test_a_keeper_that_nobody_enrolled_is_not_held() -> None:
    office, keeper = Office(), traded()
    assert office.take(keeper.batch()) is Rejection.UNKNOWN_KEEPER
    assert office.held(keeper) == []
    office.enrol(traded(place="07-3"))
    assert office.take(keeper.batch()) is Rejection.UNKNOWN_KEEPER


def test_nobody_writes_into_hqs_own_chain() -> None:
    office, impostor = Office(), Keeper("hq", seed=9)
    impostor.open()
    assert office.take(impostor.batch()) is Rejection.UNKNOWN_KEEPER


def test_what_a_batch_holds_is_held_whole_or_not_at_all() -> None:
    """A fork in the middle: what stands before it is held, both records are kept as evidence, and the line is drawn."""
    office, keeper = Office(), traded(3)
    office.enrol(keeper)
    copy = keeper.copy()
    keeper.load(ALICE, 100)
    copy.load(ALICE, 200)
    assert office.take(keeper.batch()) is None
    keeper.load(ALICE, 300)
    batch = Records(keeper.place, 1, (keeper.chain[4], copy.chain[3], keeper.chain[2]))
    fault = office.fault(batch)
    assert fault is not None
    assert (fault.rejection, fault.at) == (Rejection.FORK, "07-2/1/4")
    assert office.held(keeper) == [signed.content for signed in keeper.chain]
    assert list(office.store._connection.execute("select sequence, content from forks")) == [(4, copy.chain[3].content)]
    assert office.view(keeper).fences == ("forked",)
    keeper.load(ALICE, 1)
    assert office.take(keeper.batch(6)) is Rejection.FENCED
    office.post(keeper)
    assert office.balance(ALICE) == 1 + 2 + 100 + 300


def test_a_revoked_till_is_refused_later_and_kept_as_it_was() -> None:
    office, keeper = Office(), traded()
    office.enrol(keeper)
    assert office.take(keeper.batch(1, 4)) is None
    office.store.keeping(lambda keepers: keepers.revoke(keeper.place, 1, STAMP))
    assert office.take(keeper.batch()) is Rejection.FENCED
    assert office.post(keeper) == 4
    assert office.held(keeper) == [signed.content for signed in keeper.chain[:4]]
    assert office.balance(ALICE) == 1 + 2 + 3


def test_one_keepers_garbage_does_nothing_to_another() -> None:
    office, good, bad = Office(), traded(), traded(place="07-3", seed=8)
    office.enrol(good, bad)
    assert office.take(Records(bad.place, 1, tuple(good.chain))) is Rejection.NOT_A_RECORD
    assert office.take(Records(good.place, 1, tuple(bad.chain))) is Rejection.NOT_A_RECORD
    assert office.take(Records(bad.place, 1, (bad.chain[0], bad.chain[3]))) is Rejection.GAP
    office.receive(good)
    assert office.view(good).fences == office.view(bad).fences == ()
    assert (office.view(good).posted, office.view(bad).held) == (6, 1)


def test_lists_for_people_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq_server.storage.showing.LINES_SHOWN_MAX", 2)
    office, keeper = Office(), Keeper()
    office.enrol(keeper)
    keeper.open()
    for _ in range(3):
        keeper.move(())
        keeper.close_day(bytes(32))
    office.receive(keeper)
    suspense = office.store.showing(lambda showing: showing.suspense())
    differences = office.store.showing(lambda showing: showing.differences())
    assert (suspense.total, [line.record for line in suspense.lines]) == (3, ["07-2/1/2", "07-2/1/4"])
    assert (differences.total, [line.record for line in differences.lines]) == (3, ["07-2/1/3", "07-2/1/5"])


def test_a_balance_is_shown_place_by_place() -> None:
    office, first, second = Office(), traded(), traded(3, place="12-1", seed=8)
    office.enrol(first, second)
    office.receive(first)
    office.receive(second)
    shown = office.store.showing(lambda showing: showing.balances(ALICE))
    assert {place.place: (place.principal, place.bonus, place.points) for place in shown} == {
        "07-2": (15, 0, 0),
        "12-1": (3, 0, 0),
    }
    assert office.store.showing(lambda showing: showing.balances(AccountId("nobody"))) == []


def test_when_a_keeper_was_heard_is_noted_once_a_minute() -> None:
    office, keeper = Office(), traded()
    office.enrol(keeper)
    assert office.view(keeper).heard_at_ms is None
    for now_ms, noted_ms in ((NOON_MS, NOON_MS), (NOON_MS + 59_000, NOON_MS), (NOON_MS + 60_001, NOON_MS + 60_001)):
        office.store.heard(keeper.place, 1, now_ms)
        assert office.view(keeper).heard_at_ms == noted_ms
