"""Who hears of what."""

from ledger.ids import ChainId, Place
from offline_queue.news import News

FIRST, SECOND = (ChainId(Place(f"07-{number}"), 1) for number in (1, 2))


async def test_news_reach_whoever_listens_to_that_chain_and_nobody_else() -> None:
    news = News()
    with news.about(FIRST) as one, news.about(FIRST) as two, news.about(SECOND) as other:
        news.tell(FIRST)
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)
    news.tell(FIRST)
    assert not news._listeners
