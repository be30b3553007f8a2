"""Records as people read them: one line each, and one in full. Pure; whatever a keeper has signed can be shown."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hq_server.record_in_full import Json
from ledger.slices import Purse
from ledger.transactions import Leg, Side, TransactionKind
from protocol.bodies import (
    Applied,
    Block,
    ClockBody,
    DayClosedBody,
    DeclinedBody,
    Directive,
    Given,
    Netted,
    Opened,
    Order,
    PrintBody,
    Recall,
    Relay,
    Roster,
    RunAs,
    Taken,
    TransactionBody,
    Transfer,
    Unblock,
)
from protocol.errors import NotARecord
from protocol.hosting import AskedBody, ToldBody, WarrantBody
from protocol.promotions import Funded
from protocol.records import Record, RecordKind
from protocol.recoveries import Readopted, Reclaimed, Recovered
from protocol.rights import Entrust, GiveRight, Right, RightPassed, RightTaken, right_in
from protocol.transfers import given_in
from protocol.write_offs import WrittenOff

UNREADABLE = "unreadable"
"""Genuine, and its body has not the form of its kind."""
UNHEARD_SHOWN_MAX = 20
"""Keepers in one line."""
BOOK_PURSES = (Purse.PRINCIPAL, Purse.BONUS, Purse.POINTS)
PASSING = (*BOOK_PURSES, Purse.QUOTA)
"""What goes from place to place."""


class Units(msgspec.Struct, frozen=True):
    """Units by purse; negative: they left."""

    principal: int = 0
    bonus: int = 0
    points: int = 0
    quota: int = 0
    """Of what a promotion may still give; a member has none, and a movement of a member's tells of none."""


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a record says, in short. `what` names it: the kind of a transaction, an order, or the record's own kind.

    `moved` is by how much a member's value rose or fell at the keeper's place; `asked` what was asked for, declined or
    promised, in units. `why` is a code; `told` are names and numbers as they stand in the record, each in its own
    words. `original` is the slip that is undone or is to be; `promise` the record of a promise kept or taken back.
    """

    what: str
    account: str | None = None
    moved: Units | None = None
    asked: int | None = None
    why: str | None = None
    told: tuple[str, ...] = ()
    original: str | None = None
    promise: str | None = None


class RecordLine(msgspec.Struct, frozen=True):
    """One record of a chain. `stands`: `posted`, `held`, `waits`, or `set_aside`; HQ's own are posted."""

    record: str
    kind: str
    business_date: str
    recorded_at_ms: int
    hash: str
    stands: str
    summary: Summary


class RecordList(msgspec.Struct, frozen=True):
    """Some records of a chain, the newest first. `before` asks for the ones below; None: this is the beginning."""

    keeper: str
    epoch: int
    held: int
    lines: list[RecordLine]
    before: int | None


class RecordView(msgspec.Struct, frozen=True):
    """One record in full. Bytes are in hexadecimal; `content` is what was signed, byte for byte."""

    line: RecordLine
    reasons: list[str]
    fields: Json
    content: str
    signature: str


def summary(record: Record) -> Summary:
    """What a record says, in short; a body that cannot be read is said to be so."""
    try:
        return _SUMMARIES[record.kind](record)
    except (NotARecord, ValueError):
        return Summary(UNREADABLE)


def held_units(legs: tuple[Leg, ...]) -> Units:
    """By how much the member's value rose or fell, by purse."""
    sums = (sum(leg.units for leg in legs if leg.side == Side.HELD and leg.purse == purse) for purse in BOOK_PURSES)
    return Units(*sums)


def _transaction(record: Record) -> Summary:
    body = record.body_as(TransactionBody)
    told = _said(body.receipt_number, body.slip.cashier, body.slip.pos_ref)
    original, promise = body.slip.original, _settled(body)
    if body.kind == TransactionKind.PROMISE or (promise and not body.legs):
        account, units = body.account or None, body.slip.amount
        return Summary(body.kind, account, asked=units, told=told, original=original, promise=promise)
    return Summary(body.kind, body.account, held_units(body.legs), told=told, original=original, promise=promise)


