"""The till's one file: book, chain, answers and slips, written together or not at all. Used from one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ledger.cards import Card
from ledger.ids import HEADQUARTERS, AccountId, Place
from ledger.journal_sqlite import Connection, SqliteJournal, open_book, transaction
from ledger.slices import MONEY, Slice, that_never_expire, total
from loyalty.programme import Programme
from offline_queue.doubts import Doubt, Gift, Given, Passed, compare_acknowledgement
from offline_queue.forwarding import cut
from offline_queue.marker_file import Marker
from offline_queue.outbox import Outbox, Stamp, last_epoch
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import PrintBody
from protocol.chain import Head
from protocol.conversation import BATCH_RECORDS_MAX, NotDrawn, Resume
from protocol.records import RecordKind, SignedRecord
from protocol.signing import Signed, Signer
from terminal.answering import balance_of
from terminal.answers import Answer, DayClose, Movement, Problem
from terminal.asking import Asked, Identity, Moment
from terminal.book_trust import BookTrust
from terminal.clock_book import ClockBook
from terminal.day_closing import DayClosing
from terminal.decisions import Decisions, Shelf, has_moved
from terminal.floor_limits import FloorLimits
from terminal.gifts import Gifts
from terminal.hosted_book import HostedBook
from terminal.hosting_book import HostingBook
from terminal.hq_memory import HqMemory
from terminal.lending import Lending
from terminal.lent_rights import LentRights
from terminal.made import StoredSlip
from terminal.members import Members
from terminal.members_told import MembersTold
from terminal.modes import Mode
from terminal.movements import Movements
from terminal.negative_list import NegativeList
from terminal.neighbours import Neighbours
from terminal.opening import Opening
from terminal.operations import Operations
from terminal.originals import Originals
from terminal.passing import Passing
from terminal.promises import Promises
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.slips import Slips
from terminal.standing import Standing
from terminal.transfers import Transfers
from terminal.undoable import Undoable
from terminal.wanting import GoneHome, Held, Want, want_of

SCHEMAS = ("ledger", "offline_queue", "terminal")


class TillStore:
    """Everything that the till must not forget. Each method is one commit, on the disk when it returns."""

    def __init__(
        self,
        connection: Connection,
        identity: Identity,
        sign: Signer,
        programme: Programme,
        marker: Marker | None = None,
    ) -> None:
        epoch = last_epoch(connection, identity.place) or identity.epoch
        self.identity = identity = msgspec.structs.replace(identity, epoch=epoch)
        """Who keeps it, in the book's own epoch."""
        self._connection = connection
        self._programme = programme
        self._outbox = Outbox(connection, identity.place, epoch, sign)
        self.trust = BookTrust(self._outbox, marker)
        self._journal = SqliteJournal(connection, identity.place, epoch)
        self.slips = Slips(connection, identity.numbering)
        self.operations = Operations(connection, self.slips)
        self.members = Members(connection, identity.place)
        self.members_told = MembersTold(connection, self.members)
        self.negative_list = NegativeList(connection)
        self._transfers = Transfers(self._outbox, self._journal, programme, self.members)
        self.neighbours = Neighbours(connection)
        self._originals = Originals(connection, self.slips, self._journal)
        self._promises = Promises(connection, self.slips)
        self.undoable = Undoable(connection, self._originals, self._promises, self)
        passing = Passing(self._outbox, self._originals)
        lists = self.negative_list, self.neighbours, self._originals
        self.hq = HqMemory(connection, self._outbox, identity, self._transfers, passing, *lists)
        self.gifts = Gifts(connection, self._outbox, self._transfers, passing)
        self._movements = Movements(identity.place, self.slips)
        self.clock = ClockBook(connection, self._outbox, self)
        shelf = Shelf(
            self._journal,
            self.operations,
            self.slips,
            self._originals,
            self._promises,
            self.members,
            self.negative_list,
            self.neighbours,
            self.hq,
            self.clock,
            self.trust,
            FloorLimits(connection),
        )
        self.lending = Lending(connection, self._outbox, programme, self._transfers, passing, shelf)
        self.rights = LentRights(connection, self._outbox, passing, shelf)
        self._days = DayClosing(self._outbox, self._journal, self.clock, self)
        self._decisions = Decisions(self, shelf, identity, programme)
        passing.keep_promises = self._decisions.keep_promises
        self.hosted = HostedBook(connection, self._outbox, self, shelf, self._decisions.known)
        self.hosting = HostingBook(connection, self._outbox, self.operations, self._decisions, self._days)
        self._opening = Opening(
            connection, identity, self._outbox, self.trust, self.clock, self.hq, self._interrupt_slips
        )

    @classmethod
    def open(  # noqa: PLR0913 - what a book is opened with
        cls,
        path: Path | str,
        identity: Identity,
        sign: Signer,
        programme: Programme,
        *,
        vfs: str | None = None,
        marker: Marker | None = None,
    ) -> TillStore:
        """Open the file, or make it. Without a marker a start is believed. Raises BookUnusable."""
        return cls(open_book(path, *SCHEMAS, vfs=vfs), identity, sign, programme, marker)

    def when_appended(self, wake: Callable[[], None]) -> None:
        """Have this called when the chain grows, whatever lets it grow; from the store's thread, before the commit."""
        self._outbox.appended = wake

    def when_doubted(self, tell: Callable[[], None]) -> None:
        """Have this called when the clock or the book itself begins to be doubted, or no longer is."""
        self.clock.told = self.trust.told = tell

    def close(self) -> None:
        """Give the files free."""
        self._connection.close()
        self.trust.close()

    def begin(self, moment: Moment, mode: str) -> Head:
        """Open the book, once in each run of the program (terminal.opening). Raises BookUnusable."""
        with transaction(self._connection):
            self._opening.begin(moment, mode)
            return self.head()

    def _interrupt_slips(self, moment: Moment) -> None:
        for job in self.slips.waiting():
            if job.state is SlipState.STARTED:
                self._step(job, SlipStep.UNKNOWN, ("interrupted",), moment)

    def head(self) -> Head:
        """The last record, with the business date and the mode in force."""
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head

    def slices(self, account: AccountId) -> tuple[Slice, ...]:
        """What this account has here."""
        return self._journal.slices(account)

    def records(self, after_sequence: int = 0) -> Iterator[SignedRecord]:
        """The chain, as it was signed."""
        return self._outbox.records(after_sequence)

    def batch(self, after_sequence: int) -> tuple[SignedRecord, ...]:
        """The chain from after_sequence + 1 on, as much of it as may go up at once."""
        return cut(self._outbox.records(after_sequence, BATCH_RECORDS_MAX))

    def perform(self, asked: Asked, told: NotDrawn | None = None) -> Answer | Problem:
        """Decide a request and make the answer true: entries, receipt number, slip, signed record and answer together.

        A repeat gets the first answer, and nothing is done again. `told`: why HQ gave nothing for this very request.
        What was drawn for it and turns out not to be needed goes home in the same commit.
        """
        with transaction(self._connection):
            self.clock.watch(asked.moment)
            return self._decided(asked, self._decisions.perform(asked, told))

    def perform_or_want(self, asked: Asked, mode: Mode, told: NotDrawn | None = None) -> Answer | Problem | Want:
        """The same, unless the mode has value drawn for it first: then what to draw, and nothing is decided."""
        with transaction(self._connection):
            self.clock.watch(asked.moment)
            return self._want(asked, mode, told) or self._decided(asked, self._decisions.perform(asked, told))

    def perform_or_fetch(self, asked: Asked) -> Answer | Problem | None:
        """The same, unless another till may have the right to undo it: then None, and nothing is decided."""
        with transaction(self._connection):
            self.clock.watch(asked.moment)
            return None if self._decisions.lacks_right(asked) else self._decisions.perform(asked)

    def settle(
        self, drawn: Given | Gift | Passed, asked: Asked, mode: Mode | None = None
    ) -> Answer | Problem | Held | GoneHome | Doubt:
        """Take what was drawn for a request and decide it, in one commit: nothing can come between.

        What turns out not to be needed goes home in the same commit. What was taken before decides nothing. Held, when
        the mode has one more asset drawn before it is decided.
        """
        passage = drawn.passage
        with transaction(self._connection):
            self.clock.watch(asked.moment)
            was_taken, doubt = self._take_drawn(drawn, asked.moment)
            if doubt is not None:
                return doubt
            if passage is None:  # a right: where it is not needed any more it may stay
                return self._decisions.perform(asked)
            if was_taken:
                return GoneHome()
            want = None if mode is None else self._want(asked, mode)
            if want is not None:
                return Held(passage, want)
            asked = msgspec.structs.replace(asked, drawn=(*asked.drawn, passage))
            return self._decided(asked, self._decisions.perform(asked))

    def _take_drawn(self, drawn: Given | Gift | Passed, moment: Moment) -> tuple[bool, Doubt | None]:
        """Whether it was taken before, and what is wrong with it."""
        match drawn:
            case Given():
                return self.hq.has_carried_out(drawn), self.hq.carry_out(drawn, moment, is_awaited=True)
            case Gift():
                return self.gifts.has(drawn), self.gifts.take(drawn, moment.now_ms, is_awaited=True)
            case Passed():
                return False, self.gifts.take_right(drawn, moment)

    def compare_copy(self, said: Acknowledgement, by: Place, moment: Moment) -> Doubt | None:
        """Whether what a neighbour holds of this chain is what lies here."""
        with self.trust.as_committed(), transaction(self._connection):
            doubt = compare_acknowledgement(said, said.hq_epoch, self._outbox.hash_of)
            self._opening.hear_witness(said, by, doubt, moment)
            return doubt

    def take_gift(self, gift: Gift | Passed, moment: Moment) -> Doubt | None:
        """Take what the store's lead gives and no sale waits for; once."""
        with transaction(self._connection):
            if isinstance(gift, Passed):
                return self.gifts.take_right(gift, moment)
            return self.gifts.take(gift, moment.now_ms, is_awaited=False)

    def _want(self, asked: Asked, mode: Mode, told: NotDrawn | None = None) -> Want | None:
        if self._decisions.known(asked) is not None:
            return None
        return want_of(asked, self._decisions.view(asked, told), self._programme, mode)

    def _decided(self, asked: Asked, answer: Answer | Problem) -> Answer | Problem:
        # In a book that a witness has contradicted meanwhile it stays: nothing is added to it.
        if not has_moved(answer) and not self._outbox.is_closed:
            for giver, _, _, transfer in asked.drawn:
                epoch = self.hq.epoch if giver.keeper == HEADQUARTERS else giver.epoch
                self._transfers.send_back(transfer, giver.keeper, epoch, asked.moment.now_ms)
        return answer

    def believe(self, signed: Signed, said: Acknowledgement, moment: Moment, *, is_fresh: bool = True) -> Doubt | None:
        """Keep an acknowledgement, which was seen to be genuine, and hear from it which time it is.

        One that is not fresh can show that this book lacks records, and not that it is the latest.
        """
        doubt = self.hq.keep(signed, said, moment.now_ms)
        with self.trust.as_committed(), transaction(self._connection):
            if is_fresh or doubt is not None:
                self._opening.hear_witness(said, HEADQUARTERS, doubt, moment)
            if doubt is None:
                self.clock.hear(said, moment)
        return doubt

    def resume(self) -> Resume:
        """From where HQ is to go on."""
        with transaction(self._connection):
            known = self.hq.known()
            return Resume(known.hq_epoch, known.directive, self.members.version(), self.hq.acknowledgement())

    def find(self, operation_id: str) -> Answer | None:
        """What became of an operation."""
        return self.operations.find(operation_id)

    def repeat(self, operation_id: str, asked: bytes) -> Answer | Problem | None:
        """The answer to a request that comes again, for when its card has left the counter."""
        return self.operations.repeat(operation_id, asked)

    def of_sale(self, pos_ref: str) -> list[Answer]:
        """What became of the operations under a POS's own number."""
        return self.operations.of_sale(pos_ref)

    def slip(self, number: int) -> tuple[StoredSlip, SlipJob] | None:
        """What a slip says, and where its printing stands."""
        made, job = self.slips.made(number), self.slips.job(number)
        return None if made is None or job is None else (made.slip(), job)

    def movements(self, account: AccountId) -> tuple[Movement, ...]:
        """The last of this account here, the latest first."""
        return self._movements.last(account)

    def slips_waiting(self, made_since_ms: int = 0) -> list[SlipJob]:
        """The slips whose present run is neither printed nor settled, oldest first."""
        return self.slips.waiting(made_since_ms)

    def take_step(self, number: int, step: SlipStep, reasons: tuple[str, ...], moment: Moment) -> SlipJob | None:
        """Record a step of a slip's printing; None when it makes no sense now, and nothing is written."""
        with transaction(self._connection):
            job = None if self._outbox.is_closed else self.slips.job(number)
            return None if job is None else self._step(job, step, reasons, moment)

    def close_day(
        self, moment: Moment, business_date: str | None = None, named: str | None = None
    ) -> DayClose | Problem:
        """Move the business date on (terminal.day_closing)."""
        with transaction(self._connection):
            return self.trust.problem or self._days.close(moment, business_date, named)

    def _step(self, job: SlipJob, step: SlipStep, reasons: tuple[str, ...], moment: Moment) -> SlipJob | None:
        after = self.slips.move(job, step, reasons)
        if after is not None:
            body = PrintBody(self.slips.name(job.number), job.run, step, reasons)
            self.append(self.head(), RecordKind.PRINT, body, moment)
        return after

    def append(
        self, after: Head, kind: RecordKind, body: msgspec.Struct, moment: Moment, business_date: str | None = None
    ) -> Head:
        """Sign and store the record after `after`, which is the last one. Runs in the caller's transaction."""
        stamp = Stamp(moment.now_ms, business_date or after.business_date, after.mode)
        return self._outbox.append(after, kind, body, stamp)

    def standing(self, card: Card) -> Standing:
        """All that is known here of who holds this card."""
        place, slices = self.identity.place, self._journal.slices(card.account)
        usable = slices if self.clock.doubted() is None else that_never_expire(slices)
        payable = self._programme.in_spending_order(usable, self.head().business_date)
        shares, at_ms = self.members.shares(card.account) or (None, 0)
        return Standing(
            place=place,
            spendable=total(payable, *MONEY),
            balance=balance_of(slices),
            usable=balance_of(slices),
            blocked=self.negative_list.blocks(card.token),
            member=self.members.of(card.account),
            shares=None if shares is None else tuple(one for one in shares if one.place != place),
            shares_at_ms=at_ms,
        )
