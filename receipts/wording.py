"""Every word that cashiers and members see. zh-TW and zh-CN are two texts, never one made from the other."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from ledger.amounts import Currency

TABLE = "wording.csv"


class Language(StrEnum):
    """A column of the table; the value is its BCP 47 tag."""

    TAIWAN = "zh-TW"
    MAINLAND = "zh-CN"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """The table: text by key and language. Asking for what is not in it is our own mistake, so it asserts."""

    texts: Mapping[str, Mapping[Language, str]]

    @staticmethod
    @cache
    def load() -> Wording:
        """The table that is shipped; read once."""
        table = resources.files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
        rows = list(csv.DictReader(table.splitlines(), strict=True))
        texts = {row["key"]: MappingProxyType({language: row[language] for language in Language}) for row in rows}
        assert len(texts) == len(rows), "a key stands twice in the table"
        return Wording(MappingProxyType(texts))

    def say(self, key: str, language: Language, /, **values: object) -> str:
        """The text of a key, its `{placeholders}` filled. Values that it has no use for are ignored."""
        assert key in self.texts, f"{TABLE} has no row {key}"
        text = self.texts[key][language]
        try:
            return text.format_map(values)
        except KeyError as missing:
            message = f"{key} in {language} needs a value for {missing}"
            raise AssertionError(message) from missing

    def money(self, units: int, currency: Currency, language: Language) -> str:
        """`NT$1,200`, `￥12.50`, `EUR 12.50`: how this language writes a sum of that currency."""
        key = f"currency.{currency.code}"
        key = key if key in self.texts else "currency.other"
        return self.say(key, language, amount=currency.format(units), code=currency.code)

    def starting(self, prefix: str, language: Language) -> dict[str, str]:
        """All texts whose keys start so, placeholders unfilled: a page fetches its labels at once."""
        return {key: texts[language] for key, texts in self.texts.items() if key.startswith(prefix)}