def _settled(body: TransactionBody) -> str | None:
    """The promise that a refund keeps, or that a void takes back: nothing had paid for that one, and nothing moves."""
    if body.undone is None:
        return None
    takes_back = body.kind == TransactionKind.VOID and not body.legs and not body.undone.paid
    return body.undone.original if takes_back else body.undone.promise


def _declined(record: Record) -> Summary:
    body = record.body_as(DeclinedBody)
    told = _said(body.kind, body.cashier, body.pos_ref)
    return Summary("declined", body.account, asked=body.units, why=body.decline, told=told)


def _opened(record: Record) -> Summary:
    return Summary("opened", told=_said(record.body_as(Opened).software))


def _print(record: Record) -> Summary:
    body = record.body_as(PrintBody)
    return Summary("print", told=_said(body.receipt_number, str(body.run), body.step, *body.reasons))


def _day_closed(record: Record) -> Summary:
    body = record.body_as(DayClosedBody)
    return Summary("day_closed", told=_said(body.closed, body.opens))


def _clock(record: Record) -> Summary:
    body = record.body_as(ClockBody)
    if body.doubt is None:
        return Summary("clock", why=f"trusted_by_{body.by}")
    return Summary("clock", why=body.doubt, told=(f"{(body.wall_ms - body.other_ms) / 1000:+.0f} s",))


def _asked(record: Record) -> Summary:
    body = record.body_as(AskedBody)
    units = body.units if body.sold is None else body.sold.total
    told = _said(body.kind, body.original, body.cashier, body.pos_ref)
    return Summary("asked", body.account or None, asked=units, told=told)


def _told(record: Record) -> Summary:
    """What it quotes has moved something at another place, and nothing here."""
    quoted = record.body_as(ToldBody).told.open()
    if quoted.kind is RecordKind.DECLINED:
        no = quoted.body_as(DeclinedBody)
        return Summary("told", no.account, asked=no.units, why=no.decline, told=(str(quoted.ref), no.kind))
    done = quoted.body_as(TransactionBody)
    return Summary("told", done.account, asked=done.slip.amount, told=(str(quoted.ref), done.kind))


def _warrant(record: Record) -> Summary:
    """What it quotes is a till's wish, and moves nothing."""
    quoted = record.body_as(WarrantBody).asked.open()
    wish = _asked(quoted)
    return msgspec.structs.replace(wish, what="warrant", told=(str(quoted.ref), *wish.told))


def _directive(record: Record) -> Summary:
    body = record.body_as(Directive)
    return _order(body.order, f"{body.to}/{body.to_epoch}", str(body.number), sign=-1)


def _applied(record: Record) -> Summary:
    quoted = record.body_as(Applied).directive.open()
    return _order(quoted.body_as(Directive).order, str(quoted.ref), sign=1)


def _given(record: Record) -> Summary:
    body = record.body_as(Given)
    return Summary("given", body.transfer.account, _of(body.transfer, -1), told=(f"{body.to}/{body.to_epoch}",))


def _right_given(record: Record) -> Summary:
    return _right("right_given", record)


def _right_passed(record: Record) -> Summary:
    body = record.body_as(RightPassed)
    return _right("right_passed", record, f"{body.to}/{body.to_epoch}")


def _right_taken(record: Record) -> Summary:
    given = record.body_as(RightTaken).given.open()
    return _right("right_taken", given, str(given.ref))


def _right(what: str, record: Record, *told: str) -> Summary:
    """A right as it left its till by this record."""
    right = right_in(record)
    return Summary(what, told=told) if right is None else _with_right(what, right, *told)


def _with_right(what: str, right: Right, *told: str) -> Summary:
    return Summary(what, right.account, told=(*told, *_said(right.record, right.receipt_number)))


def _taken(record: Record) -> Summary:
    return _quoted_gift("taken", record.body_as(Taken).given.open(), sign=1)


