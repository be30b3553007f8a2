"""Stored slips into text for the screen and bytes for the printer."""

from __future__ import annotations

from ledger.amounts import Currency
from receipts.compose import Evidence, Standing, compose
from receipts.escpos import PaperSpec, render
from receipts.layout import lay_out
from receipts.slip import Slip
from receipts.text import to_text
from receipts.wording import Language, Wording
from terminal.answers import HqStatus, Texts
from terminal.made import StoredSlip
from terminal.modes import MODES

SCREEN_COLUMNS = 40


class SlipWriter:
    """Says what a stored slip says, under this store's name."""

    def __init__(self, chain: str, store: str, till: str, currency: Currency, language: Language) -> None:
        self._chain = chain
        self._store = store
        self._till = till
        self._currency = currency
        self._language = language

    def job(self, stored: StoredSlip, paper: PaperSpec, *, copy: bool) -> bytes:
        """The bytes for the printer, in the store's language."""
        return render(self._compose(stored, self._language, copy=copy), paper)

    def texts(self, stored: StoredSlip, *, copy: bool) -> Texts:
        """The slip as text in every language, for a shop without a printer."""
        return {
            language.value: to_text(lay_out(self._compose(stored, language, copy=copy), SCREEN_COLUMNS), SCREEN_COLUMNS)
            for language in Language
        }

    def _compose(self, stored: StoredSlip, language: Language, *, copy: bool) -> Slip:
        evidence = Evidence(stored.receipt_number, stored.check_code, stored.record)
        standing = Standing(
            chain=self._chain,
            store=self._store,
            till=self._till,
            local_time=clock_text(stored.local_time),
            business_date=stored.business_date,
            mode=Wording.load().say(f"mode.{stored.mode}", language),
            hq=hq_text(stored.hq, language),
            tells_balance=not MODES[stored.mode].is_hosted,
        )
        return compose(stored.facts, evidence, standing, language, self._currency, copy=copy)


def hq_text(hq: HqStatus, language: Language) -> str:
    """Whether HQ answered, in words."""
    return Wording.load().say(f"hq.{hq.state}", language, time=clock_text(hq.last_contact or "")[5:16] or "–")


def clock_text(rfc3339: str) -> str:
    """`2026-11-22T14:05:09+08:00` -> `2026-11-22 14:05:09`, the store's own clock."""
    return rfc3339[:19].replace("T", " ")
