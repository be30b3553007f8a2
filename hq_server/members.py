"""Members as HQ knows them: the whole file stays here, and a till gets what a member knows itself by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

from ledger.cards import Card
from ledger.ids import AccountId
from protocol.phones import normalised
from receipts.wording import Language

Month = Annotated[int, msgspec.Meta(ge=0, le=12)]
Tier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][0-9A-Za-z_-]{0,19}\Z")]
"""It goes to tills, so that nothing that begins like a number may pass for one."""
StoreName = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,8}\Z")]
"""A store as its tills' places begin: `07`."""

NAME_LENGTH_MAX = 60
WORDS_SHOWN_MAX = 4
"""Of a long name; the rest would not fit a customer's display."""
HIDDEN = "***"
"""In place of all that follows an initial, however much it is: the length of a Latin name tells a lot."""
FULL_WIDTH = {"W", "F"}
"""Unicode Standard Annex #11: Chinese, Japanese and Korean scripts, where a name is two to four characters."""
UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Unicode general categories of what nobody can read."""
MARKS = {"Mn", "Me", "Mc"}
"""What only changes the look of the character before it."""
SEPARATORS = re.compile(r"[\s·・‧•]+")
"""Blanks, and the dots in names from Xinjiang, of Taiwan's indigenous peoples, and of foreigners."""

MARK: Mapping[Language, str] = {Language.TAIWAN: "○", Language.MAINLAND: "*", Language.ENGLISH: "*"}
"""What stands for a hidden character."""

_DOUBLE_SURNAMES = """
歐陽 欧阳 司馬 司马 上官 諸葛 诸葛 司徒 司空 東方 东方 東郭 东郭 獨孤 独孤 南宮 南宫 夏侯 皇甫 尉遲 尉迟 公孫 公孙
公羊 公冶 慕容 令狐 長孫 长孙 宇文 端木 百里 淳于 申屠 濮陽 濮阳 軒轅 轩辕 鍾離 钟离 赫連 赫连 澹臺 澹台 拓跋 呼延
万俟 太史 聞人 闻人 仲孫 仲孙 左丘 西門 西门 宗政 單于 单于 太叔 范姜 張簡 张简
"""
DOUBLE_SURNAMES = frozenset(_DOUBLE_SURNAMES.split())


class NotKept(StrEnum):
    """Why a member's file was not begun, or not changed. The values are codes in the API."""

    NAME_WRONG = "name_wrong"
    """It is empty, longer than NAME_LENGTH_MAX, or cannot be read."""
    PHONE_WRONG = "phone_wrong"
    """It is no mobile number of Taiwan or the mainland."""
    PHONE_CROWDED = "phone_crowded"
    """As many members have that number as a till can show."""
    CARD_WRONG = "card_wrong"
    """It is no card number of this chain."""
    CARD_TAKEN = "card_taken"
    """Somebody has joined with that card."""
    MEMBER_UNKNOWN = "member_unknown"
    """Nobody is known by that account."""


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody has told of a member, as it was keyed in. An empty phone and month 0: not told."""

    name: str
    phone: str = ""
    birth_month: Month = 0
    tier: Tier = "standard"
    store: StoreName
    language: Language = Language.TAIWAN

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is told anew; the rest stays. An empty phone takes the number away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    birth_month: Month | msgspec.UnsetType = msgspec.UNSET
    tier: Tier | msgspec.UnsetType = msgspec.UNSET
    store: StoreName | msgspec.UnsetType = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member has told the chain, checked. `phone` is normalised (protocol.phones), or empty."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    birth_month: int = field(repr=False)
    tier: str
    store: str
    language: Language

    @classmethod
    def parse(cls, told: Told) -> Profile | NotKept:
        """The only way to get one from outside."""
        name = clean_name(told.name)
        phone = normalised(told.phone) if told.phone.strip() else ""
        if name is None:
            return NotKept.NAME_WRONG
        if phone is None:
            return NotKept.PHONE_WRONG
        return cls(name, phone, told.birth_month, told.tier, told.store, told.language)

    def changed(self, changes: Changes) -> Profile | NotKept:
        """The profile after these changes."""
        anew = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
        return Profile.parse(Told(**{**asdict(self), **anew}))


class KnownCard(NamedTuple):
    """A card whose number HQ was told once: its token in books, what people may see of it, and the name of its kind."""

    token: str
    masked: str
    kind: str

    @classmethod
    def of(cls, card: Card) -> KnownCard:
        """A genuine card."""
        return cls(card.token, card.masked, card.kind.name)


@dataclass(frozen=True, slots=True)
class MemberFile:
    """A member's whole file: what it has told, and the card that opens its account. It never leaves HQ as it is."""

    account: AccountId
    card: KnownCard
    profile: Profile
    joined_at_ms: int


def clean_name(text: str) -> str | None:
    """A name as it is kept: composed (NFC), single blanks; None when it is empty, too long, or cannot be read."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not 1 <= len(name) <= NAME_LENGTH_MAX or any(unicodedata.category(letter) in UNSEEN for letter in name):
        return None
    return name if any(word for word in _words(name)) else None


def masked_name(name: str, language: Language) -> str:
    """王○明, 王*明, 歐陽○○, 王○, J*** S***: enough for a member to know itself, for others too little.

    Source: REQUIREMENTS A12. A double surname is kept whole, and then nothing of the given name.
    """
    return " ".join(_masked(word, MARK[language]) for word in _words(name)[:WORDS_SHOWN_MAX])


def _words(name: str) -> list[str]:
    plain = "".join(letter for letter in name if unicodedata.category(letter) not in MARKS)
    return [word for word in SEPARATORS.split(plain) if word]


def _masked(word: str, mark: str) -> str:
    if not _is_full_width(word):
        return word[0] + HIDDEN
    shown = _surname_length(word)
    last = 1 if shown == 1 and len(word) > 2 else 0  # noqa: PLR2004 - of two characters the given name is one
    return word[:shown] + mark * (len(word) - shown - last) + word[len(word) - last :]


def _surname_length(word: str) -> int:
    """How many characters may be shown in front; none of a name that has only one."""
    if len(word) > 2 and word[:2] in DOUBLE_SURNAMES:  # noqa: PLR2004 - 歐陽 alone is 歐, whose given name is 陽
        return 2
    return min(1, len(word) - 1)


def _is_full_width(letters: Iterable[str]) -> bool:
    return all(unicodedata.east_asian_width(letter) in FULL_WIDTH for letter in letters)
