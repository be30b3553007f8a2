"""Relays: HQ sends a keeper only what another till has given to it, as that till has signed it."""

from __future__ import annotations

from contextlib import suppress

from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import KeyRing, Vouched
from offline_queue.auditing.transfers import Take
from protocol.bodies import Applied, Directive, Relay
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import Entrust, Right, RightPassed, passed_to, right_in
from protocol.signing import Context, is_signed_by, public_key
from protocol.transfers import given_in


class RelaysCheck:
    """Hears every record of an export in which HQ relays something, or which says that this was carried out."""

    def __init__(self, export: str, ring: KeyRing, report: Report) -> None:
        self.relayed: list[Take] = []
        """Whose records were relayed: to be held against their chains."""
        self._export = export
        self._ring = ring
        self._report = report

    def take(self, record: Record) -> None:
        """Check a record; one that relays nothing is passed over."""
        with suppress(NotARecord):  # the check of orders says so
            directive = directive_in(record)
            if directive is not None and isinstance(directive.order, Relay):
                self._check(record, directive, directive.order)

    def _check(self, record: Record, directive: Directive, relay: Relay) -> None:
        giver = relay.given.open()
        self.relayed.append(Take(record.ref, record.kind, giver.ref, relay.given.hash))
        if not _is_given_to(directive, giver):
            what = f"it relays {giver.ref} to {directive.to}/{directive.to_epoch}, to whom that gives nothing"
            self._report(Sort.WRONG_ORDER, record.ref, what)
        vouched = self._ring.of(self._export, (giver.keeper, giver.epoch))
        if not is_signed(relay.given, relay.public_key, vouched):
            what = f"the record {giver.ref} that it relays is not signed by {giver.keeper}"
            self._report(Sort.WRONG_ORDER, record.ref, what)


def is_signed(given: SignedRecord, key: bytes, vouched: Vouched | None) -> bool:
    """Whether a record that HQ passes on is signed with the key that HQ names, and with none but its keeper's."""
    if vouched is not None and vouched.hex != key.hex():
        return False
    with suppress(ValueError):
        return is_signed_by(public_key(key), Context.RECORD, given)
    return False


def directive_in(record: Record) -> Directive | None:
    """HQ's order, where a record gives one or says that it was carried out; else None. Raises NotARecord."""
    match record.kind:
        case RecordKind.DIRECTIVE:
            return record.body_as(Directive)
        case RecordKind.APPLIED:
            signed: SignedRecord = record.body_as(Applied).directive
            return signed.open().body_as(Directive)
        case _:
            return None


COMING = frozenset({RecordKind.APPLIED, RecordKind.RIGHT_TAKEN})
"""The kinds by which a right comes to a till."""


def right_coming(record: Record) -> Right | None:
    """The right that comes to a till by this record; None: none does. Raises NotARecord."""
    directive, given = directive_in(record), passed_to(record)
    if directive is not None and isinstance(directive.order, Entrust):
        given = directive.order.given
    return None if given is None else right_in(given.open())


def _is_given_to(directive: Directive, giver: Record) -> bool:
    try:
        if giver.kind is RecordKind.RIGHT_PASSED:
            passed = giver.body_as(RightPassed)
            return (passed.to, passed.to_epoch) == (directive.to, directive.to_epoch)
        passage = given_in(giver) if giver.kind is RecordKind.GIVEN else None
    except NotARecord:
        return False
    return passage is not None and (passage.to, passage.to_epoch) == (directive.to, directive.to_epoch)
