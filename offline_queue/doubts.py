"""What a keeper checks before it believes whoever is above: HQ, or its store's lead. Their word is signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import DIRECTIVE_BYTES_MAX, GIVEN_BYTES_MAX, Directive, Relay
from protocol.conversation import Vouched
from protocol.errors import NotAMessage, NotAnAcknowledgement, NotARecord
from protocol.originals import original_in
from protocol.records import FIRST_PREVIOUS, Record, RecordKind, SignedRecord
from protocol.rights import Right, RightPassed
from protocol.signing import Context, Signed, is_signed_by, public_key
from protocol.transfers import Passage, given_in
from protocol.vouching import Vouchable, open_words


class Doubt(StrEnum):
    """Why HQ's word is not believed or not followed; the code that is shown."""

    FORGED = "forged"
    """It does not have HQ's signature, or no form that HQ's word has. The line lies, and is given up."""
    NOT_OURS = "not_ours"
    """It is about another keeper. The line is given up."""
    ORDER_MISSING = "order_missing"
    """A directive before this one did not arrive. The line is given up, as HQ says all again on the next one."""
    OLDER_HQ = "older_hq"
    """It is of an HQ epoch before the one that this keeper knows: HQ was restored from a copy, and does not know it."""
    AHEAD = "ahead"
    """HQ holds more of this chain than lies here: this keeper was restored from a copy."""
    OTHER_CHAIN = "other_chain"
    """HQ holds another record than ours under the same number."""
    ORDER_CHANGED = "order_changed"
    """HQ gave another directive under this number before."""
    ORDER_UNKNOWN = "order_unknown"
    """A directive that this version of the program does not understand."""
    OTHER_KEY = "other_key"
    """HQ enrolled this place with another key than ours."""
    TRANSFER_REFUSED = "transfer_refused"
    """HQ gave what the rules of the book refuse, or relays what nobody has given to this keeper."""

    @property
    def is_of_the_line(self) -> bool:
        """Whether the next line may say it better; otherwise HQ itself has to be looked at."""
        return self in (Doubt.FORGED, Doubt.NOT_OURS, Doubt.ORDER_MISSING)


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who listens, and by which key it knows whoever is above."""

    keeper: Place
    epoch: int
    key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Given:
    """A genuine directive to this keeper: HQ's record, its HQ epoch, and what it says."""

    signed: SignedRecord
    hq_epoch: int
    directive: Directive

    @property
    def passage(self) -> Passage | None:
        """What it gives; None when it gives nothing."""
        return given_in(self.signed.open())


@dataclass(frozen=True, slots=True)
class Gift:
    """A genuine record by which a neighbour gives something to this keeper."""

    signed: SignedRecord
    passage: Passage


@dataclass(frozen=True, slots=True)
class Passed:
    """A genuine record by which a neighbour passes a right to this keeper."""

    signed: SignedRecord
    giver: RecordRef
    right: Right

    @property
    def passage(self) -> None:
        """It gives no value."""
        return


def check_acknowledgement(signed: Signed, hearer: Hearer) -> Acknowledgement | Doubt:
    """Whether it is HQ's word about this keeper."""
    if not is_signed_by(hearer.key, Context.ACKNOWLEDGEMENT, signed):
        return Doubt.FORGED
    try:
        said = open_acknowledgement(signed)
    except NotAnAcknowledgement:
        return Doubt.FORGED
    return said if (said.keeper, said.epoch) == (hearer.keeper, hearer.epoch) else Doubt.NOT_OURS


def compare_acknowledgement(
    said: Acknowledgement, hq_epoch: int, own_hash: Callable[[int], bytes | None]
) -> Doubt | None:
    """Whether what HQ holds is what lies here; `hq_epoch` is the highest that was heard of."""
    if said.hq_epoch < hq_epoch:
        return Doubt.OLDER_HQ
    known = own_hash(said.held) if said.held else FIRST_PREVIOUS
    if known is None:
        return Doubt.AHEAD
    return None if known == said.held_hash else Doubt.OTHER_CHAIN


def check_directive(signed: SignedRecord, hearer: Hearer) -> Given | Doubt:
    """Whether it is a directive of HQ's to this keeper, in a form that this version understands."""
    if len(signed.content) > DIRECTIVE_BYTES_MAX or not is_signed_by(hearer.key, Context.RECORD, signed):
        return Doubt.FORGED
    try:
        record = signed.open()
    except NotARecord:
        return Doubt.ORDER_UNKNOWN
    if record.keeper != HEADQUARTERS or record.kind is not RecordKind.DIRECTIVE:
        return Doubt.NOT_OURS
    try:
        directive = record.body_as(Directive)
    except NotARecord:
        return Doubt.ORDER_UNKNOWN
    ours = (directive.to, directive.to_epoch) == (hearer.keeper, hearer.epoch)
    return Given(signed, record.epoch, directive) if ours else Doubt.NOT_OURS


def check_gift(signed: SignedRecord, hearer: Hearer, giver: Place) -> Gift | Passed | Doubt:
    """Whether `giver` gives something to this keeper by it, or passes a right to it."""
    if len(signed.content) > GIVEN_BYTES_MAX or not is_signed_by(hearer.key, Context.RECORD, signed):
        return Doubt.FORGED
    try:
        record = signed.open()
        passed = passed_in(signed, record, ChainId(hearer.keeper, hearer.epoch))
        passage = given_in(record)
    except NotARecord:
        return Doubt.ORDER_UNKNOWN
    if record.keeper == giver and passed is not None:
        return passed
    if record.keeper != giver or record.kind is not RecordKind.GIVEN or passage is None:
        return Doubt.NOT_OURS
    ours = (passage.to, passage.to_epoch) == (hearer.keeper, hearer.epoch)
    return Gift(signed, passage) if ours else Doubt.NOT_OURS


def passed_in(signed: SignedRecord, record: Record, to: ChainId) -> Passed | None:
    """The right that this record passes to that keeper; None: it passes none to it. Raises NotARecord."""
    if record.kind is not RecordKind.RIGHT_PASSED:
        return None
    body = record.body_as(RightPassed)
    original_in(body.right, ())
    return Passed(signed, record.ref, body.right) if (body.to, body.to_epoch) == to else None


def check_vouched(vouched: Vouched, hearer: Hearer) -> Vouchable | Doubt:
    """Whether HQ says it to this keeper."""
    if not is_signed_by(hearer.key, Context.MEDIUM, vouched.words):
        return Doubt.FORGED
    try:
        chain, message = open_words(vouched)
    except NotAMessage:
        return Doubt.FORGED
    return message if chain == (hearer.keeper, hearer.epoch) else Doubt.NOT_OURS


def check_relay(relay: Relay, keeper: Place, epoch: int) -> Gift | Passed | None:
    """The gift, or the right, that HQ relays to this keeper; None: nobody has given it, or to another.

    Whose the key is, HQ's signature on the directive says: the giver may be in no roster any more.
    """
    try:
        giver, key = relay.given.open().keeper, public_key(relay.public_key)
    except (NotARecord, ValueError):
        return None
    gift = check_gift(relay.given, Hearer(keeper, epoch, key), giver)
    return gift if isinstance(gift, Gift | Passed) and giver != HEADQUARTERS else None
