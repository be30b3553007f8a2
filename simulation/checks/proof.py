"""What must be so in a chain after each step, and when all is said: DESIGN 10, invariants 1-7, 9, 10, 12 and 13."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from hq_server.exporting import export_headquarters
from ledger.digest import digest
from ledger.ids import AccountId, ChainId, LotId
from ledger.journal_sqlite import SqliteJournal, transaction
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Side
from offline_queue.auditing.audit import audit
from offline_queue.book_rows import read_rows
from offline_queue.exporting import heading, save_export
from protocol.acknowledgements import open_acknowledgement
from simulation.checks.chain import Chain, Keeper
from simulation.checks.conserved import assert_conserved
from simulation.checks.lasting import check_nothing_expired_was_spent, expired
from simulation.checks.lost import Fences, WriteOffs, there_by
from simulation.checks.mirrored import OF_HQ, Mirrored, check_promises
from simulation.checks.nettings import Nettings, check_debts, check_netted, paid_by_others
from simulation.checks.obeyed import Obeyed
from simulation.checks.own_books import OwnBook, OwnBooks
from simulation.checks.parked import Parked
from simulation.checks.rights_held import check_rights
from simulation.checks.sums import Summed, add_up
from simulation.checks.undoings import Undoings
from simulation.checks.unheard import check_prefix, in_suspense, lots_by_place, unheard, unheard_claims, what_hq_says
from simulation.checks.waiting import check_waiting
from simulation.checks.whose import Whose, whose
from simulation.shop import ZONE
from terminal.exporting import TABLES


class ChainProof:
    """Looks at one chain again and again; what has not changed since the last look is not read again."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._mirrored = Mirrored()
        self._undoings = Undoings()
        self._nettings = Nettings()
        self._obeyed = Obeyed()
        self._write_offs = WriteOffs()
        self._fences = Fences()
        self._parked = Parked()
        self._books = OwnBooks()
        self._own: dict[ChainId, OwnBook] = {}
        self._expired: set[SliceKey] = set()
        chain.watch = self._watch

    def _watch(self) -> None:
        """Between two acts of the chain: what a later one could hide."""
        hq = self._chain.hq
        if not hq.machine.is_dirty or hq.is_recovering:
            return
        self._parked.check(hq.machine)
        self._nettings.check_new(hq.machine)
        self._fences.look(hq.machine)
        self._check_write_offs()

    def fencing(self) -> AbstractContextManager[None]:
        """Somebody at HQ takes a key's trust away, or enrols a till: that alone moves nothing."""
        return self._fences.watching(self._chain.hq.machine)

    def _check_write_offs(self) -> None:
        truth = self._chain.truth
        fresh = self._write_offs.fresh(self._chain.hq.machine)
        if fresh:
            self._write_offs.check(fresh, self._at_hq(), self._chain.hq.machine.store)
        if self._write_offs.has_news:
            for who, units in self._write_offs.given_back().items():
                truth.written_off[who] = max(truth.written_off[who], units)

    def losses(self) -> tuple[int, int]:
        """The money that was written off, and what of it the company has paid."""
        sums = self._write_offs.given_back(), self._write_offs.paid(self._at_hq())
        written_off, paid = (sum(units for (_, asset), units in one.items() if asset is Asset.MONEY) for one in sums)
        return written_off, paid

    def _at_hq(self) -> dict[ChainId, OwnBook]:
        """The books of all keepers as HQ has them."""
        hq = self._chain.hq.machine
        mirrors = self._mirrored.books(hq, [till.name for till in self._chain.tills])
        return mirrors | {OF_HQ: self._books.read(hq, OF_HQ)}

    def check(self) -> None:
        """Every invariant that holds at any time. Raises AssertionError."""
        dirty = [till for till in self._chain.tills if till.machine.is_dirty]
        for till in dirty:
            self._own[till.name] = self._books.read(till.machine, till.name)
            self._obeyed.check(till)
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
            has = summed.held[money] + summed.under_way[money] - summed.owed[money] - summed.written_off[money]
            assert has == units, f"{account} has {has}, and what it was told adds up to {units}"
            assert not summed.left_owed[account, Asset.MONEY], f"{account} owes money"
        for account, units in truth.points.items():
            points = account, Asset.POINTS
            has = summed.held[points] + summed.under_way[points] - summed.owed[points] - summed.written_off[points]
            assert has == units, f"{account} has {has} points, and what it was told adds up to {units}"
            owed, told = summed.left_owed[points], truth.owed[account]
            assert owed == told, f"refunds have left {owed} points of {account} owed, and {told} were told of"
        for account, units in truth.gifts.left().items():
            quota = account, Asset.QUOTA
            has = summed.held[quota] + summed.under_way[quota] - summed.owed[quota] - summed.written_off[quota]
            assert has == units, f"of {account} there is {has}, and what was told leaves {units}"
        for till in self._chain.tills:
            if till.machine.is_dirty:
                truth.let_go.check_book(till.machine.store)

    def _check_hq(self) -> None:
        book = self._chain.hq.machine.store._connection
        self._own[OF_HQ] = self._books.read(self._chain.hq.machine, OF_HQ)
        check_promises(book, self._chain.hq.said)
        check_debts(book)
        in_suspense(self._chain)
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
        chain, hq = self._chain, self._chain.hq.machine.store
        assert_conserved(hq._connection)
        assert not list(hq._connection.execute("select * from waits"))
        revoked, gone = chain.revoked, chain.gone
        aside = in_suspense(chain)
        unheard_of: Counter[Whose] = Counter()
        for till in chain.tills:
            if till.name in revoked | gone:
                check_prefix(till, hq, aside)
                unheard_of.update(unheard(till, hq))
            else:
                self._check_mirror(till, aside)
            check_nothing_expired_was_spent(till.machine.store)
        self._expired = expired(hq, datetime.fromtimestamp(chain.now_ms / 1000, ZONE).date().isoformat())
        check_netted(hq._connection, self._expired)
        check_waiting(chain)
        check_rights(chain, aside)
        self._write_offs.check_settled(self._at_hq(), hq)
        self._check_members(unheard_of, aside)
        self._check_under_way(revoked | gone, aside)
        claims: Counter[tuple[str, AccountId]] = Counter()
        for till in chain.tills:
            if till.name in revoked | gone:
                claims.update(unheard_claims(till, hq))
        chain.truth.let_go.check_hq(hq, claims, aside)

    def _check_members(self, unheard_of: Counter[Whose], aside: set[AccountId]) -> None:
        """What HQ says of each member is what she was told and HQ could hear of, and what the company has paid."""
        truth, paid = self._chain.truth, self._write_offs.paid(self._at_hq())
        told = {(account, Asset.MONEY): units for account, units in truth.left().items()}
        told |= {(account, Asset.POINTS): units for account, units in truth.points.items()}
        told |= {(account, Asset.QUOTA): units for account, units in truth.gifts.left().items()}
        for who, units in told.items():
            if who[0] not in aside:
                has, owes = what_hq_says(self._chain.hq.machine.store, *who)
                due = units - unheard_of[who] + paid[who]
                assert has - owes == due, (
                    f"HQ says that {who} has {has} and owes {owes}: {units} were told, {due} is due"
                )
                at_hand = self._at_hand(who) if owes and not self._lies_with_closed(who) else 0
                assert not at_hand, f"{who} owes {owes}, and {at_hand} lie where HQ may ask for it"

    def _lies_with_closed(self, who: Whose) -> bool:
        """Whether all that a member owes still lies, lot by lot, where HQ may ask for nothing: nothing else pays it.

        By what HQ has heard of: what a revoked till has taken or spent behind that still lies with it for HQ, or is
        under way to it. That others should pay for it HQ can't know; it pays itself when that place is written off.
        """
        there: Counter[SliceKey] = Counter()
        books = self._at_hq()
        for till in self._chain.tills:
            if not self._chain.is_open(till):
                there.update(there_by(books, till.name))
        query = "select purse, lot, units from debts where account = ?"
        debts = self._chain.hq.machine.store._connection.execute(query, (who[0],))
        owed = {SliceKey(who[0], Purse(purse), LotId(lot)): units for purse, lot, units in debts}
        return all(units <= there[key] for key, units in owed.items() if whose(key) == who)

    def _at_hand(self, who: Whose) -> int:
        """What pays of a member's at HQ, or where HQ may ask for it; of what nobody ever owes, whatever there is."""
        names = {till.name for till in self._chain.tills if self._chain.is_open(till)} | {OF_HQ}
        held = [(key, units) for name in names for key, units in self._own[name].held.items() if whose(key) == who]
        if who[1] is not Asset.POINTS:
            return 1
        book, there = self._chain.hq.machine.store._connection, Counter[SliceKey]()
        for key, units in held:
            there[key] += units
        gone = {key: min(there[key], paid_by_others(book, key)) for key in there.keys() & self._expired}
        return sum((dict(there) | gone).values())

    def _check_under_way(self, silent: set[ChainId], aside: set[AccountId]) -> None:
        """All has arrived but from those who say nothing any more, to whom HQ gives nothing, and what is aside."""
        closed = silent | {till.name for till in self._chain.tills if not self._chain.is_open(till)}
        taken = {giver for book in self._own.values() for giver in book.taken}
        for book in self._own.values():
            for giver in book.given.keys() - taken:
                is_over = book.name in silent or book.takers[giver] in closed
                is_aside = {key.account for key in book.given[giver]} <= aside
                assert is_over or is_aside, f"{giver} is under way to {book.takers[giver]}, and everything has arrived"

    def check_all_is_undone(self) -> None:
        """Behind check_quiet(): of those of whom every sale was undone it is as if they had never bought anything."""
        still, loose = self._chain.truth.still_sold(), self._loose()
        for key, sides in self.lots().items():
            if key.account in still:
                continue
            if key.purse is Purse.QUOTA:
                continue  # what a promotion gave is given
            assert key.purse is Purse.POINTS or not sides[Side.SPENT], f"{key} was all given back: {dict(sides)}"
            if key.purse is Purse.POINTS and whose(key) not in loose:
                there = sides[Side.HELD] + sides[Side.IN_TRANSIT] + sides[Side.RISK]
                others = (sides[Side.ISSUED], sides[Side.SPENT], sides[Side.OWED])
                assert not any((there, *others)), f"{key} is of a sale that was undone: {dict(sides)}"

    def _loose(self) -> set[Whose]:
        """Of whom more or less lies with tills that HQ may ask for nothing than was written off there.

        Or such a till has sold them something, or taken it back, and HQ never hears of that.
        """
        loose: set[Whose] = set()
        for till in self._chain.tills:
            if not self._chain.is_open(till):
                there, units = there_by(self._own, till.name), self._write_offs.units[till.name]
                loose |= {whose(key) for key in there.keys() | units.keys() if there[key] != units[key]}
                loose |= unheard(till, self._chain.hq.machine.store).keys()
        return loose

    def _check_mirror(self, till: Keeper, aside: set[AccountId]) -> None:
        own, hq = till.machine.store, self._chain.hq.machine.store
        head, word = own.head(), hq.acknowledgement(*till.name, self._chain.now_ms)
        assert (word.held, word.posted, word.held_hash) == (head.ref.sequence, head.ref.sequence, head.hash)
        assert own.hq.known().directive == word.directive
        mirror = SqliteJournal(hq._connection, *till.name).everything()
        held = lots_by_place(self._own[till.name].held, aside)
        assert lots_by_place(mirror, aside) == held, f"HQ's mirror of {till.name} is not what lies there"
        if not aside:
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
