"""A database administrator changes the file: each change is named, and by what it is proved wrong."""

# ruff: noqa: S608 - the statements are the story, and nobody else's words are in them

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from ledger.ids import HEADQUARTERS
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.outbox import Stamp
from protocol.bodies import Applied, Directive, Opened, Revoke
from protocol.records import FIRST_PREVIOUS, Record, RecordKind, SignedRecord, encode_body, seal
from tests.audit.halves import HQ_PUBLIC_KEY, STRANGER, Halves, tamper
from tests.chains.company import ALICE, BOB
from tests.chains.till import KEY

A, B = ALICE.account, BOB.account
ROW = "where keeper = '07-2' and sequence ="
RECORDS = 11
PROVED = "and the chain proves"


class Half:
    """One of the two files; either must show what was done to it."""

    def __init__(self, halves: Halves, name: str) -> None:
        self.file = {"till": halves.till_file, "hq": halves.hq_file}[name]
        self.export = {"till": halves.export_till, "hq": halves.export_hq}[name]

    def tamper(self, *statements: str) -> None:
        tamper(self.file, *statements)

    def change(self, sequence: int, new: Callable[[SignedRecord], SignedRecord]) -> None:
        """Write a record of the chain anew."""
        self.tamper()
        book = apsw.Connection(str(self.file))
        old = SignedRecord(*next(book.execute(f"select content, signature from records {ROW} ?", (sequence,))))
        changed = new(old)
        assert changed != old
        book.execute(f"update records set content = ?, signature = ? {ROW} ?", (*_both(changed), sequence))
        book.close()

    def found(self, *, quick: bool = False) -> list[tuple[str, str, str]]:
        report = audit([self.export()], HQ_PUBLIC_KEY, quick=quick).report
        assert report.exit_code == (1 if report.found else 0)
        return [(one.finding.sort, one.finding.at, one.finding.what) for one in report.found]

    def named(self) -> list[tuple[str, str]]:
        return [(sort, at) for sort, at, _ in self.found()]


@pytest.fixture(params=["till", "hq"])
def half(request: pytest.FixtureRequest, halves: Halves) -> Half:
    return Half(halves, request.param)


def _both(signed: SignedRecord) -> tuple[bytes, bytes]:
    return signed.content, signed.signature


def flipped(data: bytes, offset: int) -> bytes:
    offset %= len(data)
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def with_flipped(offset: int) -> Callable[[SignedRecord], SignedRecord]:
    return lambda old: SignedRecord(flipped(old.content, offset), old.signature)


@pytest.mark.parametrize("sequence", range(1, RECORDS + 1))
def test_one_byte_in_a_record_names_the_record(half: Half, sequence: int) -> None:
    half.change(sequence, with_flipped(-2))
    assert half.named()[0] == (Sort.NOT_SIGNED, f"07-2/1/{sequence}")


@pytest.mark.parametrize("quick", [False, True])
def test_any_byte_of_a_record_names_the_record(half: Half, *, quick: bool) -> None:
    for offset in (0, 1, 5, 8, 12, 30, 60, 100, 300):
        half.change(4, with_flipped(offset))
        sort, at, _ = half.found(quick=quick)[0]
        assert at == "07-2/1/4"
        assert sort in (Sort.NOT_SIGNED, Sort.UNREADABLE, Sort.MISPLACED)
        half.change(4, with_flipped(offset))
    assert half.found() == []


@pytest.mark.parametrize("sequence", [1, 4, RECORDS])
def test_one_byte_in_a_signature_names_the_record(half: Half, sequence: int) -> None:
    half.change(sequence, lambda old: SignedRecord(old.content, flipped(old.signature, 40)))
    assert half.named() == [(Sort.NOT_SIGNED, f"07-2/1/{sequence}")]


def test_a_record_that_is_gone_is_named(half: Half) -> None:
    half.tamper(f"delete from records {ROW} 4")
    assert half.named() == [(Sort.MISSING, "07-2/1/4"), (Sort.BOOK_UNPROVED, "07-2/1/4")]


