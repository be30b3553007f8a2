"""Which key means what, and what a reader of the keyboard type can do: nothing."""

from typing import Any

import pytest

from tests.web.modules import Modules

pytestmark = pytest.mark.asyncio(loop_scope="session")


def event(key: str, code: str = "", **more: object) -> dict[str, object]:
    return {"key": key, "code": code, "repeat": False, **more}


@pytest.mark.parametrize(
    ("pressed", "means"),
    [
        (event("7", "Digit7"), {"name": "digit", "digit": "7"}),
        (event("7", "Numpad7"), {"name": "digit", "digit": "7"}),
        (event("Home", "Numpad7"), {"name": "digit", "digit": "7"}),  # NumLock off
        (event("Process", "Digit7"), {"name": "digit", "digit": "7"}),  # an input method is on
        (event("Process", "Numpad7"), {"name": "digit", "digit": "7"}),
        (event("７", ""), {"name": "digit", "digit": "7"}),  # full width, as an input method writes it
        (event("Delete", "NumpadDecimal"), {"name": "point"}),
        (event("Enter", "NumpadEnter"), {"name": "enter"}),
        (event("Enter", "Enter"), {"name": "enter"}),
        (event("+", "NumpadAdd"), {"name": "plus"}),
        (event("+", "Equal"), {"name": "plus"}),
        (event("l", "KeyL"), {"name": "plus"}),
        (event("*", "NumpadMultiply"), {"name": "star"}),
        (event("-", "NumpadSubtract"), {"name": "erase"}),
        (event("Backspace", "Backspace"), {"name": "erase"}),
        (event("Backspace", "Backspace", repeat=True), {"name": "erase", "held": True}),
        (event("/", "NumpadDivide"), {"name": "back"}),
        (event("Escape", "Escape"), {"name": "back"}),
        (event("Enter", "Enter", repeat=True), None),  # held down
        (event("Escape", "Escape", repeat=True), None),
        (event("7", "Digit7", ctrlKey=True), None),
        (event("Tab", "Tab"), None),
        (event("Shift", "ShiftLeft"), None),
        (event("F5", "F5"), None),
        (event("q", "KeyQ"), None),
    ],
    ids=lambda value: value["key"] + value["code"] if isinstance(value, dict) and "code" in value else "",
)
async def test_a_key_means(modules: Modules, pressed: dict[str, Any], means: dict[str, str] | None) -> None:
    assert await modules.call("keys", "read", pressed) == means


async def test_a_stripe_that_a_reader_types_is_dropped_from_its_sentinel_to_its_end(modules: Modules) -> None:
    stripe = [(key, index * 4) for index, key in enumerate(";6222000000000017=4912000112345678?")] + [("Enter", 150)]
    assert await modules.run("guard", stripe) == [True] * len(stripe)


async def test_a_hand_types_on_after_a_stripe(modules: Modules) -> None:
    keys = [("1", 0), (";", 10), ("6", 14), ("7", 400), ("8", 405)]
    assert await modules.run("guard", keys) == [False, True, True, False, False]
