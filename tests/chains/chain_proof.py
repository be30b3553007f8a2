"""What must be so in a chain after each step, and when all is said: DESIGN 10, invariants 1-7, 9, 12 and 13.

Refunds are not in it yet: a refund that finds nothing to take back is owed, and the sums per lot have room for that.
"""

from __future__ import annotations

from pathlib import Path

from hq_server.exporting import export_headquarters
from hq_server.news import ChainId
from hq_server.storage.sqlite import HqStore
from ledger.digest import digest
from ledger.journal_sqlite import SqliteJournal, transaction
from offline_queue.auditing.audit import audit
from offline_queue.book_rows import read_rows
from offline_queue.exporting import heading, save_export
from protocol.acknowledgements import open_acknowledgement
from terminal.exporting import TABLES
from tests.chains.chain import Chain
from tests.chains.mirrored import OF_HQ, Mirrored, check_promises
from tests.chains.own_books import OwnBook, add_up, read_own
from tests.chains.shop_till import ShopTill
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY, Office


class ChainProof:
    """Looks at one chain again and again; what has not changed since the last look is not read again."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._mirrored = Mirrored()
        self._own: dict[ChainId, OwnBook] = {}

    def check(self) -> None:
        """Every invariant that holds at any time. Raises AssertionError."""
        for till in self._chain.tills:
            if till.machine.is_dirty:
                self._own[till.name] = read_own(till.machine.store._connection, till.name)
                self._check_heard(till)
        if self._chain.hq.machine.is_dirty:
            self._check_hq()
        summed = add_up(self._own.values())
        for account, units in self._chain.truth.left().items():
            has = summed.held.get(account, 0) + summed.under_way.get(account, 0)
            assert has == units, f"{account} has {has}, and what it was told adds up to {units}"
        for machine in self._chain.machines():
            machine.is_dirty = False

    def _check_hq(self) -> None:
        book = self._chain.hq.machine.store._connection
        self._own[OF_HQ] = read_own(book, OF_HQ)
        check_promises(book, self._chain.hq.said)
        stores = {till.name: till.machine.store for till in self._chain.tills}
        keys = {till.name: till.key.public_key().public_bytes_raw() for till in self._chain.tills}
        self._mirrored.check(book, stores, keys | {OF_HQ: HQ_RAW_KEY})

    def _check_heard(self, till: ShopTill) -> None:
        """What a till has had acknowledged, HQ holds."""
        signed = till.machine.store.hq.acknowledgement("furthest")
        if signed is not None:
            check_promises(self._chain.hq.machine.store._connection, {till.name: open_acknowledgement(signed)})

    def check_quiet(self) -> None:
        """What holds when all is said, beside check(): HQ's mirror is what lies there, and nothing waits."""
        self.check()
        Opened(self._chain.hq.machine.store).assert_conserved()
        assert not list(self._chain.hq.machine.store._connection.execute("select * from waits"))
        for till in self._chain.tills:
            if till.name not in self._chain.revoked:
                self._check_mirror(till)
        under_way = add_up(self._own.values()).under_way
        assert not under_way or self._chain.revoked, f"{under_way} is under way, and everything has arrived"

    def _check_mirror(self, till: ShopTill) -> None:
        own, hq = till.machine.store, self._chain.hq.machine.store
        head, word = own.head(), hq.acknowledgement(*till.name, self._chain.now_ms)
        assert (word.held, word.posted, word.held_hash) == (head.ref.sequence, head.ref.sequence, head.hash)
        assert own.hq.known().directive == word.directive
        mirror = SqliteJournal(hq._connection, *till.name).everything()
        assert mirror == self._own[till.name].held, f"HQ's mirror of {till.name} is not what lies there"
        assert digest(mirror) == digest(SqliteJournal(own._connection, *till.name).everything())

    def audit(self, folder: Path) -> list[str]:
        """What counterfoil-audit finds in the exports of all of them."""
        paths = [folder / "hq"]
        with transaction(self._chain.hq.machine.store._connection):
            export_headquarters(self._chain.hq.machine.store._connection, paths[0], now_ms=self._chain.now_ms)
        for till in self._chain.tills:
            paths.append(folder / f"{till.name.keeper}.{till.name.epoch}")
            book = till.machine.store._connection
            with transaction(book):
                save_export(paths[-1], heading(till.name.keeper, self._chain.now_ms), read_rows(book, TABLES))
        report = audit(paths, HQ_KEY.public_key()).report
        assert report.exit_code == bool(report.found)
        return [str(found) for found in report.found]


class Opened(Office):
    """HQ's store with hands, opened by somebody else."""

    def __init__(self, store: HqStore) -> None:
        self.store = store