def test_a_run_of_records_that_is_gone_is_named_from_first_to_last(half: Half) -> None:
    half.tamper(f"delete from records {ROW} 4", f"delete from records {ROW} 5", f"delete from records {ROW} 6")
    assert half.named()[0] == (Sort.MISSING, "07-2/1/4 to 07-2/1/6")


def test_a_chain_without_its_beginning_is_named(half: Half) -> None:
    half.tamper(f"delete from records {ROW} 1")
    assert half.named()[0] == (Sort.MISSING, "07-2/1/1")


def test_two_records_that_changed_places_are_named(half: Half) -> None:
    half.tamper(
        "update records set sequence = 1000 where keeper = '07-2' and sequence = 4",
        f"update records set sequence = 4 {ROW} 5",
        f"update records set sequence = 5 {ROW} 1000",
    )
    assert half.named()[:2] == [(Sort.MISPLACED, "07-2/1/4"), (Sort.MISPLACED, "07-2/1/5")]


def test_a_record_that_is_there_twice_is_named(half: Half) -> None:
    half.tamper(
        "insert into records select keeper, epoch, 12, kind, content, signature from records"
        " where keeper = '07-2' and sequence = 4"
    )
    assert half.found()[0] == (Sort.MISPLACED, "07-2/1/12", "the record 07-2/1/4 stands in its place")


def test_a_row_that_says_another_kind_than_its_record_is_named(half: Half) -> None:
    half.tamper(f"update records set kind = 'print' {ROW} 4")
    assert half.found() == [(Sort.MISPLACED, "07-2/1/4", "its row says that it is print, and it is transaction")]


def test_a_balance_that_was_edited_is_named_with_account_lot_and_units(half: Half) -> None:
    half.tamper(f"update slices set units = 99999 where account = '{B}'")
    assert half.found() == [
        (
            Sort.BOOK_DIFFERS,
            "07-2/1/4",
            f"at 07-2/1 the book has 99999 units as the principal that account {B} has of it, {PROVED} 1700 units",
        )
    ]


def test_a_balance_and_its_entry_edited_so_that_they_agree_are_named_both(half: Half) -> None:
    """The book is consistent in itself; only the signed record knows better."""
    half.tamper(
        f"update slices set units = 2700 where account = '{B}'",
        f"update entries set units = 3000 where account = '{B}' and side = 'held' and sequence = 4",
        f"update entries set units = -3000 where account = '{B}' and side = 'issued' and sequence = 4",
    )
    found = half.found()
    assert {(sort, at) for sort, at, _ in found} == {(Sort.BOOK_DIFFERS, "07-2/1/4")}
    assert [what.partition(" as ")[0] for _, _, what in found] == [
        "the book has -3000 units",
        "the book has 3000 units",
        "at 07-2/1 the book has 2700 units",
    ]


def test_a_balance_that_was_invented_or_wiped_out_is_named(half: Half) -> None:
    half.tamper(
        f"insert into slices select account, purse, lot, '99-9', 1, 5 from slices where account = '{A}' limit 1",
        f"delete from slices where account = '{B}'",
    )
    found = half.found()
    assert [at for _, at, _ in found] == ["07-2/1/4", "07-2/1/3"]
    assert "the book has nothing" in found[0][2]
    assert "the chain proves nothing" in found[1][2]


def test_an_entry_that_was_edited_is_named_and_value_that_came_from_nowhere_too(half: Half) -> None:
    half.tamper(f"update entries set units = units - 1 where account = '{A}' and side = 'held' and sequence = 5")
    assert half.named() == [(Sort.BOOK_DIFFERS, "07-2/1/5"), (Sort.NOT_CONSERVED, "07-2/1/3")]


def test_a_lot_that_was_edited_is_named(half: Half) -> None:
    half.tamper(f"update lots set expires_on = '2026-12-01' where account = '{B}'")
    (sort, at, what), *rest = half.found()
    assert (sort, at, rest) == (Sort.BOOK_DIFFERS, "07-2/1/4", [])
    assert "a lot of store 07 from 2026-11-22 to 2026-12-01" in what


