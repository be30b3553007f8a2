"""What a till's settings may say of its mode and its patience, and what of them is refused before anything is made."""

from pathlib import Path

import msgspec
import pytest

from hardware_mocks.demo_store import DemoStore
from offline_queue.marker_file import Mark
from terminal.answers import BookState
from terminal.config import SettingsWrong
from terminal.modes import ModeName
from terminal.wiring import build


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return DemoStore(tmp_path).settings()


def say(settings: Path, mode: str, draw_timeout_s: str = "3.0") -> None:
    lines = settings.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.partition(" ")[0] not in ("mode", "draw_timeout_s")]
    said = [f'mode = "{mode}"', f"draw_timeout_s = {draw_timeout_s}"]
    settings.write_text("\n".join([*said, *kept]), "utf-8")


@pytest.mark.parametrize("mode", list(ModeName))
def test_a_new_book_begins_in_the_mode_of_the_settings(settings: Path, mode: str) -> None:
    say(settings, mode)
    parts = build(settings)
    assert parts.till.shop.mode == mode
    parts.store.close()


def test_a_way_of_running_that_nobody_knows_is_refused_and_no_book_is_made(settings: Path) -> None:
    say(settings, "half_hosted")
    with pytest.raises(SettingsWrong, match="half_hosted"):
        build(settings)
    assert not list(settings.parent.glob("**/till.db"))


def test_a_till_runs_in_real_time_and_waits_as_long_as_it_is_told(settings: Path) -> None:
    say(settings, "real_time", "1.5")
    parts = build(settings)
    assert (parts.till.shop.mode, parts.till.shop.draw_timeout_s) == ("real_time", 1.5)
    parts.store.close()


@pytest.mark.parametrize("seconds", ["0", "-1", "31", "nan"])
def test_a_patience_that_is_none_is_refused(seconds: str, settings: Path) -> None:
    say(settings, "transfer", seconds)
    with pytest.raises(SettingsWrong, match="draw_timeout_s"):
        build(settings)


async def begun(settings: Path) -> BookState:
    parts = build(settings)
    try:
        await parts.till.begin()
        return (await parts.till.status()).book
    finally:
        parts.store.close()


async def test_a_till_that_is_not_enrolled_waits_for_no_witness_and_believes_its_marker(settings: Path) -> None:
    """Nobody could answer it: without its marker it would never sell again."""
    assert await begun(settings) is BookState.SURE
    marker = next(settings.parent.glob("**/till.head"))
    mark = msgspec.json.decode(marker.read_bytes(), type=Mark)
    marker.unlink()
    assert await begun(settings) is BookState.SURE
    marker.write_bytes(msgspec.json.encode(msgspec.structs.replace(mark, sequence=99)))
    assert await begun(settings) is BookState.BEHIND
