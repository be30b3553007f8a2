"""What goes in and out of HQ's API beside its views: checked here, at the door, and never again."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hq_server.day_totals import GivenTotal
from hq_server.members import Told
from hq_server.recovery import RecoveryView
from hq_server.views import KeeperView, PlaceBalance
from ledger.amounts import Count
from ledger.ids import TILL_PATTERN, Place
from protocol.bodies import Lead, Witness
from protocol.names import Address, Day, Operation

TillPlace = Annotated[str, msgspec.Meta(pattern=rf"^{TILL_PATTERN}\Z")]
"""`<store>-<till>`; HQ itself is no till."""


PersonName = Annotated[str, msgspec.Meta(pattern=r"^\S(.{0,62}\S)?\Z")]


class NewTill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A till may be enrolled as `place`. `store` may be left out: it is what stands before the hyphen."""

    place: TillPlace
    store: str | None = None


class Pairing(msgspec.Struct, frozen=True):
    """What to key in at the till, within so many seconds and at the first of so many tries."""

    place: str
    code: str
    valid_s: int
    tries: int


class StoreMode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which way a store is to run."""

    mode: Literal["real_time", "transfer", "proxy_run", "hosted"]


class StoreLead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which till the others of its store draw, and where it listens on their LAN; both null: from none.

    `witness` and its address: to which of them the lead copies its own chain; both null: to none.
    """

    lead: TillPlace | None
    address: Address | None
    witness: TillPlace | None = None
    witness_address: Address | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where half of it is said."""
        for place, address in ((self.lead, self.address), (self.witness, self.witness_address)):
            if (place is None) != (address is None):
                raise ValueError("a till and its address are said together")
        if self.witness is not None and self.lead in (None, self.witness):
            raise ValueError("the witness is another till than the lead")

    @property
    def named_lead(self) -> Lead | None:
        """The lead with its address."""
        return None if self.lead is None or self.address is None else Lead(Place(self.lead), self.address)

    @property
    def named_witness(self) -> Witness | None:
        """The witness with its address."""
        place, address = self.witness, self.witness_address
        return None if place is None or address is None else Witness(Place(place), address)


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who says so, in a name that stands in HQ's chain."""

    by: PersonName


class Funding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promotion may give `units` more, up to `expires_on` (a business date), if that is set; who says so.

    `operation_id`: made once, before the first try.
    """

    operation_id: Operation
    units: Count
    by: PersonName
    expires_on: Day | None = None


class RecoveryState(msgspec.Struct, frozen=True):
    """How far HQ's recovery is; None when there is none, and HQ gives out what lies with it."""

    recovery: RecoveryView | None


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say."""


class HqHello(msgspec.Struct, frozen=True):
    """Who answers here."""

    product: str
    api: str


class Tills(msgspec.Struct, frozen=True):
    """The tills that were ever enrolled, in each of their epochs: all, or a page of `total`, as it was asked.

    `after` asks for the next page; None: the end. `now_ms` is HQ's clock, to hold `heard_at_ms` against. `recovery`:
    HQ may have lost records, and gives nothing out.
    """

    tills: list[KeeperView]
    total: int = 0
    after: str | None = None
    now_ms: int = 0
    recovery: RecoveryView | None = None


class CurrencyView(msgspec.Struct, frozen=True):
    """How to read and show the amounts; `symbols` by language."""

    code: str
    minor_digits: int
    shown_digits: int
    symbols: dict[str, str]


class About(msgspec.Struct, frozen=True):
    """What a page has to know of HQ: its clock, its zone, the calendar's date there, and the chain's currency."""

    now_ms: int
    timezone: str
    today: str
    currency: CurrencyView


class GivenTotals(msgspec.Struct, frozen=True):
    """All totals that were given of one cashier, till and day, the last one last: it counts."""

    given: list[GivenTotal]


class MemberBalances(msgspec.Struct, frozen=True):
    """What a member has, place by place, as far as it is posted here."""

    account: str
    places: list[PlaceBalance]


class NewMember(Told, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whoever joins, and the number of the card that opens the account."""

    number: str


class MemberSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who has this phone number, or whose is this card? One of the two. They travel in a body: an address is logged."""

    phone: str | None = None
    card: str | None = None

    def __repr__(self) -> str:
        return "<MemberSearch>"


class CardNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card by its number."""

    number: str

    def __repr__(self) -> str:
        return "<CardNumber>"
