"""HQ's book in one SQLite file: every keeper's chain as it was signed, HQ's own, and the mirror of every place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import apsw
import structlog

from hq_server.recovery import Cause, Ended, LostRecords, RecoveryView
from hq_server.storage.drawing import Drawing, Drawn
from hq_server.storage.fetching import Fetched, Fetching, RightElsewhere
from hq_server.storage.hosting import known_of
from hq_server.storage.keepers import FORKED, Keepers
from hq_server.storage.marking import Marking
from hq_server.storage.members import Members
from hq_server.storage.mirrors import Mirrors, Step
from hq_server.storage.placing import Placing
from hq_server.storage.promises import Promises
from hq_server.storage.quotas import Quotas
from hq_server.storage.recovering import Recovering
from hq_server.storage.rights import Rights
from hq_server.storage.showing import Showing
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from hq_server.storage.write_offs import WriteOffs
from hq_server.storage.z_totals import ZTotals
from hq_server.valuing import Rules
from hq_server.write_offs import Decided
from ledger.ids import AccountId, ChainId, Place
from ledger.journal_sqlite import BookUnusable, Connection, open_book, transaction
from offline_queue.intake import examine
from offline_queue.marker_file import Marker
from offline_queue.outbox import Chain, Stamp
from protocol.acknowledgements import VERSION, Acknowledgement
from protocol.chain import Head
from protocol.conversation import Draw, Fetch, Records
from protocol.members import Share
from protocol.records import FIRST_PREVIOUS, SignedRecord
from protocol.rejections import Fault, Rejection
from protocol.signing import Signer, public_key

SCHEMAS = ("ledger", "offline_queue", "hq_server")
POST_RECORDS_MAX = 250
"""Records posted in one commit, so that whoever waits for the one writer waits little."""
SETTLE_ACCOUNTS_MAX = 50
"""Members whose value is placed anew in one commit, for the same reason."""
HEARD_WITHIN_MS = 60_000
T = TypeVar("T")

log = structlog.get_logger()


class HqStore:
    """Everything that HQ must not forget. Used from one thread; each method is one commit, on disk at its return."""

    def __init__(self, connection: Connection, sign: Signer, rules: Rules, marker: Marker | None = None) -> None:
        """`marker` None: nobody watches, and the book is believed to be the latest."""
        self._connection = connection
        self._keepers = Keepers(connection, sign)
        self._marking = Marking(self._keepers.own, marker)
        self._whereabouts = Whereabouts(connection)
        self._vault = Vault(connection, self._keepers, self._whereabouts, rules)
        core, rights = (connection, self._keepers, self._vault, self._whereabouts), Rights(connection)
        self._recovering = Recovering(*core, rights)
        self._fetching = Fetching(connection, self._keepers, rights, self._recovering)
        self.promises = Promises(connection, self._fetching)
        self._mirrors = Mirrors(*core, self._recovering, rights, self.promises)
        self._drawing = Drawing(*core, self._recovering)
        self._placing = Placing(*core, rules.placement)
        self.quotas = Quotas(connection, self._keepers, self._vault, self._recovering, rules.programme)
        self._write_offs = WriteOffs(connection, self._keepers, self._vault, self._recovering)

    @classmethod
    def open(
        cls,
        path: Path | str,
        sign: Signer,
        rules: Rules,
        *,
        vfs: str | None = None,
        marker: Marker | None = None,
    ) -> HqStore:
        """Open the file, or make it. Raises BookUnusable."""
        return cls(open_book(path, *SCHEMAS, vfs=vfs), sign, rules, marker)

    def close(self) -> None:
        """Give the file free."""
        self._connection.close()
        self._marking.close()

    def begin(self, key: bytes, software: str, stamp: Stamp, *, is_restored: bool = False) -> None:
        """Open HQ's own chain, the first time. `key` is HQ's public key, 32 bytes. Raises KeyUnusable, BookUnusable.

        A book that is not surely the latest is recovered; `is_restored`: somebody says that it is not.
        """
        mark = self._marking.read()
        with transaction(self._connection):
            is_new = self._keepers.own.head() is None
            if is_new and mark is not None:
                raise BookUnusable(
                    f"HQ has written {mark.sequence} records in epoch {mark.epoch}, and its book is empty: hq.db was "
                    "lost or moved. Nothing was done with the empty one. Put that very file back, or its latest copy."
                )
            self._keepers.own.begin(key, software, stamp)
            cause = None if is_new else Cause.PERSON if is_restored else self._marking.doubt(mark)
        if cause is not None:
            self.recover(cause, 0 if mark is None else mark.epoch, stamp)
        self.mark()
        if not self._marking.is_kept:
            raise BookUnusable(
                "HQ cannot write its marker: is the disk of the file `marker` there, and may it be written?"
            )

    def recover(self, cause: Cause, seen: int, stamp: Stamp) -> list[ChainId]:
        """HQ may have lost records: begin another epoch, and give nothing out; the keepers that are told so.

        `seen` is the last epoch of HQ's that anybody has seen.
        """
        try:
            with transaction(self._connection):
                told = self._recovering.begin(cause, seen, stamp)
        except BaseException:
            self._keepers.own.look_up_epoch()
            self._marking.forget()
            raise
        log.error("hq may have lost records, and gives nothing out", told_by=cause, hq_epoch=self._keepers.epoch)
        return told

    def end_recovery(self, by: str, stamp: Stamp) -> tuple[Ended, list[ChainId]]:
        """This person would have HQ give out again; what became of it, and the keepers that were told something."""
        with transaction(self._connection):
            if not self._recovering.is_on:
                return Ended.NOT_RECOVERING, []
            told = self._recovering.end(by, stamp)
            if told is None:
                return Ended.SECOND_PERSON_WANTED, []
            return Ended.ENDED, [*told, *self.promises.serve_all(stamp)]

    def recovery(self) -> RecoveryView | None:
        """How far HQ's recovery is; None when there is none."""
        with transaction(self._connection):
            return self._recovering.view()

    def hear_of_itself(self, said: Acknowledgement, stamp: Stamp) -> list[ChainId]:
        """A keeper has this acknowledgement of HQ's: if HQ has less now, it recovers; the keepers that are told so."""
        return self.recover(Cause.KEEPER, said.hq_epoch, stamp) if self._lacks(said) else []

    def _lacks(self, said: Acknowledgement) -> bool:
        with transaction(self._connection):
            if said.hq_epoch != self._keepers.epoch:
                return said.hq_epoch > self._keepers.epoch
            chain = Chain(self._connection, said.keeper, said.epoch)
            has_held = not said.held or chain.hash_of(said.held) == said.held_hash
            ordered = self._keepers.directives(said.keeper, said.epoch, said.directive - 1, 1) if said.directive else ()
            return not has_held or (said.directive > 0 and [one.hash for one in ordered] != [said.directive_hash])

    def mark(self) -> None:
        """Note the head of HQ's chain, if it may be another one; after each commit, before anybody hears of it."""
        self._marking.mark()

    def keeping(self, change: Callable[[Keepers], T]) -> T:
        """Do something about who may sign, in one commit."""
        with transaction(self._connection):
            return change(self._keepers)

    def showing(self, look: Callable[[Showing], T]) -> T:
        """Read something for people, from one state of the book."""
        with transaction(self._connection):
            return look(Showing(self._connection))

    def knowing(self, work: Callable[[Members], T]) -> T:
        """Do something about who is who, in one commit: `store.knowing(lambda members: members.of(account))`."""
        with transaction(self._connection):
            return work(Members(self._connection))

    def counting(self, work: Callable[[ZTotals], T]) -> T:
        """Do something about what the POS has counted, in one commit."""
        with transaction(self._connection):
            return work(ZTotals(self._connection))

    def fold_log(self) -> None:
        """Fold the log beside the book into it, and empty the log: what was overwritten in the book is then nowhere."""
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def take(self, batch: Records, stamp: Stamp, by: ChainId | None = None) -> Fault | None:
        """Hold the good part of a batch, and say what is wrong with the rest. What is held stays, byte for byte.

        `by`: who has brought it; None: its keeper.
        """
        with transaction(self._connection):
            key = self._keepers.key_of(batch.keeper, batch.epoch)
            if key is None:
                return Fault(Rejection.UNKNOWN_KEEPER)
            if self._keepers.fences(batch.keeper, batch.epoch):
                return Fault(Rejection.FENCED)
            chain = Chain(self._connection, batch.keeper, batch.epoch)
            examined = examine(batch, public_key(key), chain.head(), lambda number: _hash(chain.record(number)))
            for signed in examined.fresh:
                chain.keep(signed)
            if examined.fault is not None and examined.fault.fork is not None:
                self._convict(batch, examined.fault.fork, stamp)
            if by in (None, (batch.keeper, batch.epoch)):
                self._heard(batch.keeper, batch.epoch, stamp.now_ms)
            return examined.fault

    def post(self, place: Place, epoch: int, stamp: Stamp, in_hand: frozenset[AccountId] = frozenset()) -> Step:
        """Post the next records that are held, at most POST_RECORDS_MAX, and place anew what they have moved.

        Of a lost place, write off what lies there beyond what was.

        `in_hand` are members for whom somebody waits: what comes home of theirs stays until that is over.
        """
        try:
            with transaction(self._connection):
                step = self._mirrors.post(ChainId(place, epoch), POST_RECORDS_MAX, stamp)
                self._write_off(ChainId(place, epoch), step, stamp)
                self._settle(step, stamp, in_hand)
                return step
        except LostRecords as lost:
            return Step(has_more=True, ordered=set(self.recover(lost.cause, lost.hq_epoch, stamp)))

    def settle(self, stamp: Stamp) -> Step:
        """Place anew what was left to place; at most SETTLE_ACCOUNTS_MAX members."""
        with transaction(self._connection):
            step = Step()
            self._settle(step, stamp, frozenset())
            return step

    def write_off(
        self, chain: ChainId, by: str, stamp: Stamp, in_hand: frozenset[AccountId] = frozenset()
    ) -> tuple[Decided, Step]:
        """This person would write off what lies at a keeper's place; what became of it. post() goes on."""
        with transaction(self._connection):
            step = Step()
            decided = self._write_offs.decide(chain, by, stamp)
            if decided is Decided.AGREED:
                self._write_off(chain, step, stamp)
                self._settle(step, stamp, in_hand)
            return decided, step

    def draw(self, chain: ChainId, asked: Draw, stamp: Stamp) -> Drawn:
        """Give a keeper what it needs now, or say why not; the same again has the same answer once it has one."""
        with transaction(self._connection):
            return self._drawing.draw(chain, asked, stamp)

    def recall(self, asked: Draw, holders: tuple[ChainId, ...], stamp: Stamp) -> tuple[ChainId, ...]:
        """Ask keepers for all that they have of what a draw needs; those that were not asked before."""
        with transaction(self._connection):
            return self._drawing.recall(asked, holders, stamp)

    def fetch(self, chain: ChainId, asked: Fetch, stamp: Stamp) -> Fetched:
        """Entrust a keeper with the right that it needs now, or say why not; the same again has the same answer."""
        with transaction(self._connection):
            return self._fetching.fetch(chain, asked, stamp)

    def within(self, work: Callable[[], T]) -> T:
        """Do something with one of the parts that all may reach, in one commit."""
        with transaction(self._connection):
            return work()

    def call_right(self, missing: RightElsewhere, stamp: Stamp) -> bool:
        """Order the holder of a right to give it to HQ; False when it was ordered before and has not done so."""
        with transaction(self._connection):
            return self._fetching.call(missing, stamp)

    def look(self, account: AccountId, caller: ChainId) -> tuple[tuple[Share, ...], tuple[int, int] | None]:
        """What a member has, the largest share first, at most SHARES_MAX, and what is `known_of` it to this till."""
        with transaction(self._connection):
            return self._whereabouts.shares(account), known_of(self._connection, self._whereabouts, caller, account)

    def unposted(self) -> list[tuple[Place, int]]:
        """The chains of which more is held than posted, or of whose lost places more is to be written off."""
        rows = self._connection.execute(
            "select keeper, epoch from progress where exists (select 1 from records where records.keeper ="
            " progress.keeper and records.epoch = progress.epoch and records.sequence > progress.posted) union"
            " select keeper, epoch from write_offs where agreed_by is not null and ended_at_ms is null union"
            " select keeper, epoch from to_write_off"
        )
        return [(Place(keeper), epoch) for keeper, epoch in rows]

    def heard(self, place: Place, epoch: int, now_ms: int) -> None:
        """Note that a keeper has called; not to the second, as thousands call at once when HQ comes back."""
        with transaction(self._connection):
            self._connection.execute(
                "update progress set heard_at_ms = ? where keeper = ? and epoch = ? and heard_at_ms < ?",
                (now_ms, place, epoch, now_ms - HEARD_WITHIN_MS),
            )

    def acknowledgement(self, place: Place, epoch: int, now_ms: int) -> Acknowledgement:
        """What HQ holds, has posted and has ordered, to be signed."""
        with transaction(self._connection):
            head = Chain(self._connection, place, epoch).head()
            number, given = self._keepers.last_directive(place, epoch)
            return Acknowledgement(
                version=VERSION,
                hq_epoch=self._keepers.epoch,
                keeper=place,
                epoch=epoch,
                held=0 if head is None else head.ref.sequence,
                held_hash=FIRST_PREVIOUS if head is None else head.hash,
                posted=self._mirrors.posted(ChainId(place, epoch)),
                directive=number,
                directive_hash=FIRST_PREVIOUS if given is None else given.hash,
                at_ms=now_ms,
            )

    def own_head(self) -> Head:
        """The last record of HQ's own chain."""
        head = self._keepers.own.head()
        assert head is not None, "begin() comes first"
        return head

    def records(self, place: Place, epoch: int, after: int = 0) -> Iterator[SignedRecord]:
        """A keeper's chain as it is held, or HQ's own."""
        return Chain(self._connection, place, epoch).records(after)

    def _settle(self, step: Step, stamp: Stamp, in_hand: frozenset[AccountId]) -> None:
        if self._recovering.is_on:
            return  # nothing is given out, and nobody asked for anything
        settled = 0
        for account in self._whereabouts.unsettled(in_hand, SETTLE_ACCOUNTS_MAX):
            self._vault.net(account, stamp)
            step.ordered |= self._placing.settle(account, stamp)
            settled += 1
        step.has_more = step.has_more or settled == SETTLE_ACCOUNTS_MAX

    def _write_off(self, chain: ChainId, step: Step, stamp: Stamp) -> None:
        if not step.has_more:
            written = self._write_offs.go_on(chain, stamp)
            step.accounts |= written.accounts
            step.has_more = written.has_more

    def _convict(self, batch: Records, second: SignedRecord, stamp: Stamp) -> None:
        self._connection.execute(
            "insert or ignore into forks values (?, ?, ?, ?, ?)",
            (batch.keeper, batch.epoch, second.open().sequence, second.content, second.signature),
        )
        self._keepers.fence(batch.keeper, batch.epoch, FORKED, stamp)

    def _heard(self, place: Place, epoch: int, now_ms: int) -> None:
        self._connection.execute(
            "update progress set heard_at_ms = ? where keeper = ? and epoch = ?", (now_ms, place, epoch)
        )


def _hash(signed: SignedRecord | None) -> bytes | None:
    return None if signed is None else signed.hash
