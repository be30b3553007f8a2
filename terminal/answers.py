"""What the till's API says, as values; docs/local-api.md shows them. Money in units of the chain's currency."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from checkout.slip_facts import Promoted
from checkout.sold import Paid
from loyalty.reasons import Reason
from terminal.lead_status import LeadStatus

Texts = dict[str, str]
"""One sentence in each language: `{"zh-TW": …, "zh-CN": …, "en": …}`."""


class Outcome(StrEnum):
    """What was decided."""

    DONE = "done"
    DECLINED = "declined"
    PROMISED = "promised"
    """Goods were taken back, and the refund follows when the right to give it comes."""


class Balance(msgspec.Struct, frozen=True):
    """What lies at this till, or within its reach, by purse."""

    principal: int
    bonus: int
    points: int


class Answer(msgspec.Struct, frozen=True):
    """What became of an operation. Stored in its commit, and given again to whoever asks again, marked as replayed."""

    operation_id: str
    kind: str
    outcome: Outcome
    record: str
    business_date: str
    at: str
    card: str
    amount: int
    reasons: tuple[Reason, ...]
    balance: Balance | None
    """What it left at this till; where HQ did it, within reach as HQ last said, or None where HQ said nothing.

    None too where a slip was to be undone that is nobody's, as far as is known here.
    """
    principal: int = 0
    bonus: int = 0
    receipt_number: str | None = None
    approval_code: str | None = None
    decline: str | None = None
    cashier_message: Texts | None = None
    pos_ref: str | None = None
    elsewhere: int | None = None
    """The member's money at other places as HQ last said, when that decided; `elsewhere_as_of` is RFC 3339."""
    elsewhere_as_of: str | None = None
    paid: tuple[Paid, ...] = ()
    """The parts of a sale's payment, or what a refund or void gives back of each."""
    floor_limit: int | None = None
    """Of a decline: so much may be let go at the store's own risk, if a request under a new id agrees to it."""
    points_in: int = 0
    points_out: int = 0
    points_owed: int = 0
    original: str | None = None
    """The number of the slip that a refund or void has undone, or that a promise is about."""
    promise: str | None = None
    """The number of the promise that this refund keeps."""
    can_promise: bool = False
    """Of a decline: a request under a new id that says `promise` takes the goods, and the refund follows."""
    promotions: tuple[Promoted, ...] = ()
    """What promotions have given: it is part of `bonus` or `points_in`, and in the order of the programme."""
    missed: tuple[str, ...] = ()
    """Names of promotions that this was for, and of which not enough was left to give here."""
    replayed: bool = False


class Movement(msgspec.Struct, frozen=True):
    """One movement of a member's value. `stored_value`: by how much it rose or, below zero, fell; `at` is RFC 3339."""

    kind: str
    amount: int
    stored_value: int
    points_in: int
    points_out: int
    receipt_number: str
    business_date: str
    at: str
    till: str


class MovementsView(msgspec.Struct, frozen=True):
    """The last movements of the card on the counter, the latest first: those of this till, and those that HQ knows.

    `hq` is None when HQ has not answered; otherwise it is of all tills, this one too, as of `hq_as_of` (RFC 3339).
    """

    here: tuple[Movement, ...]
    hq: tuple[Movement, ...] | None = None
    hq_as_of: str | None = None


class PlaceShare(msgspec.Struct, frozen=True):
    """What a member has at one place: `hq`, or a till such as `07-2`."""

    place: str
    principal: int
    bonus: int
    points: int


class Presentation(msgspec.Struct, frozen=True):
    """A card before the cashier, with what it may spend here now, and what lies where as HQ last said.

    `total` is principal and bonus of all places, this one as it is now; None when HQ never said anything of the member.
    `total_as_of` is RFC 3339; `total_is_fresh`: HQ has said so since the card was presented.
    """

    presentation: str
    card: str
    entry: str
    kind: str
    account: str
    spendable: int
    principal: int
    bonus: int
    points: int
    expires_in_s: int
    name: str | None = None
    tier: str | None = None
    blocked: bool = False
    total: int | None = None
    total_as_of: str | None = None
    total_is_fresh: bool = False
    shares: tuple[PlaceShare, ...] = ()


class Candidate(msgspec.Struct, frozen=True):
    """A member who has the phone number that was asked for; `candidate` opens the card for a short while."""

    candidate: str
    name: str
    card: str
    tier: str | None


class Search(msgspec.Struct, frozen=True):
    """Who has a phone number: all whom HQ knows when it has answered, otherwise those whom this till remembers."""

    members: tuple[Candidate, ...]
    hq_answered: bool


class DeviceStatus(msgspec.Struct, frozen=True):
    """One device by its stable name; `class` is its UnifiedPOS device class; reasons are keys of the wording table."""

    name: str
    device_class: str = msgspec.field(name="class")
    state: str
    reasons: tuple[str, ...] = ()


