"""The disk fails once and goes on: the movement under way is done once or not at all, and the till can be trusted."""

import random
from contextlib import suppress

import apsw
import pytest

from ledger.journal_sqlite import BookUnusable, open_book
from simulation.disk import Disk, File, PowerCut
from simulation.files import Files
from tests.chains.company import ALICE, CNY
from tests.chains.proof import prove
from tests.chains.till import Till, done

CHANGES = 40
"""More than one load and one charge make."""


def a_day_with_a_failure(disk: Disk, change: int, failure: apsw.Error, *, restart: bool) -> None:
    """Load 100.00, charge 12.34; at one change the disk fails, and the cashier asks again. Then a power cut."""
    files = Files(disk)
    till = Till("till.db", vfs=files.vfs_name)
    disk.fails_at, disk.failure = disk.changes + change, failure
    for request in (till.load_of(ALICE, "100.00"), till.charge_of(ALICE, "12.34")):
        try:
            answer = till.ask(request)
        except apsw.Error:
            if restart:
                till.restart()
            answer = till.ask(request)
        done(answer)
    disk.fails_at = None
    prove(till.store)
    disk.cut_at = disk.changes
    with suppress(PowerCut):
        till.store.close()
    disk.power_on()
    files = Files(disk)
    till.vfs = files.vfs_name
    till.start()
    prove(till.store)
    assert CNY.format(till.balance(ALICE).principal) == "87.66"
    till.store.close()


@pytest.mark.parametrize("change", range(1, CHANGES))
def test_a_disk_that_was_full_for_a_moment_costs_a_second_try(change: int) -> None:
    disk = Disk(random.Random(change))
    a_day_with_a_failure(disk, change, apsw.FullError("no room"), restart=False)


@pytest.mark.parametrize("change", range(1, CHANGES))
def test_a_disk_that_fails_once_costs_a_restart(change: int) -> None:
    disk = Disk(random.Random(change))
    a_day_with_a_failure(disk, change, apsw.IOError("the cable is loose"), restart=True)


def test_a_file_that_is_no_book_is_let_go_at_once() -> None:
    """Else Windows would let nobody move it away while the till still shows the message."""
    disk = Disk(random.Random(0))
    disk.seen["till.db"] = File(bytearray(b"Dear till, this is not a book."))
    files = Files(disk)
    with pytest.raises(BookUnusable, match=r"till\.db is damaged") as refused:
        open_book("till.db", vfs=files.vfs_name)
    assert files.open_files == 0, f"still open while {refused.value} is shown"
