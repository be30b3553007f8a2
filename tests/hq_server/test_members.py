"""Members as values: how a name is masked, what is taken for one, and that nothing private shows by accident."""

import msgspec
import pytest

from hq_server.members import (
    NAME_LENGTH_MAX,
    Changes,
    KnownCard,
    MemberFile,
    NotKept,
    Profile,
    Told,
    clean_name,
    masked_name,
)
from ledger.ids import AccountId
from receipts.wording import Language

TW, CN, EN = Language.TAIWAN, Language.MAINLAND, Language.ENGLISH


@pytest.mark.parametrize(
    ("name", "language", "masked"),
    [
        ("王小明", TW, "王○明"),
        ("王小明", CN, "王*明"),
        ("王小明", EN, "王*明"),
        ("王明", TW, "王○"),
        ("王明", CN, "王*"),
        ("王", TW, "○"),
        ("歐陽小明", TW, "歐陽○○"),
        ("欧阳小明", CN, "欧阳**"),
        ("歐陽明", TW, "歐陽○"),
        ("歐陽", TW, "歐○"),
        ("司馬中原", TW, "司馬○○"),
        ("張簡小明", TW, "張簡○○"),
        ("陳林小明", TW, "陳○○明"),
        ("瓦歷斯·諾幹", TW, "瓦○斯 諾○"),
        ("迪丽热巴·迪力木拉提", CN, "迪**巴 迪***提"),
        ("𠮷田明", TW, "𠮷○明"),
        ("김민수", CN, "김*수"),
        ("John Smith", EN, "J*** S***"),
        ("John Smith", TW, "J*** S***"),
        ("Jo", EN, "J***"),
        ("J", EN, "J***"),
        ("Éva Nagy", EN, "É*** N***"),
        ("王小明 David", TW, "王○明 D***"),
        ("王-小明", TW, "王***"),
        ("A B C D E F", EN, "A*** B*** C*** D***"),
        ("0912345678", TW, "0***"),
    ],
)
def test_a_name_is_masked_in_the_way_of_its_language(name: str, language: Language, masked: str) -> None:
    assert masked_name(name, language) == masked


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["王小明", "王明", "王", "歐陽小明", "歐陽", "John Smith", "Jo", "瓦歷斯·諾幹"])
def test_a_mask_never_is_the_name(name: str, language: Language) -> None:
    """What a whole name is, no display says: something of every name is hidden."""
    assert name not in masked_name(name, language)
    assert any(mark in masked_name(name, language) for mark in "○*")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  王 小明\t", "王 小明"),
        ("Eva\u0301", "Evá"),
        ("x" * NAME_LENGTH_MAX, "x" * NAME_LENGTH_MAX),
        ("x" * (NAME_LENGTH_MAX + 1), None),
        ("", None),
        (" \n ", None),
        ("·", None),
        ("\u0301", None),
        ("王\x00明", None),
        ("王\u202e明", None),
        ("王\ud800", None),
    ],
)
def test_a_name_is_what_people_can_read(text: str, name: str | None) -> None:
    assert clean_name(text) == name


def profile(**otherwise: object) -> Profile | NotKept:
    told = {"name": "王小明", "phone": "0912 345 678", "store": "07", **otherwise}
    return Profile.parse(msgspec.convert(told, Told))


def parsed(**otherwise: object) -> Profile:
    found = profile(**otherwise)
    assert isinstance(found, Profile)
    return found


def test_a_phone_is_kept_in_one_spelling() -> None:
    assert parsed() == parsed(phone="+886912345678") == parsed(phone="(0912) 345-678")
    assert parsed(phone="13812345678").phone == "+8613812345678"
    assert parsed(phone=" ").phone == ""


@pytest.mark.parametrize("phone", ["12345", "02-2345-6789", "0912345678x", "9" * 100])
def test_what_is_no_mobile_number_is_not_kept(phone: str) -> None:
    assert profile(phone=phone) is NotKept.PHONE_WRONG


def test_a_change_changes_what_it_says_and_nothing_else() -> None:
    before = parsed(birth_month=3, tier="gold")
    assert before.changed(Changes()) == before
    assert before.changed(Changes(name="王大明")) == parsed(name="王大明", birth_month=3, tier="gold")
    assert before.changed(Changes(phone="")) == parsed(phone="", birth_month=3, tier="gold")
    assert before.changed(Changes(name="")) is NotKept.NAME_WRONG
    assert before.changed(Changes(phone="1")) is NotKept.PHONE_WRONG


def test_nothing_private_shows_where_a_value_is_shown() -> None:
    told = Told(name="王小明", phone="0912345678", store="07")
    member = MemberFile(AccountId("a1"), KnownCard("a1", "6222****0017", "member"), parsed(), 1)
    for value in (told, Changes(name="王小明", phone="0912345678"), parsed(), member):
        assert "小" not in repr(value)
        assert "912345678" not in repr(value)
