"""A till whose book is an old copy, or not confirmed yet, on the cashier's page."""

import pytest
from playwright.async_api import Route

from tests.web.counter import Counter
from tests.web.looks import look

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOKS = {
    "behind": (
        "bad",
        "帳本過舊",
        "Old book",
        "這台收銀機的帳本是舊的副本，已停止所有交易；已送到總部或門市主機的紀錄都在。請改用其他收銀機，並通知資訊人員。",
    ),
    "unconfirmed": (
        "warn",
        "帳本待確認",
        "Check book",
        "剛啟動，還沒有人確認這台收銀機的帳本是最新的，暫不交易。連上總部或門市主機後會自動恢復。",
    ),
}


@pytest.mark.parametrize("state", ["unconfirmed", pytest.param("behind", marks=pytest.mark.thorough)])
async def test_a_book_that_is_not_sure_is_in_the_bar_and_a_sentence_says_why(counter: Counter, state: str) -> None:
    async def answer(route: Route) -> None:
        fetched = await route.fetch()
        await route.fulfill(response=fetched, json=await fetched.json() | {"book": state})

    tone, chinese, english, sentence = BOOKS[state]
    await counter.reads("till", "07-1")
    await counter.has_tone("till", "none")
    await counter.meet("**/v1/status", answer)
    await counter.page.reload()
    await counter.reads("till", f"07-1 {chinese}")
    await counter.has_tone("till", tone)
    await counter.reads("note", sentence)
    await look(counter, "empty")
    await counter.speak("en")
    await counter.reads("till", f"07-1 {english}")
