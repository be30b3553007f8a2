"""The till's own chain, as the parts of its book write it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from protocol.chain import Head
from protocol.records import RecordKind
from terminal.asking import Moment


class OwnChain(Protocol):
    """Runs in the caller's transaction."""

    def head(self) -> Head:
        """The last record."""

    def append(
        self, after: Head, kind: RecordKind, body: msgspec.Struct, moment: Moment, business_date: str | None = None
    ) -> Head:
        """Sign and store the record after `after`, the last one; a business date that is named holds from it on."""
