"""HQ's mirror of every place: held records are posted, and what follows from them is done in the same commit."""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw

from hq_server.posting import Different, Doubt, GiverStands, Outcome, SetAside, Waits, kept_from, post_record, set_aside
from hq_server.recovery import NotStoodBy
from hq_server.storage.exposure import Exposure
from hq_server.storage.keepers import Keepers
from hq_server.storage.late_gifts import LateGifts
from hq_server.storage.members import Members
from hq_server.storage.promises import Promises
from hq_server.storage.recovering import Recovering
from hq_server.storage.refusals import Refusals
from hq_server.storage.relays import Relays
from hq_server.storage.rights import AT_HQ, Rights
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from ledger.audit import Posting
from ledger.ids import HEADQUARTERS, AccountId, ChainId, Place, RecordRef, promotion_of
from ledger.journal_sqlite import Connection, SqliteJournal
from offline_queue.outbox import Chain, Stamp
from protocol.bodies import Applied, Directive, Roster, RunAs
from protocol.chain import check_signature
from protocol.errors import ChainBroken, NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import RightPassed, passed_to, right_in
from protocol.signing import public_key
from protocol.transfers import given_in, giver_of

RIGHT_MOVES = frozenset({RecordKind.RIGHT_GIVEN, RecordKind.RIGHT_PASSED, RecordKind.RIGHT_TAKEN})


@dataclass(slots=True)
class Step:
    """What one step of posting has done, for whoever wants to hear of it.

    `records` were posted or set aside; `woken` are chains that waited for this one, or are
    lost and were given something; `ordered` were given a directive;
    of `accounts` something was posted; in `stores` somebody became known.
    """

    records: int = 0
    has_more: bool = False
    woken: set[ChainId] = field(default_factory=set)
    ordered: set[ChainId] = field(default_factory=set)
    accounts: set[AccountId] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)


