"""The table is whole, and each language is itself."""

import csv
import re
from enum import Enum
from pathlib import Path

import pytest

from checkout.requests import Tender
from checkout.results import Decline
from checkout.sold import PaidWith
from drivers.events import SwipeFault
from drivers.printer.outcome import PrinterReason
from ledger.amounts import Currency
from ledger.cards import CardFault
from ledger.judging import Refusal
from receipts import wording
from receipts.encoding import Codec, lacking
from receipts.wording import Language, Wording
from terminal.clock_guard import ClockDoubt
from tests.receipts.slips import CNY, TWD

TABLE = Path(wording.__file__).with_name(wording.TABLE)
WORDS = Wording.load()
CODECS = {Language.TAIWAN: Codec.BIG5, Language.MAINLAND: Codec.GB18030, Language.ENGLISH: Codec.GB18030}
ON_PAPER = ("slip.", "mode.", "hq.", "tender.", "currency.")

# Where one country's word in the other's characters would betray a conversion.
NOT_TAIWANESE = ("充值", "積分", "撤銷", "打印", "讀卡器", "網絡", "信息", "數據", "小票", "默認", "屏幕")
NOT_MAINLAND = ("点数", "作废", "印表机", "读卡机", "网路", "资讯", "资料", "单据", "补印")


def rows() -> list[list[str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, strict=True))


def named(prefix: str, fault: Enum) -> str:
    return f"{prefix}.{fault.name.lower()}"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_every_row_has_a_key_and_three_texts() -> None:
    assert rows()[0] == ["key", *Language]
    assert all(len(row) == 4 and all(cell.strip() == cell != "" for cell in row) for row in rows())


def test_rows_stand_in_order_and_no_key_stands_twice() -> None:
    keys = [row[0] for row in rows()[1:]]
    assert keys == sorted(set(keys))


# The table's checks go over all its rows and name those at fault: a test for each row would take longer to collect.


def test_all_three_texts_have_the_same_placeholders() -> None:
    assert not [key for key, *texts in rows()[1:] if len({str(placeholders(text)) for text in texts}) > 1]


def test_what_stands_between_placeholders_is_text() -> None:
    between = {key: [re.sub(r"\{\w+\}", "", text) for text in texts] for key, *texts in rows()[1:]}
    assert not [key for key, texts in between.items() if not "".join(texts).isprintable()]
    assert not [key for key, texts in between.items() if set("{}") & set("".join(texts))]


@pytest.mark.parametrize(
    "key",
    [
        *CardFault,
        *(f"decline.{decline}" for decline in Decline),
        *(f"clock.{doubt}" for doubt in ClockDoubt),
        *(f"tender.{tender}" for tender in Tender),
        *(named("refusal", refusal) for refusal in Refusal),
        *(named("printer", reason) for reason in PrinterReason),
        *(named("swipe", fault) for fault in SwipeFault),
    ],
)
def test_every_no_and_every_fault_is_said_in_three_languages(key: str) -> None:
    assert set(WORDS.texts[key]) == set(Language)


def test_taiwan_and_the_mainland_write_their_own_characters() -> None:
    """Big5 has no character that only the mainland writes, GB2312 none that only Taiwan writes."""
    assert not [key for key, text in WORDS.texts.items() if lacking(text[Language.TAIWAN], Codec.BIG5)]
    mainland = {key: text[Language.MAINLAND] for key, text in WORDS.texts.items()}
    assert not [key for key, text in mainland.items() if text.encode("gb2312", "replace").decode("gb2312") != text]


def test_taiwan_and_the_mainland_use_their_own_words() -> None:
    for language, others in ((Language.TAIWAN, NOT_TAIWANESE), (Language.MAINLAND, NOT_MAINLAND)):
        texts = {key: text[language] for key, text in WORDS.texts.items()}
        assert not [(key, word) for key, text in texts.items() for word in others if word in text]


@pytest.mark.parametrize("key", [key for key in WORDS.texts if key.startswith(ON_PAPER)])
def test_what_stands_on_slips_can_be_printed(key: str) -> None:
    assert not [language for language in Language if lacking(WORDS.texts[key][language], CODECS[language])]
    assert WORDS.texts[key][Language.ENGLISH].isascii()


def test_a_decline_says_its_figures() -> None:
    values = {"limit": WORDS.money(5000, TWD, Language.ENGLISH), "seen": WORDS.money(8000, TWD, Language.ENGLISH)}
    said = WORDS.say("decline.not_enough_here", Language.ENGLISH, **values)
    assert said.startswith("The card has NT$50 available here, not NT$80; nothing was charged.")


def test_a_value_that_a_text_has_no_use_for_is_ignored() -> None:
    assert WORDS.say("tender.cash", Language.TAIWAN, limit="NT$50") == "現金"


def test_a_text_is_not_read_twice_for_placeholders() -> None:
    assert WORDS.say("hq.not_reached", Language.ENGLISH, time="{time}") == "HQ not reached since {time}"


def test_an_unknown_key_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match=r"no row slip\.nonsense"):
        WORDS.say("slip.nonsense", Language.TAIWAN)


def test_a_missing_value_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match=r"hq\.not_reached in zh-CN needs a value for 'time'"):
        WORDS.say("hq.not_reached", Language.MAINLAND)


@pytest.mark.parametrize(
    ("currency", "said"),
    [
        (TWD, ("NT$1,200", "NT$1,200", "NT$1,200")),
        (CNY, ("RMB 1,200.00", "￥1,200.00", "RMB 1,200.00")),
        (Currency("EUR"), ("EUR 1,200.00",) * 3),
    ],
)
def test_each_language_writes_money_its_own_way(currency: Currency, said: tuple[str, ...]) -> None:
    assert tuple(WORDS.money(120000, currency, language) for language in Language) == said


def test_a_page_fetches_its_labels_at_once() -> None:
    tenders = WORDS.starting("tender.", Language.MAINLAND)
    assert tenders.keys() == {f"tender.{tender}" for tender in (*PaidWith, "store_risk_back")}
    assert (tenders["tender.bank_card"], tenders["tender.mobile"]) == ("银行卡", "移动支付")