def _netted(record: Record) -> Summary:
    body = record.body_as(Netted)
    return Summary("netted", body.account, held_units(body.legs))


def _readopted(record: Record) -> Summary:
    return _quoted_gift("readopted", record.body_as(Readopted).directive.open(), sign=-1)


def _reclaimed(record: Record) -> Summary:
    return _quoted_gift("reclaimed", record.body_as(Reclaimed).directive.open(), sign=1)


def _recovered(record: Record) -> Summary:
    body = record.body_as(Recovered)
    return Summary("recovered", told=_said(*body.by, *body.unheard[:UNHEARD_SHOWN_MAX]))


def _funded(record: Record) -> Summary:
    body = record.body_as(Funded)
    return Summary("funded", told=_said(body.promotion, str(body.units), body.expires_on, body.by))


def _written_off(record: Record) -> Summary:
    body = record.body_as(WrittenOff)
    units = (sum(part.units for part in body.parts if part.purse == purse) for purse in BOOK_PURSES)
    accounts = {part.account for part in body.parts}
    account = accounts.pop() if len(accounts) == 1 else None
    return Summary("written_off", account, Units(*units), told=_said(f"{body.keeper}/{body.epoch}", *body.by))


def _quoted_gift(what: str, quoted: Record, sign: int) -> Summary:
    passage = given_in(quoted)
    if passage is None:
        return Summary(what, told=(str(quoted.ref),))
    return Summary(what, passage.transfer.account, _of(passage.transfer, sign), told=(str(quoted.ref),))


def _order(order: Order, *told: str, sign: int = 0) -> Summary:
    tag = str(order.__struct_config__.tag)
    match order:
        case Transfer():
            return Summary(tag, order.account, _of(order, sign), told=told)
        case Recall():
            return Summary(tag, order.account, told=told)
        case Relay():
            given = order.given.open()
            passage, right = given_in(given), right_in(given)
            if right is not None:
                return _with_right(tag, right, *told, str(given.ref))
            return Summary(tag, None if passage is None else passage.transfer.account, told=(*told, str(given.ref)))
        case Entrust():
            return _right(tag, order.given.open(), *told)
        case _:
            return Summary(tag, told=(*told, *_details(order)))


def _details(order: Order) -> tuple[str, ...]:
    match order:
        case Block() | Unblock():
            return (str(len(order.cards)),)
        case RunAs():
            return (order.mode,)
        case GiveRight():
            return (order.record,)
        case Roster():
            return (*("-" if one is None else one.place for one in (order.lead, order.witness)), str(len(order.tills)))
        case _:
            return ()


def _of(transfer: Transfer, sign: int) -> Units:
    return Units(*(sign * sum(part.units for part in transfer.parts if part.purse == purse) for purse in PASSING))


def _said(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


_SUMMARIES: dict[RecordKind, Callable[[Record], Summary]] = {
    RecordKind.OPENED: _opened,
    RecordKind.TRANSACTION: _transaction,
    RecordKind.DECLINED: _declined,
    RecordKind.PRINT: _print,
    RecordKind.DAY_CLOSED: _day_closed,
    RecordKind.CLOCK: _clock,
    RecordKind.ASKED: _asked,
    RecordKind.TOLD: _told,
    RecordKind.WARRANT: _warrant,
    RecordKind.RIGHT_GIVEN: _right_given,
    RecordKind.RIGHT_PASSED: _right_passed,
    RecordKind.RIGHT_TAKEN: _right_taken,
    RecordKind.DIRECTIVE: _directive,
    RecordKind.APPLIED: _applied,
    RecordKind.GIVEN: _given,
    RecordKind.TAKEN: _taken,
    RecordKind.NETTED: _netted,
    RecordKind.READOPTED: _readopted,
    RecordKind.RECLAIMED: _reclaimed,
    RecordKind.RECOVERED: _recovered,
    RecordKind.FUNDED: _funded,
    RecordKind.WRITTEN_OFF: _written_off,
}
