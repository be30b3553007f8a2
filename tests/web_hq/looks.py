"""How one of HQ's pages looks on every screen, in every language."""

from tests.web_hq.desk import Desk, faults_of_looks

LANGUAGES = ("zh-TW", "zh-CN", "en")
SCREENS = ((1366, 768), (1024, 768))


async def looks_good(desk: Desk, page: str) -> None:
    """Nothing is cut off, pale or small; afterwards the first language is back. `page`: what a failure names."""
    for width, height in SCREENS:
        await desk.page.set_viewport_size({"width": width, "height": height})
        for language in LANGUAGES:
            await desk.speak(language)
            faults = await faults_of_looks(desk.page)
            assert not any(faults.values()), (page, width, language, faults)
    await desk.speak(LANGUAGES[0])
