"""Every word that the page shows is a row of the wording table; the table has no row for a page that is gone."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from receipts.wording import Language, Wording
from terminal.web import pages

STATIC = Path(pages.__file__).parent / "static"
PAGES = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.html"))}
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))}
WORDS = Wording.load().texts

COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
LITERAL = re.compile(r'"([^"\n]*)"|`([^`]*)`')
FILLED = re.compile(r"(\$\{[^}]*\})")
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]+")


class Shown(HTMLParser):
    """Text that stands in the HTML itself, and the rows that it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside = [""]
        self.words: list[str] = []
        self.keys: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        for name, value in attrs:
            if name in ("data-text", "data-label") and value:
                self.keys.add(value)
            elif name in ("alt", "title", "placeholder", "aria-label", "value") and value:
                self.words.append(value)

    def handle_data(self, data: str) -> None:
        is_key_cap = self.inside[-1] == "kbd" and re.fullmatch(r"[0-9+*/.−]", data)
        if data.strip() and not is_key_cap:
            self.words.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        while self.inside.pop() != tag:
            pass


def literals(script: str) -> list[str]:
    return [plain or template for plain, template in LITERAL.findall(COMMENT.sub("", script))]


def human(script: str) -> list[str]:
    """Literals that a person could read."""
    return [text for text in literals(script) if CHINESE.search(text) or SENTENCE.search(FILLED.sub("", text))]


def named(script: str) -> set[str]:
    """Rows that a script names; `page.${state}.words` names all that fit."""
    texts = (text for text in literals(script) if re.match(r"(page|tender|customer)\.[\w$]", text))
    patterns = [re.compile(_pattern(text)) for text in texts]
    return {row for pattern in patterns for row in WORDS if pattern.fullmatch(row)} | {
        text for text in literals(script) if re.fullmatch(r"(page|tender|customer)\.[\w.]+", text)
    }


def _pattern(text: str) -> str:
    return "".join("[a-z_]+" if part.startswith("${") else re.escape(part) for part in FILLED.split(text))


@cache
def all_named() -> frozenset[str]:
    return frozenset().union(*(Shown(page).keys for page in PAGES.values()), *map(named, SCRIPTS.values()))


@pytest.mark.parametrize("name", PAGES)
def test_no_word_stands_in_the_html(name: str) -> None:
    assert not Shown(PAGES[name]).words


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_word_stands_in_a_script(name: str) -> None:
    assert not human(SCRIPTS[name])


def test_a_word_that_stands_there_is_found() -> None:
    assert Shown("<p>Paid</p>").words == ["Paid"]
    assert Shown('<img alt="a card">').words == ["a card"]
    assert human('say("Swipe a card")') == ["Swipe a card"]
    assert human("say(`已扣款`)") == ["已扣款"]
    assert not human("// Swipe a card\nget('x')")


def test_every_row_that_the_page_names_is_there() -> None:
    keys = all_named()
    assert len(keys) > 120
    assert not {key for key in keys if key not in WORDS}


def test_every_row_for_the_page_is_used() -> None:
    assert not {key for key in WORDS if key.startswith(("page.", "customer."))} - all_named()


def test_every_row_says_it_in_three_languages() -> None:
    for key, texts in WORDS.items():
        assert not key.startswith(("page.", "customer.")) or all(texts[language].strip() for language in Language), key
