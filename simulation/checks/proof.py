"""What must be so in a chain after each step, and when all is said: DESIGN 10, invariants 1-7, 9, 10, 12 and 13."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hq_server.exporting import export_headquarters
from ledger.digest import digest
from ledger.ids import ChainId
from ledger.journal_sqlite import SqliteJournal, transaction
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Side
from offline_queue.auditing.audit import audit
from offline_queue.book_rows import read_rows
from offline_queue.exporting import heading, save_export
from protocol.acknowledgements import open_acknowledgement
from simulation.checks.chain import Chain, Keeper
from simulation.checks.conserved import assert_conserved
from simulation.checks.mirrored import OF_HQ, Mirrored, check_promises
from simulation.checks.nettings import Nettings, check_debts, check_netted
from simulation.checks.own_books import OwnBook, OwnBooks
from simulation.checks.sums import Summed, Whose, add_up, whose
from simulation.checks.undoings import Undoings
from simulation.checks.waiting import check_waiting
from terminal.exporting import TABLES


class ChainProof:
    """Looks at one chain again and again; what has not changed since the last look is not read again."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._mirrored = Mirrored()
        self._undoings = Undoings()
        self._nettings = Nettings()
        self._books = OwnBooks()
        self._own: dict[ChainId, OwnBook] = {}
        chain.watch = self._watch

    def _watch(self) -> None:
        """Between two acts of the chain: what a later one could hide."""
        if self._chain.hq.machine.is_dirty and not self._chain.hq.is_recovering:
            self._nettings.check_new(self._chain.hq.machine)

    def check(self) -> None:
        """Every invariant that holds at any time. Raises AssertionError."""
        dirty = [till for till in self._chain.tills if till.machine.is_dirty]
        for till in dirty:
            self._own[till.name] = self._books.read(till.machine, till.name)
        self._undoings.check(dirty)
        if self._chain.hq.is_recovering:
            return  # what HQ knows is not what was, and all machines stay dirty
        for till in self._chain.tills:
            if till.machine.is_dirty:
                self._check_heard(till)
        if self._chain.hq.machine.is_dirty:
            self._check_hq()
        summed = add_up(self._own.values())
        if self._chain.all_is_told:
            self._check_told(summed)
        for machine in (self._chain.hq.machine, *(till.machine for till in self._chain.tills)):
            machine.is_dirty = False

    def _check_told(self, summed: Summed) -> None:
        """What every member has, all places together, is what the tills have said."""
        truth = self._chain.truth
        for account, units in truth.left().items():
            money = account, Asset.MONEY
            # HQ owes money from the end of its recovery until it has netted what it had given before, and lost.
            has = summed.held[money] + summed.under_way[money] - summed.owed[money]
            assert has == units, f"{account} has {has}, and what it was told adds up to {units}"
            assert not summed.left_owed[account, Asset.MONEY], f"{account} owes money"
        for account, units in truth.points.items():
            points = account, Asset.POINTS
            has = summed.held[points] + summed.under_way[points] - summed.owed[points]
            assert has == units, f"{account} has {has} points, and what it was told adds up to {units}"
            owed, told = summed.left_owed[points], truth.owed[account]
            assert owed == told, f"refunds have left {owed} points of {account} owed, and {told} were told of"
        for till in self._chain.tills:
            if till.machine.is_dirty:
                truth.let_go.check_book(till.machine.store)

    def _check_hq(self) -> None:
        book = self._chain.hq.machine.store._connection
        self._own[OF_HQ] = self._books.read(self._chain.hq.machine, OF_HQ)
        check_promises(book, self._chain.hq.said)
        check_debts(book)
        stores = {till.name: till.machine.store for till in self._chain.tills}
        keys = {till.name: till.key.public_key().public_bytes_raw() for till in self._chain.tills}
        hq, key = self._chain.hq.machine, self._chain.hq.key.public_key().public_bytes_raw()
        of_hq = {ChainId(OF_HQ.keeper, epoch): key for epoch in range(1, hq.store.own_head().ref.epoch + 1)}
        self._mirrored.check(hq, stores, keys | of_hq)

    def _check_heard(self, till: Keeper) -> None:
        """What a till has had acknowledged, HQ holds."""
        signed = till.machine.store.hq.acknowledgement("furthest")
        if signed is not None:
            check_promises(self._chain.hq.machine.store._connection, {till.name: open_acknowledgement(signed)})

    def check_quiet(self) -> None:
        """What holds when all is said, beside check(): HQ's mirror is what lies there, and nothing waits."""
        self.check()
        assert_conserved(self._chain.hq.machine.store._connection)
        assert not list(self._chain.hq.machine.store._connection.execute("select * from waits"))
        for till in self._chain.tills:
            if till.name not in self._chain.revoked:
                self._check_mirror(till)
        check_netted(self._chain.hq.machine.store._connection)
        check_waiting(self._chain)
        self._chain.truth.let_go.check_hq(self._chain.hq.machine.store)
        summed = add_up(self._own.values())
        assert not any(units for who, units in summed.owed.items() if who[1] is Asset.MONEY), f"{summed.owed} is owed"
        if not self._chain.revoked:
            assert not any(summed.under_way.values()), f"{summed.under_way} is under way, and everything has arrived"
            self._check_home(summed)

    def _check_home(self, summed: Summed) -> None:
        """Of whom nothing lies where HQ cannot ask for it: who has too few points owes just those, and has none."""
        for account, units in self._chain.truth.points.items():
            points = account, Asset.POINTS
            if not self._stranded()[points]:
                found = summed.held[points], summed.owed[points]
                assert found == (max(units, 0), max(-units, 0)), f"{account} has and owes {found}, and not {units}"

    def _stranded(self) -> Counter[Whose]:
        """What lies with tills whose place another has taken over."""
        stranded: Counter[Whose] = Counter()
        for till in self._chain.tills:
            if not self._chain.is_open(till):
                for key, units in self._own[till.name].held.items():
                    stranded[whose(key)] += units
        return stranded

    def check_all_is_undone(self) -> None:
        """Behind check_quiet(): of those of whom every sale was undone it is as if they had never bought anything."""
        if self._chain.revoked:
            return
        stranded, still = self._stranded(), self._chain.truth.still_sold()
        for key, sides in self.lots().items():
            if key.account in still:
                continue
            assert key.purse is Purse.POINTS or not sides[Side.SPENT], f"{key} was all given back: {dict(sides)}"
            if key.purse is Purse.POINTS and not stranded[whose(key)]:
                assert not any(sides.values()), f"{key} is of a sale that was undone: {dict(sides)}"

    def _check_mirror(self, till: Keeper) -> None:
        own, hq = till.machine.store, self._chain.hq.machine.store
        head, word = own.head(), hq.acknowledgement(*till.name, self._chain.now_ms)
        assert (word.held, word.posted, word.held_hash) == (head.ref.sequence, head.ref.sequence, head.hash)
        assert own.hq.known().directive == word.directive
        mirror = SqliteJournal(hq._connection, *till.name).everything()
        assert mirror == self._own[till.name].held, f"HQ's mirror of {till.name} is not what lies there"
        assert digest(mirror) == digest(SqliteJournal(own._connection, *till.name).everything())

    def lots(self) -> Mapping[SliceKey, Counter[Side]]:
        """Each lot's sums over all places, as they were at the last look."""
        return add_up(self._own.values()).lots

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
        report = audit(paths, self._chain.hq.key.public_key()).report
        assert report.exit_code == bool(report.found)
        return [str(found) for found in report.found]
