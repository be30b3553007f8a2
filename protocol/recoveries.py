"""What HQ records when it may have lost records: what it stands by, has back, and when it gives out again."""

from __future__ import annotations

import msgspec

from protocol.names import LotName
from protocol.records import SignedRecord


class Shortage(msgspec.Struct, frozen=True):
    """Units of a lot that a place should have given, and did not have."""

    purse: str
    lot: LotName
    units: int


class Readopted(msgspec.Struct, frozen=True):
    """A directive of an earlier HQ epoch that HQ's chain has lost, as its keeper has handed it back.

    What it gave leaves HQ's place by this record; `short` is what of it is not there, and HQ owes until it comes.
    """

    directive: SignedRecord
    short: tuple[Shortage, ...] = ()


class Reclaimed(msgspec.Struct, frozen=True):
    """A directive of HQ's in an earlier epoch gave what has not been taken, and never will be: it lies here again."""

    directive: SignedRecord


UNHEARD_NAMED_MAX = 1000
"""So many names fit into a record."""


class Recovered(msgspec.Struct, frozen=True):
    """HQ gives out again what lies with it: by whose word, and of which keepers (`07-1/1`) it had not heard until then.

    Of `unheard_total` keepers the first UNHEARD_NAMED_MAX are named.
    """

    by: tuple[str, ...]
    unheard: tuple[str, ...]
    unheard_total: int
