"""Card numbers where none may be: somebody swiped or keyed one into a field that is stored, signed and printed."""

from __future__ import annotations

import re
from unicodedata import normalize

from ledger.cards import CardNumber, CardScheme

_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9])+")


def holds_card_number(scheme: CardScheme, *texts: str) -> bool:
    """Whether one of these texts holds a number of one of the chain's cards, however it is written."""
    numbers = (run for text in texts for run in _DIGITS.findall(normalize("NFKC", text)))
    return any(isinstance(scheme.parse_number(number), CardNumber) for number in numbers)