class Mirrors:
    """Posts chains. Runs in the caller's transaction."""

    def __init__(  # noqa: PLR0913, PLR0917 - put together by the store only
        self,
        connection: Connection,
        keepers: Keepers,
        vault: Vault,
        whereabouts: Whereabouts,
        recovering: Recovering,
        rights: Rights,
        promises: Promises,
    ) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._recovering = recovering
        self._rights = rights
        self._promises = promises
        self._whereabouts = whereabouts
        self._relays = Relays(connection, keepers)
        self._late_gifts = LateGifts(connection, vault, whereabouts)
        self._exposure = Exposure(connection)
        self._refusals = Refusals(connection)
        self._members = Members(connection)

    def post(self, chain: ChainId, most: int, stamp: Stamp) -> Step:
        """Post the next records that are held, up to one that has to wait for another chain."""
        step = Step()
        if self._keepers.key_of(*chain) is None:
            return step
        posted = self.posted(chain)
        for signed in Chain(self._connection, *chain).records(posted, most):
            outcome = self._post_one(signed, chain, step, stamp)
            self._note(chain, posted + step.records + 1, outcome)
            if isinstance(outcome, Waits):
                break
            step.records += 1
        if step.records:
            self._went_on(chain, posted + step.records, step)
        self._whereabouts.touched(step.accounts)
        step.has_more = step.records == most
        return step

    def posted(self, chain: ChainId) -> int:
        """Up to which record a chain is posted."""
        row = self._connection.execute("select posted from progress where keeper = ? and epoch = ?", chain).get
        assert isinstance(row, int)
        return row

    def _went_on(self, chain: ChainId, posted: int, step: Step) -> None:
        self._connection.execute("update progress set posted = ? where keeper = ? and epoch = ?", (posted, *chain))
        # Whoever stands before a later record notes that anew; what it waited for until now has come.
        self._connection.execute("delete from waits where keeper = ? and epoch = ? and sequence <= ?", (*chain, posted))
        rows = self._connection.execute(
            "select keeper, epoch from waits where giver = ? and giver_epoch = ? and giver_sequence <= ?",
            (*chain, self._late_gifts.last_waited_for(chain, posted)),
        )
        step.woken.update(ChainId(Place(keeper), epoch) for keeper, epoch in rows)

    def _post_one(self, signed: SignedRecord, chain: ChainId, step: Step, stamp: Stamp) -> Outcome:
        """Whatever a keeper has signed, HQ's disk is not broken by it: what does not fit is set aside like the rest."""
        record = signed.open()
        self._connection.execute("savepoint record")
        try:
            outcome = self._post_and_follow(signed, record, chain, step, stamp)
        except (apsw.ConstraintError, OverflowError):
            outcome = set_aside(record, Doubt.NOT_STORABLE)
        except NotStoodBy as fault:
            outcome = set_aside(record, fault.refusal)
        if isinstance(outcome, SetAside):
            self._connection.execute("rollback to record")
        self._connection.execute("release record")
        if isinstance(outcome, Posting):
            self._tell(record, outcome, chain, step, stamp)
        return outcome

    def _post_and_follow(
        self, signed: SignedRecord, record: Record, chain: ChainId, step: Step, stamp: Stamp
    ) -> Outcome:
        """Post a record to its keeper's mirror; what it gives to HQ lies at HQ then."""
        if record.kind is RecordKind.APPLIED:
            told = self._recovering.hear(record, chain, stamp)
            step.ordered.update(told, self._promises.serve_all(stamp) if told else ())
        mirror = SqliteJournal(self._connection, *chain, is_mirror=True)
        outcome = post_record(record, mirror, lambda quoted: self._giver_stands(quoted, chain))
        if record.kind is RecordKind.APPLIED and not isinstance(outcome, SetAside | Waits):
            step.ordered |= self._carried_out(chain, record, stamp)
        if record.kind is RecordKind.DECLINED:
            self._refusals.declined(record)
        if record.kind in RIGHT_MOVES:
            return self._right_moves(signed, record, step, stamp)
        if not isinstance(outcome, Posting):
            return outcome
        self._moved(record, outcome, chain, step, stamp)
        quoted, passage = giver_of(record), given_in(record)
        if quoted is not None:
            self._came(quoted.open(), chain)
        if passage is not None and passage.to != HEADQUARTERS:
            self._vault.stranding.left(record)
            step.ordered |= self._relays.gave(passage.giver, ChainId(Place(passage.to), passage.to_epoch), stamp)
            step.woken |= self._vault.losses.given(passage)
        elif passage is not None:
            if not self._vault.can_take(passage, signed):
                return set_aside(record, Doubt.HQ_CANNOT_TAKE)
            self._vault.take(passage, signed, stamp)
        return outcome

    def _moved(self, record: Record, posting: Posting, chain: ChainId, step: Step, stamp: Stamp) -> None:
        """A keeper's record has moved something at its place."""
        self._whereabouts.moved(chain, posting.transaction)
        self._vault.losses.moved(chain, posting.transaction)
        self._vault.debts.moved(posting.transaction.legs)
        if record.kind is RecordKind.TRANSACTION:
            self._exposure.posted(record)
            self._rights.posted(record, posting)
            for slip in self._promises.posted(record, posting):
                step.ordered |= self._promises.serve(slip, stamp)

    def _right_moves(self, signed: SignedRecord, record: Record, step: Step, stamp: Stamp) -> Outcome:
        try:
            taken = passed_to(record)
            right = right_in(record if taken is None else taken.open())
            kept = self._right_goes(signed, record, step, stamp) if taken is None else self._right_comes(taken, record)
        except NotARecord:
            return set_aside(record, Doubt.NOT_UNDERSTOOD)
        if kept is None and right is not None:
            step.accounts.add(AccountId(right.account))
            step.ordered |= self._promises.serve(right.receipt_number, stamp)
        return kept

    def _right_goes(self, signed: SignedRecord, record: Record, step: Step, stamp: Stamp) -> SetAside | None:
        """To HQ, or to a neighbour."""
        to = AT_HQ
        if record.kind is RecordKind.RIGHT_PASSED:
            body = record.body_as(RightPassed)
            if body.to == HEADQUARTERS:
                return set_aside(record, Doubt.NOT_UNDERSTOOD)
            to = ChainId(body.to, body.to_epoch)
        doubt = self._rights.given(signed, record, to, is_recovering=self._recovering.is_on)
        if doubt is not None:
            return set_aside(record, doubt)
        if to != AT_HQ:
            step.ordered |= self._relays.gave(record.ref, to, stamp)
        return None

    def _right_comes(self, passed: SignedRecord, record: Record) -> SetAside | Waits | None:
        """From a neighbour, whose record has to be posted before."""
        stands, taker = self._right_stands(passed), ChainId(record.keeper, record.epoch)
        if stands is GiverStands.FENCED and self._rights.believe(passed, taker, self._is_fenced):
            return None
        kept = kept_from(passed, record, stands)
        if kept is None and not self._relays.came(passed.open().ref):
            return set_aside(record, Doubt.OPERATION_REPEATED)
        return kept

    def _right_stands(self, passed: SignedRecord) -> GiverStands:
        ref = passed.open().ref
        held = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        if held is None:
            return self._giver_is_missing(passed, ref)
        if held != passed:
            return GiverStands.DIFFERS
        if self.posted(ChainId(ref.keeper, ref.epoch)) < ref.sequence:
            return GiverStands.NOT_YET
        query = "select 1 from suspense where keeper = ? and epoch = ? and sequence = ?"
        is_refused = self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence)).get is not None
        return GiverStands.SET_ASIDE if is_refused else GiverStands.POSTED

    def _is_fenced(self, chain: ChainId) -> bool:
        return chain != AT_HQ and bool(self._keepers.fences(*chain))

    def _came(self, giver: Record, chain: ChainId) -> None:
        """A keeper has what this record of the giver's gave it."""
        self._vault.stranding.came(giver)
        came = given_in(giver)
        assert came is not None, "what was taken was given"
        self._vault.losses.came(came)
        if giver.keeper == HEADQUARTERS:
            self._whereabouts.arrived(chain, came.transfer)
        else:
            self._relays.came(giver.ref)

    def _carried_out(self, chain: ChainId, record: Record, stamp: Stamp) -> set[ChainId]:
        """Only what HQ has ordered this keeper can be carried out; the keepers that were given a directive for it."""
        quoted = record.body_as(Applied).directive
        ref = quoted.open().ref
        if ref.keeper != HEADQUARTERS or Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence) != quoted:
            return set()
        self._whereabouts.carried_out(ref)
        directive = quoted.open().body_as(Directive)
        if isinstance(directive.order, RunAs | Roster):
            self._whereabouts.place_anew(chain)
        is_its_own = (directive.to, directive.to_epoch) == chain
        if isinstance(directive.order, Roster) and is_its_own:
            return self._relays.carried_out(chain, ref, stamp)
        return set()

    def _giver_stands(self, quoted: SignedRecord, taker: ChainId) -> GiverStands:
        """HQ has the giver's record with these very bytes, and has posted it: in its own book, or in a mirror."""
        ref = quoted.open().ref
        if self._recovering.stands_by(quoted):
            return GiverStands.POSTED
        held = Chain(self._connection, ref.keeper, ref.epoch).record(ref.sequence)
        if held is None:
            stands = self._giver_is_missing(quoted, ref)
            return self._late_gifts.stands(quoted.open(), taker) if stands is GiverStands.FENCED else stands
        if held != quoted:
            return GiverStands.DIFFERS
        query = "select 1 from transactions where keeper = ? and epoch = ? and sequence = ?"
        if self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence)).get is not None:
            is_back = ref.keeper == HEADQUARTERS and self._vault.has_taken(ref)
            return GiverStands.SET_ASIDE if is_back else GiverStands.POSTED
        is_over = ref.keeper == HEADQUARTERS or self.posted(ChainId(ref.keeper, ref.epoch)) >= ref.sequence
        return GiverStands.SET_ASIDE if is_over else GiverStands.NOT_YET

    def _giver_is_missing(self, quoted: SignedRecord, ref: RecordRef) -> GiverStands:
        if not self._is_genuine(quoted, ref):
            return GiverStands.NOT_YET if self._may_be_forgotten(ref) else GiverStands.DIFFERS
        if ref.keeper == HEADQUARTERS:
            return GiverStands.SET_ASIDE  # carried out behind a later epoch, by which it was void
        return GiverStands.FENCED if self._keepers.fences(ref.keeper, ref.epoch) else GiverStands.NOT_YET

    def _may_be_forgotten(self, giver: RecordRef) -> bool:
        """HQ recovers, and this keeper may have been enrolled since the copy was made: it is paired anew."""
        is_unknown = giver.keeper != HEADQUARTERS and self._keepers.key_of(giver.keeper, giver.epoch) is None
        return is_unknown and self._recovering.is_on

    def _is_genuine(self, quoted: SignedRecord, ref: RecordRef) -> bool:
        """Whether its keeper has signed it: otherwise waiting for it would be in vain."""
        key = (
            self._keepers.own.public_key()
            if ref.keeper == HEADQUARTERS
            else self._keepers.key_of(ref.keeper, ref.epoch)
        )
        if key is None:
            return False
        try:
            check_signature(quoted, public_key(key))
        except ChainBroken:
            return False
        return True

    def _tell(self, record: Record, posting: Posting, chain: ChainId, step: Step, stamp: Stamp) -> None:
        accounts = {leg.account for leg in posting.transaction.legs}
        step.accounts |= accounts
        if record.kind is not RecordKind.TRANSACTION:
            return
        for account in [one for one in accounts if promotion_of(one) is None]:
            # A till whose clock is ahead is not the member's last for ever.
            self._whereabouts.visited(chain, account, min(record.recorded_at_ms, stamp.now_ms))
            if self._members.seen_at(chain.store, account):
                step.stores.add(chain.store)

    def _note(self, chain: ChainId, sequence: int, outcome: Outcome) -> None:
        line = (*chain, sequence)
        match outcome:
            case SetAside():
                rows = [(*line, account, outcome.reason) for account in outcome.accounts]
                self._connection.executemany("insert into suspense values (?, ?, ?, ?, ?)", rows)
            case Different():
                row = (*line, outcome.said, outcome.found)
                self._connection.execute("insert into differences values (?, ?, ?, ?, ?)", row)
            case Waits(giver):
                waits = (*line, giver.keeper, giver.epoch, giver.sequence)
                self._connection.execute("insert or replace into waits values (?, ?, ?, ?, ?, ?)", waits)
            case _:
                pass
