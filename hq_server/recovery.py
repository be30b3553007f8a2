"""HQ's recovery: what HQ does when it may have lost records, and what people see of it.

    HQ's book lacks a record that somebody has seen ──▶ a new epoch of HQ's, in which nothing is given out
    each keeper carries out the order `new_epoch`, and from then on none of an earlier epoch; its chain, as far as HQ
        lacks it, says which orders of HQ's it had carried out: HQ stands by those (`readopted`)
    all keepers have done so, and one person says that no other was enrolled meanwhile; or two people go without ──▶
        what lies with HQ is given out again (`recovered`)

DESIGN §3 has the figures of what happens without it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ledger.ids import ChainId
from protocol.people import is_same_person

PEOPLE_WITHOUT_ALL = 2
"""Who go on though a keeper is silent: what HQ had given it is not known, and may be given a second time."""


class Cause(StrEnum):
    """How HQ came to know that it may have lost records."""

    MARKER = "marker"
    """The marker beside the book names a record that is not in it: the book was put back from a copy."""
    NO_MARKER = "no_marker"
    """There is no marker beside a book that is not new: nobody knows."""
    KEEPER = "keeper"
    """A keeper has HQ's signed word for what is not in the book."""
    RECORD = "record"
    """A keeper has carried out an order that HQ has signed, and does not have."""
    PERSON = "person"
    """Somebody who put a copy in its place has said so."""


class Silent(msgspec.Struct, frozen=True):
    """A keeper that has not carried out the new epoch yet. `heard_at_ms` is None before its first word since.

    `money` and `points`: what lies there by what HQ knows, in units; what HQ has forgotten comes on top.
    """

    keeper: str
    epoch: int
    heard_at_ms: int | None
    money: int
    points: int


class RecoveryView(msgspec.Struct, frozen=True):
    """How far HQ's recovery is, in epoch `hq_epoch`; `after` is the last record of the one before, `hq/1/240`.

    HQ stands by `readopted` directives that it had lost. `home` keepers have carried out the new epoch; the first of
    `silent_total` that have not are named.
    `agreed_by`: one person would go on without the silent ones.
    """

    hq_epoch: int
    why: Cause
    began_at_ms: int
    after: str
    readopted: int
    home: int
    silent_total: int
    silent: list[Silent]
    agreed_by: str | None


class Ended(StrEnum):
    """What became of somebody's wish to end the recovery."""

    ENDED = "ended"
    NOT_RECOVERING = "not_recovering"
    SECOND_PERSON_WANTED = "second_person_wanted"
    """Some keepers are silent, and one person agrees: another one has to."""


class LostRecords(Exception):
    """HQ has signed in epoch `hq_epoch` what its book lacks. Nothing was changed; HQ begins another epoch."""

    def __init__(self, hq_epoch: int, cause: Cause) -> None:
        super().__init__(f"HQ's epoch {hq_epoch}, told by a {cause}")
        self.hq_epoch = hq_epoch
        self.cause = cause


class NotStoodBy(Exception):
    """The book refuses to stand by what HQ has signed, for the reason `refusal`: its lot has other terms here."""

    def __init__(self, refusal: str) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def may_end(silent: int, agreed_by: str | None, by: str) -> bool:
    """Whether this person's word ends the recovery."""
    return not silent or (agreed_by is not None and not is_same_person(agreed_by, by))


def names(chains: list[ChainId], most: int) -> tuple[str, ...]:
    """The first of these chains as people and records name them."""
    return tuple(f"{chain.keeper}/{chain.epoch}" for chain in chains[:most])