def test_a_transaction_that_was_edited_is_named(half: Half) -> None:
    half.tamper(f"update transactions set operation_id = 'operation-X' {ROW} 5")
    assert half.named() == [(Sort.BOOK_DIFFERS, "07-2/1/5")]


@pytest.mark.parametrize(
    ("statement", "at"),
    [
        (f"update slices set purse = 'gold' where account = '{B}'", "07-2/1/4"),
        (f"update entries set side = 'lost' where account = '{B}' and side = 'held' and sequence = 11", "07-2/1/11"),
        (f"update lots set lot = 'x' where account = '{B}'", "x"),
        (f"update transactions set kind = 'gift' {ROW} 5", "07-2/1/5"),
        (f"update transactions set business_date = cast(x'ff' as text) {ROW} 5", "transactions"),
        ("update entries set keeper = '07/2' where sequence = 11", "07/2/1/11"),
    ],
)
def test_a_row_that_no_book_can_have_is_named(half: Half, statement: str, at: str) -> None:
    half.tamper("pragma foreign_keys = off; " + statement)
    assert at in [found for _, found in half.named()]


def test_a_record_signed_anew_with_another_key_is_named(half: Half) -> None:
    half.change(4, lambda old: seal(old.open(), STRANGER.sign))
    assert half.named()[0] == (Sort.NOT_SIGNED, "07-2/1/4")


def test_a_chain_signed_anew_from_some_record_on_is_named_as_one_run(half: Half) -> None:
    for sequence in range(4, RECORDS + 1):
        half.change(sequence, lambda old: seal(old.open(), STRANGER.sign))
    whole_run = "its signature is not its keeper's, nor are those up to 07-2/1/11"
    assert half.found()[0] == (Sort.NOT_SIGNED, "07-2/1/4", whole_run)


def test_a_record_that_its_own_keeper_signed_anew_is_named_by_the_next_one(half: Half) -> None:
    """Somebody has the till's key: the signature is right, and the record behind it follows another one."""
    half.change(4, lambda old: seal(replace(old.open(), recorded_at_ms=1), KEY.sign))
    assert half.named() == [(Sort.NOT_LINKED, "07-2/1/5")]


def forge(file: Path, *, applied: bool) -> None:
    """The till's whole chain made anew with a stranger's key, every link right; with HQ's order in it, or without."""
    tamper(file)
    book = apsw.Connection(str(file))
    rows = book.execute("select content, signature from records order by sequence")
    records = [SignedRecord(*row).open() for row in rows]
    book.execute("delete from records")
    previous = FIRST_PREVIOUS
    for number, record in enumerate((one for one in records if applied or one.kind is not RecordKind.APPLIED), start=1):
        body = record.body
        if record.kind is RecordKind.OPENED:
            body = encode_body(Opened("07-2", STRANGER.public_key().public_bytes_raw(), "0.1.0"))
        signed = seal(replace(record, sequence=number, previous=previous, body=body), STRANGER.sign)
        previous = signed.hash
        book.execute("insert into records values ('07-2', 1, ?, ?, ?, ?)", (number, record.kind, *_both(signed)))
    book.close()


def test_a_chain_that_was_made_up_whole_is_betrayed_by_hqs_order_in_it(halves: Halves) -> None:
    forge(halves.till_file, applied=True)
    named = [str(one.finding.at) for one in audit([halves.export_till()], HQ_PUBLIC_KEY).report.found]
    assert named[:2] == ["07-2/1/1", "07-2/1/1"]


def test_a_chain_that_was_made_up_whole_without_hqs_order_is_betrayed_by_hqs_own(halves: Halves) -> None:
    forge(halves.till_file, applied=False)
    found = audit([halves.export_till(), halves.export_hq()]).report.found
    assert (Sort.WRONG_KEY, "07-2/1/1") in [(one.finding.sort, one.finding.at) for one in found]


def test_a_made_up_chain_alone_is_contradicted_by_what_hq_confirmed(halves: Halves) -> None:
    forge(halves.till_file, applied=False)
    found = [one.finding.sort for one in audit([halves.export_till()], HQ_PUBLIC_KEY).report.found]
    assert Sort.MISSING in found


