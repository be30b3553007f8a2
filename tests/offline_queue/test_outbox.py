"""The outbox: signed once, in order, and only in the caller's transaction."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from ledger.ids import Place
from ledger.journal_sqlite import open_book, transaction
from offline_queue.outbox import Outbox, Stamp
from protocol.bodies import PrintBody
from protocol.chain import Head, verify_each
from protocol.records import RecordKind
from tests.chains.till import KEY, NOON, PUBLIC_KEY

BODY = PrintBody("07-2-000001", 1, "started")
STAMP = Stamp(NOON, "2026-11-22", "transfer")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[apsw.Connection]:
    connection = open_book(tmp_path / "till.db", "offline_queue")
    yield connection
    connection.close()


def outbox(book: apsw.Connection, epoch: int = 1) -> Outbox:
    return Outbox(book, Place("07-2"), epoch, KEY.sign)


def append(box: Outbox, count: int) -> list[Head]:
    return [box.append(box.head(), RecordKind.PRINT, BODY, STAMP) for _ in range(count)]


def test_records_follow_one_another_from_one_on(book: apsw.Connection) -> None:
    heads = append(outbox(book), 12)
    assert [head.ref.sequence for head in heads] == list(range(1, 13))
    assert verify_each(outbox(book).records(), PUBLIC_KEY) == heads[-1] == outbox(book).head()


def test_a_new_book_has_no_head(book: apsw.Connection) -> None:
    assert outbox(book).head() is None
    assert list(outbox(book).records()) == []


def test_a_record_carries_the_stamp_it_was_given(book: apsw.Connection) -> None:
    head = outbox(book).append(None, RecordKind.PRINT, BODY, Stamp(7, "2026-12-31", "hosted"))
    record = next(outbox(book).records()).open()
    assert (record.recorded_at_ms, record.business_date, record.mode) == (7, "2026-12-31", "hosted")
    assert (head.business_date, head.mode) == ("2026-12-31", "hosted")


def test_what_was_sent_is_passed_over(book: apsw.Connection) -> None:
    append(outbox(book), 11)
    assert [signed.open().sequence for signed in outbox(book).records(after_sequence=8)] == [9, 10, 11]
    assert list(outbox(book).records(after_sequence=11)) == []


def test_records_stand_byte_for_byte_when_the_book_is_opened_again(tmp_path: Path, book: apsw.Connection) -> None:
    append(outbox(book), 3)
    before = list(outbox(book).records())
    book.close()
    assert list(outbox(open_book(tmp_path / "till.db", "offline_queue")).records()) == before


def test_what_the_caller_takes_back_was_never_appended(book: apsw.Connection) -> None:
    append(outbox(book), 1)

    def append_and_fail() -> None:
        with transaction(book):
            append(outbox(book), 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    assert len(list(outbox(book).records())) == 1
    append(outbox(book), 1)
    verify_each(outbox(book).records(), PUBLIC_KEY)


def test_a_number_is_given_once(book: apsw.Connection) -> None:
    box = outbox(book)
    append(box, 2)
    with pytest.raises(apsw.ConstraintError):
        box.append(None, RecordKind.PRINT, BODY, STAMP)


def test_each_epoch_is_a_chain_of_its_own(book: apsw.Connection) -> None:
    append(outbox(book), 3)
    append(outbox(book, epoch=2), 2)
    assert [str(signed.open().ref) for signed in outbox(book, epoch=2).records()] == ["07-2/2/1", "07-2/2/2"]
    head = outbox(book).head()
    assert head is not None
    assert str(head.ref) == "07-2/1/3"


def test_the_head_is_that_of_the_file_whoever_appended_and_whatever_was_taken_back(book: apsw.Connection) -> None:
    """Two that write in turn, and each takes back some of what it wrote: neither may go on from what it remembers."""
    one, other = outbox(book), outbox(book)
    append(one, 1)
    for box in (one, other, other, one):
        before = box.head()
        with pytest.raises(ZeroDivisionError):
            append_and_fail(book, box)
        assert one.head() == other.head() == before
        append(box, 1)
        assert one.head() == other.head() != before
    assert verify_each(one.records(), PUBLIC_KEY) == other.head()


def append_and_fail(book: apsw.Connection, box: Outbox) -> None:
    with transaction(book):
        box.append(box.head(), RecordKind.PRINT, PrintBody("07-2-000009", 9, "started"), STAMP)
        raise ZeroDivisionError
