"""One window for the stories of a worker: to open a page anew in it costs a third of what another window costs.

A story sees nothing of those before it: its document is new, and theirs ask for nothing and keep nothing any more.
Routes, further windows, and being off line end with the story that wanted them. What can't be taken back, a clock,
takes the window with it; and so does a story that fails while it has a shop of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, ViewportSize

from tests.web.modules import script


@dataclass
class Window:
    """`scripts` run in each document before its own. `page` is what the last story has left for the next."""

    browser: Browser
    viewport: ViewportSize
    timezone_id: str | None = None
    scripts: tuple[str, ...] = ()
    page: Page | None = None

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Page]:
        """To one story."""
        page = self.page or await self._open()
        self.page = None
        is_as_before = False
        try:
            yield page
            is_as_before = await self._take_back(page)
        finally:
            if is_as_before:
                self.page = page
            else:
                await page.context.close()

    async def close(self) -> None:
        if self.page:
            await self.page.context.close()

    async def _open(self) -> Page:
        context = await self.browser.new_context(viewport=self.viewport, locale="zh-TW", timezone_id=self.timezone_id)
        page = await context.new_page()
        for name in self.scripts:
            await page.add_init_script(script(name))
        return page

    async def _take_back(self, page: Page) -> bool:
        """Whether the next story may have it."""
        for other in page.context.pages:
            if other is not page:
                await other.close()
        await page.unroute_all(behavior="ignoreErrors")
        await page.context.set_offline(offline=False)
        await page.set_viewport_size(self.viewport)
        await page.mouse.move(0, 0)
        return bool(await page.evaluate(script("forget")))
