"""The marker's file: one line, written over, and never in a sale's way."""

from collections.abc import Iterator
from errno import EIO
from io import BytesIO
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledger.ids import Place
from offline_queue.marker_file import MARK_BYTES, Mark, MarkerFile

MARK = Mark(Place("07-2"), 1, 41, bytes(range(32)))
LATER = Mark(Place("07-2"), 1, 100_000, bytes(32))


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[MarkerFile]:
    marker = MarkerFile(tmp_path / "till.head")
    yield marker
    marker.close()


def test_the_last_mark_is_read_again_and_the_file_never_grows(marker: MarkerFile, tmp_path: Path) -> None:
    assert marker.read() is None
    marker.write(LATER)
    marker.write(MARK)
    assert (marker.read(), (tmp_path / "till.head").stat().st_size) == (MARK, MARK_BYTES)
    marker.close()
    again = MarkerFile(tmp_path / "till.head")
    assert again.read() == MARK
    again.write(LATER)
    assert again.read() == LATER
    again.close()


@pytest.mark.parametrize("content", [b"", b"\0" * 256, b"{}", b"\xff", b'{"keeper":"07-2","epoch":1}'], ids=repr)
def test_what_can_not_be_read_is_no_mark(content: bytes, marker: MarkerFile, tmp_path: Path) -> None:
    (tmp_path / "till.head").write_bytes(content)
    assert marker.read() is None
    marker.write(MARK)
    assert marker.read() == MARK


def test_a_mark_that_can_not_be_written_is_said_once_and_tried_again(tmp_path: Path) -> None:
    marker = MarkerFile(tmp_path / "not there" / "till.head")
    with capture_logs() as logs:
        marker.write(MARK)
        marker.write(MARK)
    assert [one["event"] for one in logs] == ["cannot note the chain's head"]
    (tmp_path / "not there").mkdir()
    marker.write(LATER)
    assert marker.read() == LATER
    marker.close()


class GoneDisk(BytesIO):
    """What is left of a file whose disk was pulled out."""

    def write(self, _line: object) -> int:
        raise OSError(EIO, "gone")


class FullDisk(BytesIO):
    """It has room for a part."""

    def write(self, _line: object) -> int:
        return 7


@pytest.mark.parametrize("disk", [GoneDisk, FullDisk])
def test_after_a_fault_the_file_is_opened_anew(disk: type[BytesIO], marker: MarkerFile) -> None:
    """A disk that was pulled out and put in again is there by the same name, and not in the old file."""
    marker.write(MARK)
    before, marker._file = marker._file, disk()
    with capture_logs() as logs:
        marker.write(LATER)
        assert marker.read() == MARK
        marker.write(LATER)
    assert [one["event"] for one in logs] == ["cannot note the chain's head"]
    assert marker.read() == LATER
    assert before is not None
    before.close()
