"""What a slip says."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from checkout.requests import Tender
from checkout.slip_facts import SlipFacts
from loyalty.promotions import Title as PromotionTitle
from receipts.columns import columns
from receipts.compose import Evidence, compose
from receipts.layout import lay_out
from receipts.slip import Blank, Line, Pair, Qr, Rule, Size, Slip, Title
from receipts.text import to_text
from receipts.wording import Language, Wording
from tests.receipts.slips import (
    COUNTRIES,
    ENGLISH,
    EVIDENCE,
    LOAD,
    LONGEST_TITLE,
    MAINLAND,
    NARROW,
    PROMOTED_LOAD,
    PROMOTED_SALE,
    SALE,
    TAIWAN,
    TWD,
    Country,
)


def said(slip: Slip) -> Iterator[str]:
    for block in slip:
        match block:
            case Pair(left, right):
                yield f"{left}: {right}"
            case Title(text) | Line(text):
                yield text
            case Rule() | Qr() | Blank():
                continue


def changed(facts: SlipFacts, **changes: object) -> SlipFacts:
    return msgspec.structs.replace(facts, **changes)


def test_a_sale_says_what_was_paid_from_which_purse_and_what_is_left() -> None:
    slip = list(said(ENGLISH.slip(SALE)))
    start = slip.index("Paid: NT$1,200")
    assert slip[start : start + 8] == [
        "Paid: NT$1,200",
        "from principal: NT$1,000",
        "from bonus: NT$200",
        "points earned: +12",
        "Available: NT$3,400",
        "principal: NT$3,000",
        "bonus: NT$400",
        "Points: 1,234",
    ]


def test_a_load_says_what_was_paid_how_and_what_came_on_top() -> None:
    slip = list(said(ENGLISH.slip(LOAD)))
    start = slip.index("Loaded: NT$1,000")
    assert slip[start : start + 4] == ["Loaded: NT$1,000", "paid by: Cash", "plus bonus: NT$100", "Available: NT$4,500"]


def test_what_a_promotion_gave_stands_below_all_that_came_on_top_and_is_part_of_it() -> None:
    load, sale = list(said(TAIWAN.slip(PROMOTED_LOAD))), list(said(MAINLAND.slip(PROMOTED_SALE)))
    start = load.index("另贈: NT$300")
    assert load[start : start + 3] == ["另贈: NT$300", "其中 開幕禮: NT$100", f"其中 {LONGEST_TITLE}: NT$100"]
    start = sale.index("本次获得积分: +1,312")
    assert sale[start : start + 2] == ["本次获得积分: +1,312", "其中 Tea week: +1,300"]


def test_the_longest_title_of_a_promotion_fits_the_narrowest_paper_whole() -> None:
    msgspec.convert(LONGEST_TITLE, PromotionTitle)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(LONGEST_TITLE + "祭", PromotionTitle)
    for country in COUNTRIES:
        rows = to_text(lay_out(country.slip(PROMOTED_LOAD), NARROW), NARROW).splitlines()
        assert LONGEST_TITLE in "".join(row.strip() for row in rows)
        assert max(map(columns, rows)) <= NARROW


def test_where_hq_sells_the_slip_says_nothing_of_what_lies_at_its_place() -> None:
    standing = replace(ENGLISH.standing(), tells_balance=False)
    slip = list(said(compose(SALE, EVIDENCE, standing, Language.ENGLISH, TWD, copy=False)))
    assert "Paid: NT$1,200" in slip
    assert not [line for line in slip if line.startswith(("Available", "principal", "bonus", "Points"))]


def test_what_is_nothing_is_not_mentioned() -> None:
    plain = changed(SALE, principal=120000, bonus=0, bonus_after=0, points_after=0, paid=(), points_in=0)
    slip = list(said(ENGLISH.slip(plain)))
    start = slip.index("Paid: NT$1,200")
    assert slip[start : start + 3] == ["Paid: NT$1,200", "Available: NT$3,000", "Real-time: HQ answered"]


def test_who_when_where_and_which_card() -> None:
    slip = list(said(TAIWAN.slip(LOAD)))
    assert slip[:3] == ["存根百貨", "台北信義店", "會員卡儲值"]
    assert slip[3:10] == [
        "單號: 07-2-000031",
        "營業日: 2026-11-22",
        "時間: 2026-11-22 14:05",
        "收銀機: 07-2",
        "收銀員: A12",
        "POS 單號: A-20261122-0093",
        "卡號（手動輸入）: 6222****0417",
    ]


def test_a_swiped_card_bears_no_mark() -> None:
    assert "卡号: 6222****0417" in said(MAINLAND.slip(SALE))


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("facts", [SALE, LOAD])
def test_a_copy_differs_from_its_original_by_its_mark_alone(country: Country, facts: SlipFacts) -> None:
    copy = country.slip(facts, copy=True)
    mark = next(block for block in copy if block not in country.slip(facts))
    assert isinstance(mark, Line)
    assert mark.size is Size.BIG
    assert mark.text in {"副本（補印）", "副本（重打印）", "COPY"}
    assert tuple(block for block in copy if block is not mark) == country.slip(facts)


@pytest.mark.parametrize(
    ("country", "sentence"),
    [
        (TAIWAN, "本單據非統一發票，不得兌獎或報帳"),
        (MAINLAND, "本小票非发票，不作报销凭证"),
        (ENGLISH, "Not a tax invoice; not for expense claims"),
    ],
)
def test_a_slip_ends_by_saying_that_it_is_no_invoice(country: Country, sentence: str) -> None:
    assert list(said(country.slip(SALE)))[-1] == sentence


def test_the_two_figures_that_matter_are_big() -> None:
    slip = [block for block in ENGLISH.slip(SALE) if isinstance(block, Pair)]
    assert [pair.right for pair in slip if pair.size is not Size.NORMAL] == ["NT$1,200", "NT$3,400"]


def test_the_slip_says_when_hq_was_last_reached() -> None:
    hq = Wording.load().say("hq.not_reached", Language.TAIWAN, time="11-22 09:40")
    slip = compose(SALE, EVIDENCE, TAIWAN.standing(hq), Language.TAIWAN, TWD, copy=False)
    assert "即時型: 連不到總部，上次 11-22 09:40" in said(slip)


def test_evidence_ties_the_slip_to_its_record() -> None:
    slip = ENGLISH.slip(SALE)
    assert {"Record: 07-2/1/31", "Check code: 8F3K-22QD"} <= set(said(slip))
    assert Qr("https://hq.example/r/07-2/1/31?c=8F3K22QD") in slip


def test_where_there_is_nothing_to_scan_no_code_is_drawn() -> None:
    slip = ENGLISH.slip(SALE, evidence=Evidence("07-2-000031", "8F3K-22QD", "07-2/1/31"))
    assert not [block for block in slip if isinstance(block, Qr)]


@pytest.mark.parametrize("tender", Tender)
@pytest.mark.parametrize("country", COUNTRIES)
def test_every_tender_has_a_word(country: Country, tender: Tender) -> None:
    country.slip(changed(LOAD, tender=tender))
