"""How a page looks, measured: nothing is cut off, keys are large enough for a finger, text has contrast."""

from __future__ import annotations

from playwright.async_api import Page

from tests.web.counter import SCREEN, Counter
from tests.web.modules import script

LANGUAGES = ("zh-TW", "zh-CN", "en")
CHECKS = ("cut_off", "pale", "small")
CHECK_ALL = "() => ({" + ", ".join(f"{name}: ({script(name).strip()})()" for name in CHECKS) + "})"
"""All at once: most of the time of a check is the way to the browser and back."""
SPEAK = "language => document.querySelector(`[data-language=${language}]`).click()"


async def faults_of(page: Page) -> dict[str, list[str]]:
    """What is wrong on the page as it is now, by check."""
    return {name: found for name, found in (await page.evaluate(CHECK_ALL)).items() if found}


async def look(counter: Counter, face: str) -> None:
    """At this face, in every language and on the counter's screens; afterwards the page is as it was."""
    await counter.shows(face)
    for screen in counter.screens:
        await counter.page.set_viewport_size(screen)
        for language in LANGUAGES:
            await counter.page.evaluate(SPEAK, language)
            faults = await faults_of(counter.page)
            assert not faults, (face, screen, language, faults)
    await counter.page.evaluate(SPEAK, LANGUAGES[0])
    await counter.page.set_viewport_size(SCREEN)
