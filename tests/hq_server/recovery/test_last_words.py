"""Of two words of HQ's on the same thing, the one that it has said later is its last."""

from hq_server.storage.last_words import LastWords
from tests.hq_server.office import Office

ABOUT = "card c0"


def test_a_word_that_is_heard_again_is_news_only_if_nothing_later_was_said() -> None:
    office = Office()
    words = LastWords(office.store._connection)
    words.say(ABOUT, 2, 10)
    assert not words.hear(ABOUT, 1, 99), "an earlier epoch"
    assert not words.hear(ABOUT, 2, 9)
    assert not words.hear(ABOUT, 2, 10), "this very word: all whom it concerns were told"
    assert words.take_unsaid() == []
    assert words.hear(ABOUT, 2, 11)
    assert (words.take_unsaid(), words.take_unsaid()) == ([ABOUT], []), "said once"
    office.store.close()
