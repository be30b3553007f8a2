"""The proof that other tests lean on finds whatever is changed by hand in a till's file."""

from pathlib import Path

import pytest

from offline_queue.outbox import Stamp
from protocol.bodies import PrintBody
from protocol.errors import ChainBroken
from protocol.records import RecordKind
from terminal.slip_job import SlipStep
from tests.chains.company import ALICE
from tests.chains.proof import faults, prove
from tests.chains.till import NOON, Till, done

APPEND_ONLY = (*("transactions", "lots", "entries", "records", "operations", "slips", "slip_steps", "undoings"),)
ANOTHER_SLIP = (
    "insert into slips select 4, account, keeper, epoch, sequence, made_at_ms, local_time, hq, fingerprint, kind,"
    " pos_ref, content from slips where number = 1"
)


@pytest.fixture
def till(tmp_path: Path) -> Till:
    """A day with a bit of everything, and a book whose triggers somebody has taken away."""
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "500.00")
    till.charge(ALICE, "12.34")
    till.ask(till.charge_of(ALICE, "2000.00"))
    till.step(1, SlipStep.STARTED)
    done(till.ask(till.refund_of("07-2-000002", 334)))
    till.close_day()
    for table in APPEND_ONLY:
        till.store._connection.execute(f"drop trigger {table}_are_kept; drop trigger {table}_are_fixed")
    till.store._connection.execute("pragma foreign_keys=off")
    return till


def test_an_honest_file_has_no_fault(till: Till) -> None:
    prove(till.store)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update slices set units = units + 1", "units as the principal that account"),
        ("delete from slices", "the book has nothing as the bonus"),
        ("update entries set units = -units", "the book has 1234 units as the held principal"),
        ("delete from entries where side = 'spent'", "the book has nothing as the spent principal"),
        ("update lots set store = '08'", "a lot of store 08"),
        ("delete from transactions where sequence = 3", "07-2/1/3: the book has nothing as its transaction"),
        ("delete from lots", "row without its parent"),
        ("delete from operations", "answers without record: ['07-2/1/4']"),
        (
            "update operations set answer = cast(replace(answer, 'sale', 'salt') as blob)",
            "has another story than the answer",
        ),
        ("update transactions set operation_id = 'x' where sequence = 3", "the book has sale x"),
        ("update operations set answer = cast(replace(answer, 'not_enough_here', 'no') as blob)", "has another story"),
        ("delete from slips where number = 2", "07-2/1/3: it has no slip"),
        ("update slips set sequence = 2 where number = 2", "07-2/1/3: its slip says something else"),
        (ANOTHER_SLIP, "a slip has no record"),
        ("delete from undoings", "undoings in the book and in the chain differ"),
        ("update undoings set original = '07-2/1/2'", "undoings in the book and in the chain differ"),
        ("insert into undoings values ('07-2/1/2', '07-2/1/3')", "undoings in the book and in the chain differ"),
        ("update slips set account = 'x' where number = 2", "movements of a member are not"),
        ("update slips set made_at_ms = 0 where number = 2", "movements of a member are not"),
        ("update slip_states set state = 'printed'", "and its steps lead to"),
        ("update slip_states set number = 2", "and its steps lead to"),
        ("update slip_states set run = 2", "and its steps lead to"),
    ],
)
def test_what_was_changed_by_hand_is_found(till: Till, change: str, words: str) -> None:
    till.store._connection.execute(change)
    assert any(words in fault for fault in faults(till.store)), faults(till.store)


def test_a_changed_signature_breaks_the_chain(till: Till) -> None:
    till.store._connection.execute("update records set signature = zeroblob(64) where sequence = 3")
    with pytest.raises(ChainBroken, match="07-2/1/3"):
        prove(till.store)


def test_a_second_start_of_one_run_is_found(till: Till) -> None:
    """Signed by the till itself, and yet it makes no sense."""
    twice = PrintBody("07-2-000001", 1, SlipStep.STARTED)
    stamp = Stamp(NOON, "2026-11-23", "transfer")
    till.store._outbox.append(till.store.head(), RecordKind.PRINT, twice, stamp)
    assert any("started of run 1 makes no sense" in fault for fault in faults(till.store))
