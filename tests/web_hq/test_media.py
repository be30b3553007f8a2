"""Somebody at HQ takes a till's file in on the page of the tills, and gets the answer to take back."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from offline_queue.media import MediumReader, Sender
from protocol.conversation import Acknowledged
from tests.hq_server.forger import ALICE
from tests.hq_server.test_media import written
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good_now
from tests.web_hq.test_pages import chain_of
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_tills_file_is_taken_in_and_a_sentence_says_what_came(desk: Desk, tmp_path: Path) -> None:
    till = await chain_of(desk)
    page, file, note = desk.page, tmp_path / "stick", desk.page.locator("[data-key=note]")
    await desk.go("tills")
    form = page.locator("form[data-form=media]")

    file.write_bytes(b"a photograph of a cat")
    await form.locator("input").set_input_files(file)
    await form.locator("button").click()
    await expect(note).to_contain_text("這不是收銀機與總部交換用的檔案")

    for content, sentence in sentences(till):
        file.write_bytes(content)
        await form.locator("input").set_input_files(file)
        async with page.expect_download() as taking:
            await form.locator("button").press("Enter")
        await expect(note).to_contain_text(sentence)
        download = await taking.value
        assert download.suggested_filename == f"hq-to-{till.place}.medium"
        reader = MediumReader(Sender.HQ)
        messages = list(reader.receive(await asyncio.to_thread((await download.path()).read_bytes)))
        assert (isinstance(messages[0], Acknowledged), reader.end()) == (True, None)
    await looks_good_now(desk)
    assert desk.faults == []


def sentences(till: Till) -> list[tuple[bytes, str]]:
    """What is brought one after another, and what is said of it: HQ has the till's chain as it is now."""
    had = len(till.chain)
    known = written(till)
    for _ in range(3):
        till.load(ALICE, 1)
    return [
        (known, f"{till.place} 的檔案有 {had} 筆，其中 0 筆是新的；總部現在有第 1 到 {had} 筆。"),
        (written(till, had + 1), f"總部只有到第 {had} 筆：{till.place}/1/{had + 2} 之前的還沒到"),
        (written(till)[:-2], "檔案不完整"),
        (written(till, had), f"3 筆，其中 0 筆是新的；總部現在有第 1 到 {had + 3} 筆。"),
    ]
