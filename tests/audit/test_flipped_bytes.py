"""One byte of the file itself is flipped, anywhere: it is named, or nothing that is exported has changed by it.

What may change unseen: free pages and the unused part of a page; the indexes, as far as SQLite's own check lets them
be; tables that are not exported (answers, slips, when HQ was heard); and, in a log that a killed program left beside
its file, the last commits: SQLite takes a log as far as its checksums hold. Then the chain is shorter than the other
half or HQ's last acknowledgement says.
"""

import random
from pathlib import Path

import pytest

from ledger.journal_sqlite import BookUnusable
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.export_file import ExportReader
from offline_queue.export_items import Content, RecordRow
from tests.audit.halves import HQ_PUBLIC_KEY, Halves, said, traded
from tests.chains.till import DAY_MS

SAMPLES = 150
THOROUGH_SAMPLES = 5000
PAGE = 4096
PRINT_RECORD = b"\xa5print\xc4\x20"
"""What stands in the middle of each record of a slip's printing: its kind, and the hash of the record before."""


@pytest.mark.parametrize("half", ["till", "hq"])
def test_a_flipped_byte_is_named_or_changes_nothing_that_is_exported(halves: Halves, half: str) -> None:
    named, same = flip_many(halves, half, SAMPLES, seed=1)
    assert named > SAMPLES // 4
    assert named + same == SAMPLES


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("half", ["till", "hq"])
def test_a_flipped_byte_is_named_or_changes_nothing_that_is_exported_at_many_places(halves: Halves, half: str) -> None:
    named, same = flip_many(halves, half, THOROUGH_SAMPLES, seed=2)
    assert named + same == THOROUGH_SAMPLES


def flip_many(halves: Halves, half: str, samples: int, seed: int) -> tuple[int, int]:
    """How many flips were named, and how many left every exported item as it was. Any other fails."""
    file, export = {"till": (halves.till_file, halves.export_till), "hq": (halves.hq_file, halves.export_hq)}[half]
    good, before, chance = file.read_bytes(), items(export()), random.Random(seed)
    used = [offset for offset, byte in enumerate(good) if byte]
    named = same = 0
    for _ in range(samples):
        offset = chance.choice(used)
        file.write_bytes(good[:offset] + bytes([good[offset] ^ 1 << chance.randrange(8)]) + good[offset + 1 :])
        try:
            exported = export()
        except BookUnusable:
            named += 1
            continue
        if said(audit([exported], HQ_PUBLIC_KEY)):
            named += 1
        else:
            assert items(exported) == before, f"byte {offset} of {half}'s file changed unseen"
            same += 1
    file.write_bytes(good)
    return named, same


def items(export: Path) -> list[Content]:
    with export.open("rb") as stream:
        return list(ExportReader(stream).items())


def test_a_page_that_is_gone_is_reported_and_what_lies_around_it_is_exported(tmp_path: Path) -> None:
    """A thousand records over many pages; one page of them is overwritten."""
    halves = Halves(tmp_path)
    for _ in range(100):
        halves.trade()
        halves.till.now_ms += DAY_MS
    halves.close()
    whole = records_in(halves.export_till())
    good = halves.till_file.read_bytes()
    pages = [at for at in range(PAGE, len(good), PAGE) if PRINT_RECORD in good[at : at + PAGE]]
    page = pages[len(pages) // 2]
    halves.till_file.write_bytes(good[:page] + bytes(PAGE) + good[page + PAGE :])
    exported = halves.export_till()
    assert whole - 20 < records_in(exported) < whole
    found = [one.finding.sort for one in audit([exported], HQ_PUBLIC_KEY).report.found]
    assert found[0] == Sort.DAMAGED
    assert Sort.MISSING in found
    assert found.count(Sort.NOT_SIGNED) == 0


def records_in(export: Path) -> int:
    return sum(isinstance(item, RecordRow) for item in items(export))


def test_an_index_that_was_damaged_is_reported_though_every_row_is_right(halves: Halves) -> None:
    good = halves.till_file.read_bytes()
    pages = [good[at : at + PAGE] for at in range(0, len(good), PAGE)]
    (index,) = (n for n, page in enumerate(pages) if b"operation-3" in page and b"sale" not in page)
    offset = index * PAGE + pages[index].index(b"operation-3") + 10
    halves.till_file.write_bytes(good[:offset] + b"4" + good[offset + 1 :])
    found = [one.finding for one in audit([halves.export_till()], HQ_PUBLIC_KEY).report.found]
    assert {one.sort for one in found} == {Sort.DAMAGED}
    assert "missing from index" in "".join(one.what for one in found)


def test_a_log_that_was_damaged_loses_the_last_commits_and_the_other_half_tells(tmp_path: Path) -> None:
    halves = traded(tmp_path, close=False)
    folder = halves.till_file.parent
    copied = {name: (folder / name).read_bytes() for name in ("till.db", "till.db-wal")}
    hq = tmp_path / "hq.counterfoil"
    halves.close()
    log = copied["till.db-wal"]
    at = len(log) // 2
    (folder / "till.db").write_bytes(copied["till.db"])
    (folder / "till.db-wal").write_bytes(log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :])
    alone = halves.export_till("alone.counterfoil")
    assert 1 < len(items(alone)) < 40
    hq = halves.export_hq()
    found = audit([halves.export_till(), hq], HQ_PUBLIC_KEY).report.found
    assert (found[0].finding.sort, found[0].finding.at.partition(" to ")[2]) == (Sort.MISSING, "07-2/1/11")
