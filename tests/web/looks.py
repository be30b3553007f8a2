"""How the cashier's page and the customer's look: nothing is cut off, keys are large enough, text has contrast."""

from __future__ import annotations

from tests.web.counter import SCREEN, Counter
from tests.web.faults import faults_by_language, together
from tests.web.modules import script

CHECK = together({name: script(name) for name in ("cut_off", "pale", "small")})


async def look(counter: Counter, face: str) -> None:
    """At this face, in every language and on the counter's screens; afterwards the page is as it was."""
    await counter.shows(face)
    for screen in counter.screens:
        await counter.page.set_viewport_size(screen)
        faults = await faults_by_language(counter.page, CHECK)
        assert not faults, (face, screen, faults)
    await counter.page.set_viewport_size(SCREEN)
