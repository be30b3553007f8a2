"""What is wrong with the looks of a page, by checks in JavaScript: each lists what it finds.

All checks go to the browser at once, and so do all languages: most of the time of a check is the way there and back.
"""

from __future__ import annotations

from collections.abc import Mapping

from playwright.async_api import Page

LANGUAGES = ("zh-TW", "zh-CN", "en")
SPEAK = "(language) => document.querySelector(`[data-language=${language}]`).click()"

Found = dict[str, list[str]]


def together(checks: Mapping[str, str]) -> str:
    """One function: what each of these finds, by name, where it finds something."""
    each = ", ".join(f"{name}: ({check.strip()})()" for name, check in checks.items())
    return f"() => Object.fromEntries(Object.entries({{{each}}}).filter(([, found]) => found.length))"


async def faults_of(page: Page, check: str) -> Found:
    """On the page as it is now."""
    found: Found = await page.evaluate(check)
    return found


async def faults_by_language(page: Page, check: str) -> dict[str, Found]:
    """In each language that has some; afterwards the page speaks the first."""
    each = f"(languages) => languages.map((one) => [one, (({SPEAK})(one), ({check})())])"
    found: list[tuple[str, Found]] = await page.evaluate(each, LANGUAGES)
    await page.evaluate(SPEAK, LANGUAGES[0])
    return {language: faults for language, faults in found if faults}
