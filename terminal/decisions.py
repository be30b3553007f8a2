"""Decisions in the till's book: what a use case may know of it, and what is written when it has decided."""

from __future__ import annotations

import msgspec

from checkout.promoting import quotas
from checkout.requests import BookView, Elsewhere, LetGo, Sale, Undo
from checkout.results import Decline, Declined, Done
from checkout.sold import Sold, at_risk
from checkout.undo import keep, void
from ledger.ids import AccountId
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Posted
from ledger.transactions import TransactionKind
from loyalty.programme import Programme
from loyalty.reasons import Reason
from protocol.bodies import DeclinedBody, TransactionBody, lots_told, terms_told
from protocol.chain import Head
from protocol.conversation import NoDraw, NotDrawn
from protocol.hosting import AskedBody, WarrantBody
from protocol.receipt_numbers import is_slips_name
from protocol.records import RecordKind
from terminal.answering import answer_declined, answer_done, answer_told
from terminal.answers import Answer, HqState, HqStatus, Outcome, Problem
from terminal.asking import Asked, Identity, Moment, Words, fingerprint
from terminal.book_trust import BookTrust
from terminal.clock_book import ClockBook
from terminal.floor_limits import FloorLimits
from terminal.hq_memory import HqMemory
from terminal.members import Members
from terminal.negative_list import NegativeList
from terminal.neighbours import Neighbours
from terminal.operations import Operations
from terminal.originals import Originals
from terminal.own_chain import OwnChain
from terminal.promises import Promises
from terminal.slips import Slips


class Shelf(msgspec.Struct, frozen=True):
    """The parts of a till's book that a decision reads or writes."""

    journal: SqliteJournal
    operations: Operations
    slips: Slips
    originals: Originals
    promises: Promises
    members: Members
    negative_list: NegativeList
    neighbours: Neighbours
    hq: HqMemory
    clock: ClockBook
    trust: BookTrust
    floor_limits: FloorLimits


