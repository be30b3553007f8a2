"""Whole slips, kept under eyes: a change of a word, a column or a byte shows as a diff in tests/golden.

COUNTERFOIL_UPDATE_GOLDEN=1 writes them anew; look at the diff before you keep it.
"""

import os
from itertools import product
from pathlib import Path

import pytest

from checkout.slip_facts import SlipFacts
from receipts.escpos import render
from receipts.layout import lay_out
from receipts.text import to_text
from tests.receipts.slips import (
    AT_RISK,
    COUNTRIES,
    KEPT,
    LOAD,
    NARROW,
    PROMISE,
    PROMOTED_LOAD,
    PROMOTED_SALE,
    REFUND,
    RISK_BACK,
    SALE,
    SPLIT,
    TAKEN_BACK,
    VOID,
    WIDE,
    Country,
)

GOLDEN = Path(__file__).parents[1] / "golden"
MILLIMETRES = {NARROW: 58, WIDE: 80}
NAMES = {
    SALE: "sale",
    LOAD: "load",
    SPLIT: "split",
    REFUND: "refund",
    VOID: "void",
    AT_RISK: "at-risk",
    RISK_BACK: "risk-back",
    PROMISE: "promise",
    KEPT: "promise-kept",
    TAKEN_BACK: "promise-taken-back",
    PROMOTED_LOAD: "promoted-load",
    PROMOTED_SALE: "promoted-sale",
}
OTHERS = (SPLIT, REFUND, VOID, AT_RISK, RISK_BACK, PROMISE, KEPT, TAKEN_BACK, PROMOTED_LOAD, PROMOTED_SALE)
CASES = list(product((SALE, LOAD), COUNTRIES, (NARROW, WIDE), (False, True)))
"""Kept as text and as bytes."""
TEXTS = [*CASES, *product(OTHERS, COUNTRIES, (NARROW, WIDE), (False,))]


def name(facts: SlipFacts, country: Country, width: int, copy: bool) -> str:  # noqa: FBT001 - a row of CASES
    return f"slip-{NAMES[facts]}-{country.language}-{MILLIMETRES[width]}mm-{'copy' if copy else 'original'}"


def kept(file: str, made: str) -> str:
    path = GOLDEN / file
    if os.environ.get("COUNTERFOIL_UPDATE_GOLDEN") == "1":
        path.write_bytes(made.encode())
    return path.read_bytes().decode()


def hexadecimal(job: bytes) -> str:
    """One printed row a line."""
    return "".join(f"{row.hex(' ')}\n" for row in job.splitlines(keepends=True))


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: name(*case))
def test_the_text_of(case: tuple[SlipFacts, Country, int, bool]) -> None:
    facts, country, width, copy = case
    made = to_text(lay_out(country.slip(facts, copy=copy), width), width)
    assert made == kept(f"{name(*case)}.txt", made)


@pytest.mark.parametrize("case", CASES, ids=lambda case: name(*case))
def test_the_bytes_of(case: tuple[SlipFacts, Country, int, bool]) -> None:
    facts, country, width, copy = case
    made = hexadecimal(render(country.slip(facts, copy=copy), country.paper(width)))
    assert made == kept(f"{name(*case)}.hex", made)


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{name(*case)}.txt" for case in TEXTS} | {f"{name(*case)}.hex" for case in CASES}
    assert {path.name for path in GOLDEN.glob("slip-*")} == expected
