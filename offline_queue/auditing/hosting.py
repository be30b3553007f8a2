"""Hosted stores: what a till asked of its place at HQ, what it heard came of that, and what that place has booked."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from checkout.slip_facts import SlipKind
from checkout.sold import PaidWith, Sold
from ledger.ids import RecordRef, agent_of, hosted_place
from ledger.slices import MONEY, Purse
from ledger.transactions import Side
from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.relays import directive_in
from offline_queue.auditing.transfers import Take
from protocol.bodies import DeclinedBody, Directive, TransactionBody
from protocol.errors import NotARecord
from protocol.hosting import AskedBody, ToldBody, WarrantBody
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import Entrust, RightGiven
from protocol.signing import Context, is_signed_by


class Deed(NamedTuple):
    """What is done with a member's value, as its till can ask for it. `paid`: units by tender, or empty.

    What is let go at the store's risk was asked of the card. `account` is empty where `original`, a slip, is undone.
    `units` is None for a void: that undoes all, and a till that has replaced another need not know how much it was.
    """

    kind: str
    account: str
    units: int | None
    paid: tuple[tuple[str, int], ...]
    original: str | None

    def __str__(self) -> str:
        parts = ", ".join(f"{tender} {units}" for tender, units in self.paid)
        of = f" of account {self.account}" if self.account else ""
        slip = f" of slip {self.original}" if self.original else ""
        much = "" if self.units is None else f" of {self.units} units"
        return f"{self.kind}{much}{of}{slip}" + (f" ({parts})" if parts else "")


class Wish(NamedTuple):
    """A record in which a till asks for something. A POS may ask twice under one number of its own."""

    at: RecordRef
    operation_id: str
    deed: Deed
    pos_ref: str | None


class Booked(NamedTuple):
    """A record of a place at HQ that moved a member's value, other than to or from another place."""

    at: RecordRef
    operation_id: str
    deed: Deed


class Warranted(NamedTuple):
    """A record that did what its till had asked for; `ask` is the hash of what that had signed."""

    at: RecordRef
    ask: bytes
    deed: Deed


