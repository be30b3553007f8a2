"""What HQ shows of its book: heads, fences, what is set aside, what differs."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hq_server.write_offs import WriteOffView

LINES_SHOWN_MAX = 1000
"""A list for people; whoever has more to look at has another problem."""


class HqView(msgspec.Struct, frozen=True):
    """HQ as its tills know it: its key (hexadecimal), its epoch, and the last record of its own chain."""

    public_key: str
    epoch: int
    head: str
    head_hash: str


class KeeperView(msgspec.Struct, frozen=True):
    """One till as HQ knows it. `held` and `posted` are record numbers; `heard_at_ms` is None before its first word.

    `waits` is how many records are held and not yet posted; `fences` says why nothing more is taken from it; `on_line`
    is whether its line is up. `mode` is the way in which its store runs, as its last record has it; `money` and
    `points` are what lies there or is under way to it, in units: what each copy of a stolen till could spend once more.
    `directives` are those of HQ that it has not yet said to have carried out; `leads`: the others of its store draw
    from it. `at_risk` is what it let go at its store's own risk and no refund has taken back, in units. `is_open`: it
    may be given value; of one that may not, two people may write off what lies there (`write_off`), and `money` and
    `points` count what is beyond that.
    """

    keeper: str
    epoch: int
    store: str
    public_key: str
    held: int
    posted: int
    waits: int
    heard_at_ms: int | None
    business_date: str | None
    fences: tuple[str, ...]
    on_line: bool = False
    mode: str | None = None
    money: int = 0
    points: int = 0
    directives: int = 0
    leads: bool = False
    witnesses: bool = False
    at_risk: int = 0
    is_open: bool = True
    write_off: WriteOffView | None = None


class StoreClaim(msgspec.Struct, frozen=True):
    """What a store let a member have at its own risk, and has a claim to, in units. It is no part of the balance."""

    store: str
    units: int


class ExposureLine(msgspec.Struct, frozen=True):
    """What a till let one member have on one business date at its store's own risk, and what of it is still open."""

    store: str
    keeper: str
    business_date: str
    account: str
    let_go: int
    open: int


class ExposureList(msgspec.Struct, frozen=True):
    """All that stores bear now, `open` units of it, in `total` lines: the first LINES_SHOWN_MAX of them."""

    total: int
    open: int
    lines: list[ExposureLine]


class Stands(StrEnum):
    """For what a promised refund waits. The values are `hq_page.promise.*` keys of the wording table."""

    TILL_LOST = "till_lost"
    """HQ takes nothing more from the till that has promised: a person has to see to it."""
    NOT_REPORTED = "not_reported"
    """The till that has printed the slip has not reported that sale."""
    NO_SALE = "no_sale"
    """No sale has this slip, or its till was out before it reported one."""
    NOTHING_LEFT = "nothing_left"
    """All of the sale was given back by others."""
    STAYS = "stays"
    """The right stays with the till that has sold: a part is at its store's risk, or there are too many lots."""
    HOLDER_LOST = "holder_lost"
    """HQ takes nothing more from whoever has the right."""
    WITH_HOLDER = "with_holder"
    """Whoever has the right is to give it, and will when it calls."""
    ON_ITS_WAY = "on_its_way"
    """The right was entrusted to the till that has promised, or is at HQ."""


class PromiseLine(msgspec.Struct, frozen=True):
    """A till promised to give back `units` of the sale with the slip `original`; `holder` has the right to."""

    record: str
    keeper: str
    receipt_number: str
    original: str
    units: int
    business_date: str
    stands: Stands
    holder: str | None


class PromiseList(msgspec.Struct, frozen=True):
    """The promises that are neither kept nor taken back, the oldest first: the first LINES_SHOWN_MAX of `total`."""

    total: int
    lines: list[PromiseLine]


class SuspenseView(msgspec.Struct, frozen=True):
    """A genuine record that the book could not take."""

    record: str
    account: str
    reason: str


class SuspenseList(msgspec.Struct, frozen=True):
    """What is set aside, till by till: the first LINES_SHOWN_MAX of `total` lines."""

    total: int
    lines: list[SuspenseView]


class DifferenceView(msgspec.Struct, frozen=True):
    """A day close at which till and HQ did not have the same at that place; digests in hexadecimal."""

    record: str
    said: str
    found: str


class DifferenceList(msgspec.Struct, frozen=True):
    """The day closes that differ, till by till: the first LINES_SHOWN_MAX of `total`."""

    total: int
    lines: list[DifferenceView]


class WaitView(msgspec.Struct, frozen=True):
    """A record that takes what another keeper has given, and that keeper's record, which is not posted here yet."""

    record: str
    giver: str


class WaitList(msgspec.Struct, frozen=True):
    """The records that wait, at most one of a till: the first LINES_SHOWN_MAX of `total`."""

    total: int
    lines: list[WaitView]


class PlaceBalance(msgspec.Struct, frozen=True):
    """What an account has at one place, in units."""

    place: str
    principal: int
    bonus: int
    points: int
