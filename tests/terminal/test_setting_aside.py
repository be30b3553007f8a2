"""A till's folder is set aside whole, and nothing of it is lost."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware_mocks.demo_store import DemoStore
from ledger.journal_sqlite import BookInUse
from terminal.program import main
from terminal.setting_aside import NothingThere, set_aside
from terminal.wiring import BOOK_FILE, build

NOW = datetime(2026, 11, 26, 20, 36, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return DemoStore(tmp_path).settings()


@pytest.fixture
def data(settings: Path) -> Path:
    return settings.parent / "till-1"


async def sold(settings: Path) -> None:
    """Somebody has run the till."""
    parts = build(settings)
    await parts.till.begin()
    await asyncio.to_thread(parts.store.close)


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def test_all_of_it_is_moved_and_the_till_is_as_new(settings: Path, data: Path) -> None:
    asyncio.run(sold(settings))
    before = contents(data)
    assert {"till.db", "till.key", "till.head", "cards.key"} <= before.keys()
    folder = set_aside(settings, NOW)
    assert (folder, contents(folder)) == (data / "old-20261126T203612", before)
    assert contents(data) == {}
    with pytest.raises(NothingThere, match="Enrol the till"):
        set_aside(settings, NOW)


def test_a_marker_on_another_disk_goes_with_it(settings: Path, data: Path, tmp_path: Path) -> None:
    text = settings.read_text("utf-8")
    settings.write_text(f'marker = "elsewhere/head"\n{text}', "utf-8")
    (tmp_path / "elsewhere").mkdir()
    asyncio.run(sold(settings))
    assert (tmp_path / "elsewhere" / "head").exists()
    assert "head" in contents(set_aside(settings, NOW))
    assert not (tmp_path / "elsewhere" / "head").exists()
    assert data.is_dir()


async def test_a_till_that_runs_keeps_its_book(settings: Path, data: Path) -> None:
    parts = build(settings)
    await parts.till.begin()
    names = contents(data).keys()
    with pytest.raises(BookInUse, match="End it first"):
        await asyncio.to_thread(set_aside, settings, NOW)
    assert contents(data).keys() == names
    await asyncio.to_thread(parts.store.close)


def test_a_damaged_book_is_set_aside_as_it_is(settings: Path, data: Path) -> None:
    (data / BOOK_FILE).write_bytes(b"no book at all" * 1000)
    said = CliRunner().invoke(main, ["set-aside", str(settings)])
    assert (said.exit_code, "Keep it" in said.output) == (0, True)
    (folder,) = data.iterdir()
    assert (folder / BOOK_FILE).read_bytes() == b"no book at all" * 1000


def test_an_empty_folder_is_told_in_plain_words(settings: Path) -> None:
    CliRunner().invoke(main, ["set-aside", str(settings)])
    said = CliRunner().invoke(main, ["set-aside", str(settings)])
    assert (said.exit_code, "Enrol the till" in said.output) == (1, True)
