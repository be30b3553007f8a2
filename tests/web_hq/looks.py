"""How one of HQ's pages looks on the desk's screens, in every language."""

from pathlib import Path

from tests.web.faults import faults_by_language, faults_of, together
from tests.web.modules import script
from tests.web_hq.desk import Desk

CUT_OFF = (Path(__file__).parent / "scripts" / "cut_off.js").read_text("utf-8")
CHECK = together({"pale": script("pale"), "small": script("small"), "cut_off": CUT_OFF})
"""What has too little contrast, is too small for a finger, or hides text."""


async def looks_good_now(desk: Desk) -> None:
    """As it is: on this screen, in this language."""
    assert not await faults_of(desk.page, CHECK)


async def looks_good(desk: Desk, page: str) -> None:
    """Nothing is cut off, pale or small; afterwards the first language is back. `page`: what a failure names."""
    for screen in desk.screens:
        await desk.page.set_viewport_size(screen)
        faults = await faults_by_language(desk.page, CHECK)
        assert not faults, (page, screen, faults)
