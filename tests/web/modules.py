"""Functions of the page's modules, called in the browser, and scripts of our own beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

SCRIPTS = Path(__file__).with_name("scripts")


def script(name: str) -> str:
    """One function in JavaScript."""
    return (SCRIPTS / f"{name}.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Modules:
    """A page that has loaded nothing: `call("money", "format", 12900, TWD)`, `run("walk", 1000, …)`."""

    page: Page

    async def call(self, module: str, name: str, *args: object) -> Any:  # noqa: ANN401 - whatever JavaScript answers
        return await self.page.evaluate(script("call"), [module, name, list(args)])

    async def call_each(self, module: str, name: str, calls: Sequence[Sequence[object]]) -> list[Any]:
        """The same function with each of these arguments: most of a call is the way to the browser and back."""
        answers: list[Any] = await self.page.evaluate(script("call_each"), [module, name, calls])
        return answers

    async def run(self, name: str, *args: object) -> Any:  # noqa: ANN401 - whatever JavaScript answers
        return await self.page.evaluate(script(name), list(args))