class SlipStatus(msgspec.Struct, frozen=True):
    """Where a slip's printing stands."""

    receipt_number: str
    state: str
    run: int
    reasons: tuple[str, ...] = ()


class Refundable(msgspec.Struct, frozen=True):
    """What can still be undone of a sale or a load: `left` of its price, and of each part that paid it.

    A load is voided, never refunded. `voidable`: nothing was undone so far, and its business date is still open.
    """

    total: int
    left: int
    paid: tuple[Paid, ...]
    voidable: bool


class SlipView(msgspec.Struct, frozen=True):
    """A slip as text, for a shop without a printer, and where its printing stands."""

    receipt_number: str
    kind: str
    state: str
    reasons: tuple[str, ...]
    run: int
    copy: bool
    text: Texts
    refundable: Refundable | None = None


class HqState(StrEnum):
    """Whether HQ is on the line."""

    ANSWERED = "answered"
    NOT_REACHED = "not_reached"
    RESTING = "resting"
    """The line is down between two exchanges, as it should be."""
    BY_MEDIUM = "by_medium"
    """There is no line, as it should be: files go to HQ and back."""
    NEVER = "never"
    """Not since this till's book began."""


class Stopped(StrEnum):
    """Why records stay here though HQ could be reached, or its directives are not carried out.

    The values are `hq.stopped.*` keys of the wording table.
    """

    REVOKED = "revoked"
    """HQ trusts this till no longer: it may not trade."""
    FENCED = "fenced"
    UNKNOWN_KEEPER = "unknown_keeper"
    FORK = "fork"
    CHAIN_BROKEN = "chain_broken"
    REJECTED = "rejected"
    """HQ does not take the records, for a reason that is not one of these."""
    STRANGER = "stranger"
    """Whoever answers is not the HQ with which this till was enrolled."""
    OLDER_HQ = "older_hq"
    AHEAD = "ahead"
    OTHER_CHAIN = "other_chain"
    ORDER_CHANGED = "order_changed"
    ORDER_UNKNOWN = "order_unknown"
    OTHER_KEY = "other_key"
    TRANSFER_REFUSED = "transfer_refused"


class HqStatus(msgspec.Struct, frozen=True):
    """Whether HQ is on the line, and when it was last heard (RFC 3339). `waiting`: records not acknowledged yet."""

    state: HqState
    last_contact: str | None
    waiting: int = 0
    stopped: Stopped | None = None


class ClockStatus(msgspec.Struct, frozen=True):
    """Why this till's clock is doubted, a key `clock.…` of the wording table, and by how much it is ahead or behind."""

    doubt: str
    off_ms: int


class BookState(StrEnum):
    """Whether the till's book is the latest of its chain. `book.…` in the wording table, but for `sure`."""

    SURE = "sure"
    UNCONFIRMED = "unconfirmed"
    """The program has started, and nobody has said yet that this is the latest."""
    BEHIND = "behind"
    """Somebody knows of a record of this chain that is not here, or is another one here."""


class Status(msgspec.Struct, frozen=True):
    """All that the cashier page shows when it starts. `lead`: None where there is none; `clock`: None while trusted."""

    till: str
    mode: str
    business_date: str
    hq: HqStatus
    lead: LeadStatus | None
    clock: ClockStatus | None
    book: BookState
    devices: tuple[DeviceStatus, ...]
    presentation: Presentation | None
    slips_waiting: tuple[SlipStatus, ...]


class DayClose(msgspec.Struct, frozen=True):
    """The business date moved on."""

    closed: str
    opens: str
    record: str


class Problem(StrEnum):
    """Why nothing was decided. The values are codes in the API and `problem.*` keys of the wording table."""

    BAD_REQUEST = "bad_request"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_LARGE = "too_large"
    FOREIGN_HOST = "foreign_host"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NO_CARD = "no_card"
    CARD_GONE = "card_gone"
    CARD_NUMBER_MISPLACED = "card_number_misplaced"
    CANDIDATE_GONE = "candidate_gone"
    NOT_A_PHONE = "not_a_phone"
    OPERATION_CONFLICT = "operation_conflict"
    POS_REF_CONFLICT = "pos_ref_conflict"
    UNKNOWN_OPERATION = "unknown_operation"
    OUTCOME_UNKNOWN = "outcome_unknown"
    HQ_NOT_REACHED = "hq_not_reached"
    SLIP_UNKNOWN = "slip_unknown"
    SLIP_NOT_WAITING = "slip_not_waiting"
    TILL_REVOKED = "till_revoked"
    NOT_ENROLLED = "not_enrolled"
    BOOK_UNCONFIRMED = "book_unconfirmed"
    BOOK_BEHIND = "book_behind"
    DAY_NOT_OPEN = "day_not_open"
    CLOCK_DOUBTED = "clock_doubted"
    DATE_NOT_POSSIBLE = "date_not_possible"
    DISK_FULL = "disk_full"
    BUSY = "busy"
    INTERNAL = "internal"
