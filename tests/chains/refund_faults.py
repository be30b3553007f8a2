"""Faults of refunds, voids and nettings, to be put into the real programs by a test: walks must see each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import checkout.undo
import ledger.judging
import terminal.originals
from checkout.requests import BookView, Original, Undo
from checkout.rules import Rule
from hq_server.storage.debts import Debts
from hq_server.storage.vault import Vault
from ledger.amounts import UNITS_MAX
from ledger.ids import AccountId, Place
from ledger.journal_sqlite import SqliteJournal
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from offline_queue.outbox import Stamp
from protocol.bodies import Netted, lots_told
from protocol.originals import original_of
from protocol.records import Record
from protocol.replaying import posting_of


def net_twice_what_is_owed(patch: pytest.MonkeyPatch) -> None:
    """HQ takes double what is owed, and believes that it is even then."""
    of, moved = Debts.of, Debts.moved

    def double(self: Debts, account: AccountId, purse: Purse, most: int) -> dict[SliceKey, int]:
        return {lot: 2 * units for lot, units in of(self, account, purse, most).items()}

    def believe(self: Debts, legs: Iterable[Leg]) -> None:
        owing = (leg for leg in legs if leg.side is Side.OWED)
        moved(self, [leg._replace(units=min(leg.units, self._owed_of(leg.key))) for leg in owing])

    patch.setattr(Debts, "of", double)
    patch.setattr(Debts, "moved", believe)


def net_without_waiting(patch: pytest.MonkeyPatch) -> None:
    """HQ has other lots pay for one that lies elsewhere, as if that had been spent."""
    patch.setattr(Debts, "spent", lambda *_: UNITS_MAX)


def net_again(patch: pytest.MonkeyPatch) -> None:
    """HQ posts each netting a second time."""
    post = Vault._post

    def post_again(self: Vault, made: Transaction, record: Record) -> None:
        post(self, made, record)
        has = {one.key: one.units for leg in made.legs for one in self._book.slices(leg.account)}
        enough = all(has.get(key, 0) + change >= 0 for key, change in made.held_changes().items())
        if made.kind is TransactionKind.NETTING and enough:
            stamp = Stamp(record.recorded_at_ms, record.business_date, record.mode)
            again = self._keepers.own.append(record.body_as(Netted), stamp).open()
            posting = posting_of(again)
            assert posting is not None
            post(self, posting.transaction, again)

    patch.setattr(Vault, "_post", post_again)


def net_where_it_lies(patch: pytest.MonkeyPatch) -> None:
    """HQ takes what is owed out of what lies at a till, in its mirror of that."""
    net = Vault.net

    def net_there(self: Vault, account: AccountId, stamp: Stamp) -> None:
        net(self, account, stamp)
        for lot, units in self.debts.of(account, Purse.POINTS, 1).items():
            query = "select place, epoch, units from slices where account = ? and purse = ? and lot = ?"
            rows: list[tuple[Any, ...]] = self.debts._connection.execute(query, lot).fetchall()
            for place, epoch, has in rows:
                legs = Leg(*lot, Side.HELD, -min(units, has)), Leg(*lot, Side.OWED, min(units, has))
                lots = self._book.lots({lot})
                record = self._keepers.own.append(Netted(account, legs, lots_told(lots)), stamp).open()
                made = Transaction(TransactionKind.NETTING, record.ref.netted, legs, carries=tuple(lots))
                mirror = SqliteJournal(self.debts._connection, Place(place), epoch)
                mirror.post(made, record.ref, record.business_date)
                self.debts.moved(legs)
                return

    patch.setattr(Vault, "net", net_there)


def forget_debts(patch: pytest.MonkeyPatch) -> None:
    """HQ does not note what refunds leave owed, and nets nothing."""
    patch.setattr(Debts, "moved", lambda *_: None)


def place_ahead_what_is_owed(patch: pytest.MonkeyPatch) -> None:
    """HQ lets points lie at tills though their member owes some."""

    def has(_: Debts, account: AccountId, asset: Asset) -> bool:
        return not account + asset

    patch.setattr(Debts, "has", has)


def forget_refunds(patch: pytest.MonkeyPatch) -> None:
    """A till does not know what was refunded before."""
    patch.setattr(terminal.originals, "original_of", lambda record, _: original_of(record, ()))


def owe_what_is_here(patch: pytest.MonkeyPatch) -> None:
    """A refund takes nothing back, and leaves all of it owed."""
    patch.setattr(checkout.undo, "_held", lambda *_: 0)


def owe_to_have(patch: pytest.MonkeyPatch) -> None:
    """A refund that does not find the points leaves twice as many owed, and gives the member the rest."""
    take_back = checkout.undo._take_back

    def mint(issued: Iterable[Leg], part: int, whole: int, view: BookView) -> Iterator[Leg]:
        for leg in take_back(issued, part, whole, view):
            yield leg
            if leg.side is Side.OWED:
                yield leg
                yield leg._replace(side=Side.HELD, units=-leg.units)

    patch.setattr(checkout.undo, "_take_back", mint)
    patch.setattr(ledger.judging, "_owes_to_the_member", lambda _: False)


def void_what_was_spent(patch: pytest.MonkeyPatch) -> None:
    """A load is voided though what it brought lies here no longer: the customer has the cash, and owes the rest."""
    rules = checkout.undo._void_rules

    def careless(request: Undo, view: BookView, original: Original) -> Iterator[Rule]:
        yield from (rule for rule in rules(request, view, original) if rule.reason.rule != "load_here")

    patch.setattr(checkout.undo, "_void_rules", careless)
