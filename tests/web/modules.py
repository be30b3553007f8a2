"""Functions of the page's modules, called in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

CALL = """async ([module, name, args]) => (await import(`/page/${module}.js`))[name](...args)"""


@dataclass(frozen=True, slots=True)
class Modules:
    """`await modules.call("money", "format", 12900, TWD)`; `run` takes a whole script that imports for itself."""

    page: Page

    async def call(self, module: str, name: str, *args: object) -> Any:
        return await self.page.evaluate(CALL, [module, name, list(args)])

    async def run(self, script: str, argument: object = None) -> Any:
        return await self.page.evaluate(script, argument)
