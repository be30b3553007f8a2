"""Faults about rights that tills of a store pass to each other, to be put into the real programs by a test."""

from __future__ import annotations

import pytest

from hq_server.storage.rights import AT_HQ, Rights
from ledger.ids import ChainId, RecordRef
from protocol.records import Record, SignedRecord
from protocol.rights import Right
from terminal.originals import Originals


def pass_on_and_keep(patch: pytest.MonkeyPatch) -> None:
    """A till passes a right to a neighbour, and still has it."""
    pass_on = Originals.pass_on

    def keep(self: Originals, receipt_number: str, at: RecordRef) -> Right | None:
        right = pass_on(self, receipt_number, at)
        if right is not None:
            self._connection.execute("delete from rights_passed where original = ?", (right.record,))
            self._came(right, at)
        return right

    patch.setattr(Originals, "pass_on", keep)


def hear_of_no_move(patch: pytest.MonkeyPatch) -> None:
    """HQ does not note to whom a till has passed a right."""
    given = Rights.given

    def only_to_hq(self: Rights, signed: SignedRecord, record: Record, to: ChainId, *, is_recovering: bool) -> object:
        return given(self, signed, record, to, is_recovering=is_recovering) if to == AT_HQ else None

    patch.setattr(Rights, "given", only_to_hq)