def test_a_made_up_chain_alone_without_any_word_of_hqs_is_not_vouched_for(tmp_path: Path) -> None:
    """All that can be said of a till that HQ never heard of: nobody says whose key it is. The report says so."""
    halves = Halves(tmp_path)
    halves.trade()
    halves.close()
    forge(halves.till_file, applied=False)
    tamper(halves.till_file, *(f"delete from {table}" for table in ("slices", "entries", "lots", "transactions")))
    chain = audit([halves.export_till()], HQ_PUBLIC_KEY).report.exports[0].chains[0]
    assert chain.vouched_by is None
    assert chain.key == STRANGER.public_key().public_bytes_raw().hex()


def test_an_order_that_hq_never_gave_is_named(halves: Halves) -> None:
    """The till's key signs that it carried out what HQ never signed."""
    order = Directive("07-2", 1, 2, Revoke(0))
    head = Record(
        1, HEADQUARTERS, 1, 3, 0, "2026-11-22", "transfer", RecordKind.DIRECTIVE, bytes(32), encode_body(order)
    )
    till = halves.reopen_till()
    stamp = Stamp(till.now_ms, "2026-11-22", "transfer")
    applied = Applied(seal(head, STRANGER.sign))
    till.store._outbox.append(till.store.head(), RecordKind.APPLIED, applied, stamp)
    till.store.close()
    assert ("wrong_order", "07-2/1/12", "the order hq/1/3 that it carried out is not signed by HQ") in Half(
        halves, "till"
    ).found()


def test_a_key_that_hqs_table_has_and_hqs_orders_have_not_is_named(halves: Halves) -> None:
    stranger = STRANGER.public_key().public_bytes_raw().hex()
    half = Half(halves, "hq")
    half.tamper(
        f"update keepers set public_key = x'{stranger}'", f"insert into keepers values ('08-1', 1, '08', x'{stranger}')"
    )
    assert half.named() == [(Sort.WRONG_KEY, "07-2/1"), (Sort.WRONG_KEY, "08-1/1")]


def test_a_till_that_hqs_table_gives_to_another_store_is_named(halves: Halves) -> None:
    half = Half(halves, "hq")
    half.tamper("update keepers set store = '08'")
    assert half.found() == [(Sort.BOOK_DIFFERS, "07-2/1", "HQ lists it as a till of store 08")]


def test_hqs_own_chain_signed_with_another_key_is_named(halves: Halves) -> None:
    half = Half(halves, "hq")
    half.tamper("update records set signature = zeroblob(64) where keeper = 'hq' and sequence = 2")
    assert half.named()[0] == (Sort.NOT_SIGNED, "hq/1/2")


def test_a_posting_that_hq_takes_back_is_named(halves: Halves) -> None:
    """HQ says that it has not posted what its book has, and the other way round."""
    half = Half(halves, "hq")
    half.tamper("update progress set posted = 8")
    assert {at for sort, at in half.named() if sort == Sort.BOOK_DIFFERS} >= {"07-2/1/10", "07-2/1/11"}
    half.tamper("update progress set posted = 12")
    assert half.found() == [(Sort.MISSING, "07-2/1/12", "HQ has posted up to 12, and holds up to 11")]


def test_a_record_that_hq_sets_aside_without_cause_is_named(halves: Halves) -> None:
    half = Half(halves, "hq")
    half.tamper(
        f"delete from entries {ROW} 11",
        f"delete from transactions {ROW} 11",
        f"update slices set units = 2000 where account = '{B}'",
        f"insert into suspense values ('07-2', 1, 11, '{B}', 'below_zero')",
    )
    assert (Sort.NOT_POSTED, "07-2/1/11", "HQ has set it aside (below_zero), and the book takes it") in half.found()


def test_what_changes_nothing_of_the_book_is_no_finding(half: Half) -> None:
    """Indexes, free pages and triggers may change; what is exported does not."""
    half.tamper("create index more on records (kind)", "drop index more", "vacuum")
    assert half.found() == []
