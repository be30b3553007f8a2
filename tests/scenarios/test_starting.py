"""A till that cannot start says why in plain words, ends with an error, and has made nothing."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.till_process import DidNotStart, TillProcess
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import prove

Damage = Callable[[Path], object]


def refusal(settings: Path) -> str:
    """The one message with which the till refuses to start."""
    with pytest.raises(DidNotStart) as refused, TillProcess(settings, settings.parent / "refused.log"):
        pass
    said = refused.value.said.strip()
    assert refused.value.code != 0
    assert said.startswith("Error: "), said
    assert "\n" not in said
    return said


def replacing(old: str, new: str, file: str = "") -> Damage:
    """Change a file of the store, or the settings themselves."""

    def damage(settings: Path) -> None:
        path = settings.parent / file if file else settings
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return damage


def adding(text: str) -> Damage:
    return lambda settings: settings.write_text(settings.read_text("utf-8") + text, "utf-8")


def removing(file: str) -> Damage:
    return lambda settings: (settings.parent / file).unlink()


WRONG: dict[str, tuple[Damage, list[str]]] = {
    "a typo in a key": (replacing("store_name", "storename"), ["till-1.toml", "storename"]),
    "a missing key": (replacing('store_name = "中山店"\n', ""), ["till-1.toml", "store_name"]),
    "no TOML": (adding("\n[reader"), ["till-1.toml", "TOML"]),
    "a language nobody speaks": (replacing("zh-TW", "tw"), ["till-1.toml", "language"]),
    "a mode that is none": (replacing('"transfer"', '"fast"'), ["till-1.toml", "mode"]),
    "a port that is none": (replacing("port = 0", "port = 99999"), ["till-1.toml", "port"]),
    "a place that is none": (replacing("Asia/Taipei", "Asia/Tapei"), ["till-1.toml", "timezone", "Asia/Tapei"]),
    "a folder for a place": (replacing("Asia/Taipei", "../zone"), ["till-1.toml", "timezone", "../zone"]),
    "a reader nobody knows": (
        adding('\n[reader]\naddress = "COM3"\nmodel = "best"\n'),
        ["till-1.toml", "reader.model", "best", "generic-lrc"],
    ),
    "a printer nobody knows": (
        adding('\n[printer]\nhost = "127.0.0.1"\nmodel = "best"\n'),
        ["till-1.toml", "printer.model", "best", "generic-80-big5"],
    ),
    "an address that is none": (
        adding('\n[reader]\naddress = "sock://127.0.0.1:1"\n'),
        ["till-1.toml", "reader.address", "sock://127.0.0.1:1"],
    ),
    "no programme": (removing("programme.toml"), ["programme.toml"]),
    "a typo in the programme": (replacing("min_units", "minunits", "programme.toml"), ["programme.toml", "minunits"]),
    "a bonus that takes": (replacing("= 6_055", "= -6_055", "programme.toml"), ["programme.toml", "bonus_units"]),
    "money of no size": (replacing("_step = 100", "_step = 0", "programme.toml"), ["programme.toml", "charge_step"]),
    "more digits than there are": (
        replacing("shown_digits = 0", "shown_digits = 5", "programme.toml"),
        ["programme.toml", "shown_digits"],
    ),
    "no card keys": (removing("till-1/cards.key"), ["cards.key", "HQ"]),
    "card keys of another shape": (replacing("token_key", "tokens", "till-1/cards.key"), ["cards.key", "HQ"]),
    "a data folder without card keys": (replacing('data = "till-1"', 'data = "data"'), ["cards.key", "HQ"]),
}


@pytest.mark.parametrize(("damage", "named"), WRONG.values(), ids=WRONG.keys())
def test_wrong_settings_are_named_with_their_file_and_nothing_is_made(
    damage: Damage, named: list[str], store: DemoStore
) -> None:
    settings = store.settings()
    damage(settings)
    before = sorted(store.folder.rglob("*"))
    said = refusal(settings)
    assert [name for name in named if name not in said] == []
    assert sorted(file for file in store.folder.rglob("*") if file.name != "refused.log") == before


def test_settings_that_are_not_there_are_named(tmp_path: Path) -> None:
    assert "nowhere.toml" in refusal(tmp_path / "nowhere.toml")


def test_a_second_program_on_one_book_is_refused_and_the_first_goes_on(
    settings: Path, cashier: Cashier, till: TillProcess, store: DemoStore
) -> None:
    cashier.swipe(1)
    cashier.load(500_00)
    said = refusal(settings)
    assert "till.db" in said
    assert "already running" in said
    assert cashier.charge(100_00)["outcome"] == "done"
    till.stop()
    prove(store.data())


def test_a_port_that_another_program_has_is_named(store: DemoStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert re.search(rf"\b{port}\b", refusal(store.settings(port=port)))


def test_another_till_cannot_write_into_this_one_s_book(store: DemoStore) -> None:
    """Copied settings with a new till number and the old data folder: two chains in one file help nobody."""
    settings = store.settings()
    with TillProcess(settings, store.folder / "till.log"):
        pass
    replacing('till = "1"', 'till = "2"')(settings)
    said = refusal(settings)
    assert "07-1" in said
    assert "`till`" in said


@pytest.mark.parametrize("what_happened", ["lost", "of another till"])
def test_a_till_without_its_own_key_signs_nothing(what_happened: str, store: DemoStore) -> None:
    """A chain that goes on under another key can be verified by nobody."""
    settings = store.settings()
    with TillProcess(settings, store.folder / "till.log"):
        pass
    key = store.data() / "till.key"
    key.write_bytes(bytes(32))
    if what_happened == "lost":
        key.unlink()
    said = refusal(settings)
    assert "till.key" in said
    prove(store.data())


@pytest.mark.parametrize(
    "spoil",
    [lambda book: book.write_bytes(b"no book " * 1000), lambda book: book.mkdir()],
    ids=["damaged", "a folder in its place"],
)
def test_a_book_that_cannot_be_opened_is_named(spoil: Damage, store: DemoStore) -> None:
    settings = store.settings()
    spoil(store.data() / "till.db")
    assert "till.db" in refusal(settings)
