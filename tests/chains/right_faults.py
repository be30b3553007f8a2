"""Faults in how the right to undo a sale moves."""

from __future__ import annotations

import pytest

import terminal.originals
from checkout.requests import Original
from hq_server.storage.rights import AT_HQ, Rights, Standing
from ledger.ids import RecordRef
from protocol.originals import original_in
from terminal.originals import Originals


def undo_what_was_given_away(patch: pytest.MonkeyPatch) -> None:
    """A till undoes its own sales, though it has given the right to away."""

    def find(self: Originals, text: str) -> Original | None:
        number = self._slips.number(text)
        if number is not None and self._original(number) is not None:
            return self._original(number)
        moved = self._moved("receipt_number", text)
        return None if moved is None else self._entrusted(moved)

    patch.setattr(Originals, "find", find)


def forget_what_was_undone_since(patch: pytest.MonkeyPatch) -> None:
    """A till undoes by a right that has come, and does not note how much."""
    patch.setattr(terminal.originals, "original_in", lambda right, _: original_in(right, ()))


def entrust_again(patch: pytest.MonkeyPatch) -> None:
    """HQ believes that a right which it has entrusted is with it."""
    of = Rights.of

    def forgetful(self: Rights, sale: RecordRef) -> Standing:
        known = of(self, sale)
        return known if known.given is None else Standing(AT_HQ, known.moves, known.given)

    patch.setattr(Rights, "of", forgetful)
