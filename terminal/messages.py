"""One sentence for the cashier, in each language, from the wording table."""

from __future__ import annotations

import msgspec

from checkout.results import Decline
from ledger.amounts import Currency
from receipts.wording import Language, Wording
from terminal.answers import Answer, Texts


class Messages:
    """Says codes in words."""

    def __init__(self, wording: Wording, currency: Currency) -> None:
        self._wording = wording
        self._currency = currency

    def say(self, key: str, **values: str) -> Texts:
        """The text of a row of the table in each language."""
        return {language.value: self._wording.say(key, language, **values) for language in Language}

    def symbol(self, language: Language) -> str:
        """`NT$`: what stands before an amount."""
        return self._wording.money(0, self._currency, language).rstrip("0.").strip()

    def with_message(self, answer: Answer) -> Answer:
        """A declined answer with the sentence that explains it; any other as it is."""
        if answer.decline is None:
            return answer
        decisive = answer.reasons[-1]
        elsewhere = sum(reason.seen for reason in answer.reasons if reason.rule == "elsewhere")
        key = f"decline.{Decline(answer.decline)}"
        message = {
            language.value: self._wording.say(
                key,
                language,
                limit=self._wording.money(decisive.limit, self._currency, language),
                seen=self._wording.money(decisive.seen, self._currency, language),
                elsewhere=self._wording.money(elsewhere, self._currency, language),
                in_all=self._wording.money(decisive.limit + elsewhere, self._currency, language),
            )
            for language in Language
        }
        return msgspec.structs.replace(answer, cashier_message=message)