class Decisions:
    """Decides what is asked. Every method runs inside the caller's transaction."""

    def __init__(self, chain: OwnChain, shelf: Shelf, identity: Identity, programme: Programme) -> None:
        self._chain = chain
        self._shelf = shelf
        self._identity = identity
        self._programme = programme
        self._quotas = quotas(programme)

    def perform(self, asked: Asked, told: NotDrawn | None = None) -> Answer | Problem:
        """Decide a request; a repeat gets the first answer. `told`: why HQ gave nothing for this very request."""
        known = self.known(asked)
        if known is not None:
            return known
        view = self.view(asked, told)
        return self.commit(asked, self.outcome(asked, view), view)

    def known(self, asked: Asked) -> Answer | Problem | None:
        """What there is to say without deciding anything."""
        return self._shelf.operations.earlier(asked) or self.hindrance()

    def hindrance(self) -> Problem | None:
        """Why nothing can be decided here."""
        return Problem.TILL_REVOKED if self._shelf.hq.is_revoked() else self._shelf.trust.problem

    def view(self, asked: Asked, told: NotDrawn | None = None) -> BookView:
        """All that its use case may know."""
        if isinstance(asked.request, Undo):
            return self._view_of_undoing(asked.request, told, may_be_another_s=asked.use_case is not void)
        head, card = self._chain.head(), asked.request.presented.card
        return BookView(
            next_record=head.ref.next(),
            store=self._identity.store,
            business_date=head.business_date,
            slices=self._shelf.journal.slices(card.account),
            blocked=self._shelf.negative_list.blocks(card.token) or (told is not None and told.code is NoDraw.BLOCKED),
            elsewhere=self._elsewhere(card.account, asked, told),
            clock_doubted=self._shelf.clock.doubted() is not None,
            mode=head.mode,
            quotas=tuple(one for quota in self._quotas for one in self._shelf.journal.slices(quota)),
            let_go=self._let_go(card.account, head, asked, told),
        )

    def _let_go(self, account: AccountId, head: Head, asked: Asked, told: NotDrawn | None) -> LetGo | None:
        """What of today's floor limits is used; None where there is none, or where HQ takes no more records."""
        is_fenced = asked.hq.stopped is not None or (told is not None and told.code is NoDraw.FENCED)
        if self._programme.floor_limit is None or is_fenced:
            return None
        return self._shelf.floor_limits.used(head.business_date, account)

    def _view_of_undoing(self, request: Undo, told: NotDrawn | None, *, may_be_another_s: bool) -> BookView:
        """A blocked card gets its money back: its owner has a new one."""
        head, original = self._chain.head(), self._shelf.originals.find(request.receipt_number)
        slices = () if original is None else self._shelf.journal.slices(original.account)
        is_unknown = not may_be_another_s or self._is_nobodys(request.receipt_number, told)
        promise = None if may_be_another_s else self._shelf.promises.find(request.receipt_number)
        view = BookView(head.ref.next(), self._identity.store, head.business_date, slices, original=original)
        return msgspec.structs.replace(view, original_unknown=is_unknown, promise=promise)

    def _is_nobodys(self, slip: str, told: NotDrawn | None) -> bool:
        """Whether nobody else can have the right to undo what this slip tells of, as far as HQ and this book know."""
        is_never_ours = self._identity.numbering.number(slip) is not None and not self._shelf.originals.has_left(slip)
        is_known_to_nobody = told is not None and told.code is NoDraw.UNKNOWN
        return is_never_ours or is_known_to_nobody or not is_slips_name(slip) or not self._shelf.hq.epoch

    def lacks_right(self, asked: Asked) -> bool:
        """Whether another till may have the right to undo what is to be undone here."""
        if not isinstance(asked.request, Undo) or self.known(asked) is not None:
            return False
        view = self.view(asked)
        return view.original is None and not view.original_unknown

    def outcome(self, asked: Asked, view: BookView) -> Done | Declined:
        """What its use case makes of it; nothing is written."""
        return asked.use_case(asked.request, view, self._programme)

    def _elsewhere(self, account: AccountId, asked: Asked, told: NotDrawn | None) -> Elsewhere | None:
        if told is None or told.code is not NoDraw.NOT_ENOUGH:
            return self._shelf.members.elsewhere(account)
        self._shelf.members.remember(account, told.shares, min(told.at_ms, asked.moment.now_ms))
        known = self._shelf.members.elsewhere(account)
        return None if known is None else msgspec.structs.replace(known, for_this=True)

    def commit(self, asked: Asked, outcome: Done | Declined, view: BookView) -> Answer:
        """Write what was decided: its entries, record, slip and answer."""
        head = self._chain.head()
        if isinstance(outcome, Done):
            return self._do(asked, outcome, view, head)
        answer = self._decline(asked, outcome, view, head)
        self._shelf.operations.keep(asked.words, answer)
        return answer

    def _do(self, asked: Asked, done: Done, view: BookView, head: Head) -> Answer:
        verdict = self._shelf.journal.post(done.transaction, head.ref.next(), head.business_date)
        assert isinstance(verdict, Posted), f"a use case made what the book refuses: {verdict}"
        account = _account(asked, view)
        number = self._shelf.slips.next_number()
        body = TransactionBody(
            kind=done.transaction.kind,
            operation_id=done.transaction.operation_id,
            account=account,
            receipt_number=self._identity.numbering.text(number),
            legs=done.transaction.legs,
            opens=lots_told(done.transaction.opens),
            slip=done.facts,
            reasons=done.reasons,
            programme=self._programme.version,
            software=self._identity.software,
            sold=done.sold,
            undone=done.undone,
            carries=terms_told(done.transaction.carries),
        )
        head = self._chain.append(head, RecordKind.TRANSACTION, body, asked.moment)
        if asked.warrant is not None:
            self._chain.append(head, RecordKind.WARRANT, WarrantBody(asked.warrant), asked.moment)
        self._shelf.slips.add(number, account, asked.words, head)
        self._follow(done, number, head)
        if done.sold is not None and (units := at_risk(done.sold.paid)):
            self._shelf.floor_limits.use(head.business_date, account, units)
        return answer_done(body, head, asked.moment.local)

    def _follow(self, done: Done, number: int, head: Head) -> None:
        """What was promised, undone or kept by slip `number` is known from now on."""
        if done.transaction.kind is TransactionKind.PROMISE:
            assert done.facts.original is not None, "a promise names a sale's slip"
            self._shelf.promises.add(number, done.facts.original, done.facts.amount)
        if done.undone is not None:
            self._shelf.originals.undone(done.undone.original, head.ref)
            self._shelf.promises.settle(done.undone.promise or done.undone.original, head.ref)

    def keep_promises(self, receipt_number: str, moment: Moment) -> None:
        """HQ has brought the right to undo the sale with this slip: give back what was promised of it, in its order."""
        for promise in self._shelf.promises.open(receipt_number):
            said = promise.units, promise.cashier, promise.pos_ref
            request = Undo(promise.record.kept, receipt_number, *said, keeps=promise)
            words, hq = fingerprint(keep.__name__, request), HqStatus(HqState.ANSWERED, moment.local)
            asked = Asked(request, keep, words, moment, hq)
            view = self.view(asked)
            outcome = self.outcome(asked, view)
            if isinstance(outcome, Done):  # otherwise nothing is left of it, and the promise stays for a person
                self.commit(asked, outcome, view)

    def call_off(self, asked: AskedBody, words: Words, why: str) -> Answer:
        """Write that nothing came of what a hosted store's till has asked for, whether it is understood here or not."""
        original = None if asked.original is None else self._shelf.originals.find(asked.original)
        body = DeclinedBody(
            kind=asked.kind,
            operation_id=asked.operation_id,
            account=asked.account if original is None else original.account,
            units=asked.units if asked.sold is None else asked.sold.total,
            entry=asked.entry,
            cashier=asked.cashier,
            pos_ref=asked.pos_ref,
            decline=Decline.CANCELLED,
            reasons=(Reason(why, 0, 0),),
            programme=self._programme.version,
            software=self._identity.software,
            sold=asked.sold,
            original=asked.original,
        )
        head = self._chain.append(self._chain.head(), RecordKind.DECLINED, body, words.moment)
        card = asked.masked if original is None else original.card
        answer = answer_told(body, head, words.moment.local, card=card, balance=None)
        self._shelf.operations.keep(words, answer)
        return answer

    def _decline(self, asked: Asked, declined: Declined, view: BookView, head: Head) -> Answer:
        body = DeclinedBody(
            kind=asked.kind,
            operation_id=asked.request.operation_id,
            account=_account(asked, view),
            units=asked.request.units,
            entry="" if asked.presented is None else asked.presented.entry,
            cashier=asked.request.cashier,
            pos_ref=asked.request.pos_ref,
            decline=declined.decline,
            reasons=declined.reasons,
            programme=self._programme.version,
            software=self._identity.software,
            sold=Sold(asked.request.items, asked.request.paid) if isinstance(asked.request, Sale) else None,
            original=asked.request.receipt_number if isinstance(asked.request, Undo) else None,
        )
        head = self._chain.append(head, RecordKind.DECLINED, body, asked.moment)
        return answer_declined(asked, declined, view, head)


def _account(asked: Asked, view: BookView) -> AccountId:
    """Whose value it concerns; nobody's, where an original is not known here."""
    if asked.presented is not None:
        return asked.presented.card.account
    return AccountId("") if view.original is None else view.original.account


def has_moved(answer: Answer | Problem) -> bool:
    """Whether this request was done just now."""
    return isinstance(answer, Answer) and answer.outcome is Outcome.DONE and not answer.replayed
