"""Who has the right to undo which sale, and what is left of it. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checkout.requests import Original
from hq_server.posting import Doubt
from hq_server.rights import is_true, may_move
from ledger.audit import Posting
from ledger.ids import HEADQUARTERS, HQ_LIFE, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection, SqliteJournal
from ledger.transactions import TransactionKind
from offline_queue.outbox import Chain
from protocol.bodies import RELAYED_BYTES_MAX, TransactionBody, terms_told
from protocol.errors import NotARecord
from protocol.originals import original_in, original_of
from protocol.receipt_numbers import Numbering
from protocol.records import Record, SignedRecord
from protocol.rights import Entrust, LotTerms, Right
from protocol.rights import right_in as right_leaving

AT_HQ = ChainId(HEADQUARTERS, HQ_LIFE)
UNDOING = (TransactionKind.REFUND, TransactionKind.VOID)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a right, how often it has left a till, and by which record last; None: its maker has it still.

    One that is passed to a neighbour is its taker's from then on.
    """

    holder: ChainId
    moves: int = 0
    given: SignedRecord | None = None


class Rights:
    """What follows from the chains of sales, undoings and rights, and from what HQ has entrusted to whom.

    Each step of a right is checked against the chain of its giver alone: the sale, or the right as it came, and what
    that till has undone since. So it can be checked in whichever order HQ hears of tills.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def posted(self, record: Record, posting: Posting) -> None:
        """A till's movement was posted: note a sale by its slip, and an undoing by what it undoes."""
        ref, kind = record.ref, posting.transaction.kind
        if kind is TransactionKind.SALE and posting.receipt is not None:
            slip = Numbering(ref.keeper, ref.epoch).text(posting.receipt)
            line = (slip, ref.keeper, ref.epoch, ref.sequence)
            # A number that a till gives out twice is that of the first slip.
            self._connection.execute("insert or ignore into originals values (?, ?, ?, ?)", line)
        elif kind in UNDOING:
            undone = record.body_as(TransactionBody).undone
            if undone is not None and RecordRef.parse(undone.original) is not None:
                line = (undone.original, ref.keeper, ref.epoch, ref.sequence)
                self._connection.execute("insert into undoings values (?, ?, ?, ?)", line)

    def given(self, signed: SignedRecord, record: Record, to: ChainId, *, is_recovering: bool) -> Doubt | None:
        """A right leaves its till for HQ or a neighbour; or why its record is set aside. Raises NotARecord."""
        right = _right(record)
        sale, giver = RecordRef.parse(right.record), ChainId(record.keeper, record.epoch)
        if sale is None:
            return Doubt.NOT_UNDERSTOOD
        if len(signed.content) > RELAYED_BYTES_MAX:
            return Doubt.HQ_CANNOT_TAKE
        known = self.of(sale)
        if known.holder == giver:
            if not self._is_true(right, sale, known):
                return Doubt.RIGHT_DIFFERS
            self._note(sale, to, right.moves, signed)
        elif known.given != signed and not (is_recovering and right.moves < known.moves):
            return Doubt.RIGHT_NOT_THEIRS
        # Otherwise HQ had lost it, and has heard before of what came behind it.
        line = (str(sale), *giver)
        self._connection.execute("delete from undoings where original = ? and keeper = ? and epoch = ?", line)
        return None

    def believe(self, passed: SignedRecord, to: ChainId, is_fenced: Callable[[ChainId], bool]) -> bool:
        """A till has a right from a neighbour of whom HQ hears nothing more; False: HQ knows better who has it.

        Its word stands where the last holder that HQ knows of is out of the chain: that one will never say otherwise.
        """
        right = right_in(passed)
        sale = RecordRef.parse(right.record)
        known = None if sale is None else self.of(sale)
        if sale is None or known is None or right.moves <= known.moves or not is_fenced(known.holder):
            return False
        self._note(sale, to, right.moves, passed)
        return True

    def of(self, sale: RecordRef) -> Standing:
        """How the right to undo a sale stands."""
        query = "select keeper, epoch, moves, content, signature from rights where original = ?"
        row = self._connection.execute(query, (str(sale),)).get
        if row is None:
            return Standing(ChainId(sale.keeper, sale.epoch))
        keeper, epoch, moves, *given = row
        return Standing(ChainId(Place(keeper), epoch), moves, SignedRecord(*given))

    def sale(self, receipt_number: str) -> RecordRef | None:
        """The posted sale with this slip."""
        query = "select keeper, epoch, sequence from originals where receipt_number = ?"
        row = self._connection.execute(query, (receipt_number,)).get
        return None if row is None else RecordRef(Place(row[0]), *row[1:])

    def has_passed(self, receipt_number: str) -> bool:
        """Whether a later sale of the same keeper and epoch was posted: what had this number is no sale.

        Not seen where the later one has more digits, as names are compared.
        """
        prefix = receipt_number.rpartition("-")[0]
        query = (
            "select 1 from originals where receipt_number > ?1 and receipt_number < ?2"
            " and length(receipt_number) >= length(?1) limit 1"
        )
        return self._connection.execute(query, (receipt_number, f"{prefix}.")).get is not None

    def left(self, sale: RecordRef, known: Standing) -> Original | None:
        """What its holder has left of a sale, as far as that is posted; None when nobody can tell by what it signed."""
        rows = self._connection.execute(
            "select keeper, epoch, sequence from undoings where original = ? and keeper = ? and epoch = ?",
            (str(sale), *known.holder),
        )
        undoings = [self._record(RecordRef(Place(keeper), epoch, sequence)) for keeper, epoch, sequence in list(rows)]
        try:
            if known.given is not None:
                return original_in(right_in(known.given), undoings)
            return original_of(self._record(sale), undoings)
        except (NotARecord, ValueError):
            return None

    def entrust(self, chain: ChainId, order: Entrust) -> None:
        """HQ entrusts what lies with it to a keeper, or stands by having done so; unless it has moved on since."""
        right = right_in(order.given)
        sale = RecordRef.parse(right.record)
        assert sale is not None, "HQ entrusts what it could read"
        if right.moves >= self.of(sale).moves:
            self._note(sale, chain, right.moves, order.given)

    def come_back(self, chain: ChainId, order: Entrust) -> None:
        """A keeper will never carry this out, as it knows a later epoch of HQ's: the right is at HQ as before."""
        right = right_in(order.given)
        self._connection.execute(
            "update rights set keeper = ?, epoch = ? where original = ? and keeper = ? and epoch = ? and moves = ?",
            (*AT_HQ, right.record, *chain, right.moves),
        )
        line = (*chain, order.operation_id)
        self._connection.execute("delete from fetches where keeper = ? and epoch = ? and operation_id = ?", line)

    def _note(self, sale: RecordRef, holder: ChainId, moves: int, given: SignedRecord) -> None:
        line = (str(sale), *holder, moves, given.content, given.signature)
        self._connection.execute("insert or replace into rights values (?, ?, ?, ?, ?, ?)", line)

    def _is_true(self, right: Right, sale: RecordRef, known: Standing) -> bool:
        if known.given is None and self.sale(right.receipt_number) != sale:
            return False
        left = self.left(sale, known)
        if left is None or not may_move(left):
            return False
        return is_true(right, left, self._terms(left, known), known.moves + 1)

    def _terms(self, left: Original, known: Standing) -> tuple[LotTerms, ...]:
        if known.given is not None:
            return right_in(known.given).lots
        keys = {leg.key for leg in (*left.spent, *left.issued)}
        return terms_told(SqliteJournal(self._connection, *known.holder, is_mirror=True).lots(keys))

    def _record(self, ref: RecordRef) -> Record:
        signed = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        assert signed is not None, "what was posted is held"
        return signed.open()


def right_in(given: SignedRecord) -> Right:
    """The right that left a till by this record."""
    try:
        return _right(given.open())
    except NotARecord as fault:
        raise AssertionError("HQ keeps what it could read") from fault


def _right(record: Record) -> Right:
    right = right_leaving(record)
    assert right is not None, "a right leaves its till by it"
    return right