class HostingCheck:
    """Hears every record of an export that asks, tells what came of it, or books at a place at HQ."""

    def __init__(self, export: str, ring: KeyRing, report: Report) -> None:
        self.told: list[Take] = []
        """Whose records were quoted: to be held against their chains."""
        self.warranted: list[Warranted] = []
        self.unchecked: set[str] = set()
        """Those whose keys nobody tells of, and who are quoted."""
        self._export = export
        self._ring = ring
        self._report = report
        self._asked: defaultdict[ChainName, dict[str, Wish]] = defaultdict(dict)
        self._done: dict[ChainName, Booked] = {}
        """The record before, where it needs a warrant."""
        self._slips: dict[str, tuple[str, str]] = {}
        """By the record of a place at HQ, or of a sale that it may undo: the number of its slip, and the account."""

    def take(self, record: Record) -> None:
        """Check a record, the next of its chain; one that has nothing to do with hosting is passed over."""
        booked = self._done.pop((record.keeper, record.epoch), None)
        if booked is not None and booked.at.next() != record.ref:
            booked = None  # what comes between can't be read, and somebody else says so
        if booked is not None and record.kind is not RecordKind.WARRANT:
            self._report(Sort.NOT_ASKED, booked.at, f"it books {booked.deed}, and no warrant follows")
        try:
            match record.kind:
                case RecordKind.ASKED:
                    self._ask(record, record.body_as(AskedBody))
                case RecordKind.TOLD:
                    self._tell(record, record.body_as(ToldBody))
                case RecordKind.TRANSACTION if agent_of(record.keeper) is not None:
                    self._book(record, record.body_as(TransactionBody))
                case RecordKind.APPLIED if agent_of(record.keeper) is not None:
                    self._learn(directive_in(record))
                case RecordKind.WARRANT:
                    self._warrant(record, booked, record.body_as(WarrantBody))
                case _:
                    pass
        except NotARecord:
            return  # the replay says so

    def _ask(self, record: Record, body: AskedBody) -> None:
        wish = Wish(record.ref, body.operation_id, _asked(body), body.pos_ref)
        self._asked[record.keeper, record.epoch].setdefault(body.operation_id, wish)

    def _learn(self, directive: Directive | None) -> None:
        """The slip of a sale whose right comes here; that it was given on, the check of rights says."""
        if directive is not None and isinstance(directive.order, Entrust):
            right = directive.order.given.open().body_as(RightGiven).right
            self._slips[right.record] = right.receipt_number, right.account

    def _book(self, record: Record, body: TransactionBody) -> None:
        self._slips[str(record.ref)] = body.receipt_number, body.account
        booked = Booked(record.ref, body.operation_id, self._deed(body))
        self._done[record.keeper, record.epoch] = booked

    def _warrant(self, record: Record, booked: Booked | None, body: WarrantBody) -> None:
        """What the record before it has done, its till has asked for like that."""
        if booked is None:
            self._report(Sort.NOT_ASKED, record.ref, "the record before it is nothing that a warrant is for")
            return
        wish = self._wish(record, body.asked)
        if isinstance(wish, str):
            self._report(Sort.NOT_ASKED, booked.at, f"it books {booked.deed}, and {wish}")
        elif (wish.operation_id, wish.deed) != (booked.operation_id, booked.deed):
            of = "" if wish.operation_id == booked.operation_id else f" as {wish.operation_id}"
            what = f"it books {booked.deed}, and {wish.at} asks for {wish.deed}{of}"
            self._report(Sort.NOT_ASKED, booked.at, what)
        else:
            self.warranted.append(Warranted(booked.at, body.asked.hash, booked.deed))

    def _wish(self, record: Record, asked: SignedRecord) -> Wish | str:
        """What its till has asked for, or what is wrong with that."""
        try:
            quoted = asked.open()
            ref = quoted.ref
            if quoted.keeper != agent_of(record.keeper) or quoted.kind is not RecordKind.ASKED:
                return f"the record {ref} that its warrant quotes is no ask of its till"
            body = quoted.body_as(AskedBody)
        except NotARecord:
            return "what its warrant quotes is not a record"
        vouched = self._ring.of(self._export, (ref.keeper, ref.epoch))
        if vouched is None:
            self.unchecked.add(f"{ref.keeper}/{ref.epoch}")
        elif not is_signed_by(vouched.key, Context.RECORD, asked):
            return f"the record {ref} that its warrant quotes is not signed by {ref.keeper}"
        return Wish(ref, body.operation_id, _asked(body), body.pos_ref)

    def _deed(self, body: TransactionBody) -> Deed:
        """By the legs where they say it: what the record says beside them takes nothing from anybody."""
        if body.undone is not None:
            original, account = self._slips.get(body.undone.original, (body.undone.original, ""))
            other = "" if body.account == account else body.account
            return Deed(body.kind, other, _undone(body.kind, body.undone.units), (), original)
        if body.sold is None:
            units = sum(leg.units for leg in body.legs if leg.side is Side.HELD and leg.purse is Purse.PRINCIPAL)
            return Deed(body.kind, body.account, units, ((body.slip.tender or "", units),), None)
        spent = sum(leg.units for leg in body.legs if leg.side is Side.SPENT and leg.purse in MONEY)
        return Deed(body.kind, body.account, body.sold.total, _parts(body.sold, spent), None)

    def _tell(self, record: Record, body: ToldBody) -> None:
        try:
            quoted = body.told.open()
        except NotARecord:
            self._report(Sort.WRONG_TOLD, record.ref, "what it quotes is not a record")
            return
        place, ref = hosted_place(record.keeper), quoted.ref
        if quoted.keeper != place:
            what = f"the record {ref} that it quotes is not of {place}, its place at HQ"
            self._report(Sort.WRONG_TOLD, record.ref, what)
            return
        told = Take(record.ref, record.kind, ref, body.told.hash)
        self.told.append(told)
        vouched = self._ring.of(self._export, (ref.keeper, ref.epoch))
        if vouched is None:
            self.unchecked.add(f"{ref.keeper}/{ref.epoch}")
        elif not is_signed_by(vouched.key, Context.RECORD, body.told):
            what = f"the record {ref} that it quotes is not signed by {ref.keeper}"
            self._report(Sort.WRONG_TOLD, record.ref, what)
        self._check_answer(record, body, quoted)

    def _check_answer(self, record: Record, body: ToldBody, quoted: Record) -> None:
        """It is about what this chain has asked for before."""
        wish = self._asked[record.keeper, record.epoch].get(body.operation_id)
        if wish is None:
            what = f"no earlier record of this chain asks for operation {body.operation_id}"
            self._report(Sort.WRONG_TOLD, record.ref, what)
        elif not _answers(quoted, wish):
            what = f"the record {quoted.ref} that it quotes is no answer to {wish.at}"
            self._report(Sort.WRONG_TOLD, record.ref, what)


def _answers(quoted: Record, wish: Wish) -> bool:
    """Under a number of the POS's own it may be what came of an earlier try."""
    try:
        match quoted.kind:
            case RecordKind.TRANSACTION:
                done = quoted.body_as(TransactionBody)
                kind, operation_id, pos_ref = done.kind, done.operation_id, done.slip.pos_ref
            case RecordKind.DECLINED:
                no = quoted.body_as(DeclinedBody)
                kind, operation_id, pos_ref = no.kind, no.operation_id, no.pos_ref
            case _:
                return False
    except NotARecord:
        return False
    is_same = operation_id == wish.operation_id or (pos_ref is not None and pos_ref == wish.pos_ref)
    return is_same and kind == wish.deed.kind


def _asked(body: AskedBody) -> Deed:
    if body.original is not None:
        return Deed(body.kind, "", _undone(body.kind, body.units), (), body.original)
    if body.sold is None:
        return Deed(body.kind, body.account, body.units, ((body.tender, body.units),), None)
    return Deed(body.kind, body.account, body.sold.total, _parts(body.sold), None)


def _undone(kind: str, units: int) -> int | None:
    return None if kind == SlipKind.VOID else units


def _parts(sold: Sold, spent: int | None = None) -> tuple[tuple[str, int], ...]:
    """What is paid with what; `spent` is what of the member's money moved, as far as that is known."""
    parts: Counter[str] = Counter()
    for part in sold.paid:
        from_card = part.tender in {PaidWith.STORED_VALUE, PaidWith.STORE_RISK}
        if spent is None or part.tender is not PaidWith.STORED_VALUE:
            parts[PaidWith.STORED_VALUE if from_card else part.tender] += part.units
    parts[PaidWith.STORED_VALUE] += spent or 0
    return tuple(sorted((tender, units) for tender, units in parts.items() if units))
