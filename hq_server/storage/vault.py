"""HQ's own place: what it gives to tills, and takes from them. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hq_server.netting import net
from hq_server.recovery import NotStoodBy
from hq_server.storage.debts import Debts
from hq_server.storage.keepers import Keepers
from hq_server.storage.losses import Losses
from hq_server.storage.stranding import Stranding
from hq_server.storage.whereabouts import Whereabouts
from hq_server.valuing import Rules, age
from ledger.ids import HEADQUARTERS, HQ_LIFE, AccountId, ChainId, Place, RecordRef, quota_of
from ledger.journal_sqlite import Connection, SqliteJournal
from ledger.judging import Refused
from ledger.slices import Asset, Purse, Slice, SliceKey
from ledger.transactions import Leg, Transaction
from offline_queue.outbox import Stamp
from protocol.bodies import DIRECTIVE_BYTES_MAX, Netted, Recall, Taken, Transfer, lots_told
from protocol.promotions import Funded
from protocol.records import Record, SignedRecord
from protocol.recoveries import Readopted, Reclaimed, Shortage
from protocol.replaying import posting_of
from protocol.transfers import Passage, given_in, incoming, outgoing, readopting
from protocol.write_offs import WrittenOff, part_of, writing_off

NETTED_LOTS_MAX = 50
"""Debts, and slices that pay them, in one record: what is beyond has the next one."""


class Vault:
    """Each movement is a record of HQ's own chain and a posting in HQ's own book, in one commit."""

    def __init__(self, connection: Connection, keepers: Keepers, whereabouts: Whereabouts, rules: Rules) -> None:
        self._keepers = keepers
        self._whereabouts = whereabouts
        self._rules = rules
        self.debts = Debts(connection)
        self.stranding = Stranding(connection)
        self.losses = Losses(connection)
        self._book = SqliteJournal(connection, HEADQUARTERS, HQ_LIFE)

    def payable(self, account: AccountId, asset: Asset, business_date: str) -> list[Slice]:
        """What HQ can give of a member's asset today, in the order in which it pays."""
        return self._rules.payable(self._book.slices(account), asset, business_date)

    def give(self, chain: ChainId, given: Transfer, stamp: Stamp) -> SignedRecord:
        """Give value that lies here to a keeper; the directive that says so."""
        signed = self._keepers.order(*chain, given, stamp)
        record = signed.open()
        passage = given_in(record)
        assert passage is not None, "a directive with a transfer gives something"
        self._post(outgoing(passage), record)
        self._whereabouts.sent(chain, given)
        self.stranding.left(record)
        return signed

    def fund(self, body: Funded, stamp: Stamp) -> None:
        """Let a promotion give so many times, or so much, more: it lies here until tills want it."""
        record = self._keepers.own.append(body, stamp).open()
        posting = posting_of(record)
        assert posting is not None, "a funding moves something"
        self._post(posting.transaction, record)
        self._whereabouts.touched({quota_of(body.promotion)})

    def can_take(self, passage: Passage, given: SignedRecord) -> bool:
        """Whether HQ can take what a till has given it: in an epoch that has begun, and in one record of HQ's."""
        return passage.to_epoch <= self._keepers.epoch and len(given.content) <= DIRECTIVE_BYTES_MAX

    def take(self, passage: Passage, given: SignedRecord, stamp: Stamp) -> None:
        """Take what a till has given to HQ, once its mirror has let it go."""
        self._post(incoming(passage), self._keepers.own.append(Taken(given), stamp).open())
        giver = passage.giver
        self._come_home(ChainId(giver.keeper, giver.epoch), passage, giver.sequence, stamp)

    def has_taken(self, giver: RecordRef) -> bool:
        """Whether what this record gave lies at HQ, or did."""
        return self._book.knows_operation(giver.taken)

    def readopt(self, directive: SignedRecord, stamp: Stamp) -> None:
        """Stand by a directive that HQ had lost: what it gave is not here, or should not be any more.

        Raises NotStoodBy, and then the caller's transaction must not keep it.
        """
        passage = given_in(directive.open())
        short = () if passage is None else tuple(self._short(passage))
        record = self._keepers.own.append(Readopted(directive, short), stamp).open()
        if passage is not None:
            made = readopting(passage, short, record.ref)
            verdict = self._book.post(made, record.ref, record.business_date)
            if isinstance(verdict, Refused):
                raise NotStoodBy(verdict.reason.name.lower())
            self.debts.moved(made.legs)
            self._whereabouts.sent(ChainId(Place(passage.to), passage.to_epoch), passage.transfer)
            self.stranding.left(directive.open())
            self._whereabouts.touched({AccountId(passage.transfer.account)})
            self.losses.given(passage)

    def reclaim(self, directive: SignedRecord, posted: int, stamp: Stamp) -> None:
        """Have back what a directive of an earlier epoch gave, and its keeper carries out no more.

        That keeper's chain is posted up to record `posted`.
        """
        passage = given_in(directive.open())
        assert passage is None or passage.giver.epoch < self._keepers.epoch, "what this epoch gives may still arrive"
        if passage is not None:
            self._post(incoming(passage), self._keepers.own.append(Reclaimed(directive), stamp).open())
            chain = ChainId(Place(passage.to), passage.to_epoch)
            self._whereabouts.arrived(chain, passage.transfer)
            self.stranding.came(directive.open())
            self._whereabouts.touched({AccountId(passage.transfer.account)})
            self.losses.came(passage)
            self._come_home(chain, passage, posted, stamp)

    def write_off(self, chain: ChainId, units: Mapping[SliceKey, int], posted: int, stamp: Stamp) -> None:
        """Give back here what lies at a lost place, whose chain is posted up to record `posted`; the company bears it.

        Units below zero: HQ has it by its keeper's own record, too, and takes that off again.
        """
        terms = {lot.key: lot for lot in self._book.lots(units)}
        parts = tuple(part_of(terms[key], one) for key, one in units.items())
        body = WrittenOff(*chain, posted, self.losses.people(chain), parts)
        record = self._keepers.own.append(body, stamp).open()
        made = writing_off(body, record.ref)
        self._post(made, record)
        self.losses.wrote_off(chain, made)
        self._whereabouts.touched({key.account for key in units})

    def _come_home(self, chain: ChainId, passage: Passage, posted: int, stamp: Stamp) -> None:
        home = self.losses.come_home(chain, passage)
        if home:
            self.write_off(chain, {key: -units for key, units in home.items()}, posted, stamp)

    def _short(self, passage: Passage) -> Iterator[Shortage]:
        here = {one.key: one.units for one in self._book.slices(AccountId(passage.transfer.account))}
        for key, units in outgoing(passage).held_changes().items():
            lacks = -units - here.get(key, 0)
            if lacks > 0:
                yield Shortage(key.purse, key.lot, lacks)

    def recall(self, chain: ChainId, account: AccountId, asset: Asset, keep: int, stamp: Stamp) -> None:
        """Ask a keeper for what it has beyond `keep`."""
        order = self._keepers.order(*chain, Recall(account, asset, keep), stamp).open()
        self._whereabouts.recalled(chain, account, asset, keep, order.ref)

    def net(self, account: AccountId, stamp: Stamp) -> None:
        """Take what a member owes from what lies here, as far as it goes; each record of it has its bound."""
        for purse in Purse:
            while legs := self._netting(account, purse, stamp.business_date):
                lots = lots_told(self._book.lots({leg.key for leg in legs}))
                record = self._keepers.own.append(Netted(account, legs, lots), stamp).open()
                posting = posting_of(record)
                assert posting is not None, "a netting moves something"
                self._post(posting.transaction, record)
                self.debts.moved(legs)

    def _netting(self, account: AccountId, purse: Purse, business_date: str) -> tuple[Leg, ...]:
        owed = self.debts.of(account, purse, NETTED_LOTS_MAX)
        if not owed:
            return ()
        here = sorted((one for one in self._book.slices(account) if one.key.purse is purse), key=age)
        own = [one for one in here if one.key in owed]
        # What is owed of anything but points, HQ itself has given and does not have: that very lot comes home.
        payable = [one for one in here if one.key not in owed] if purse is Purse.POINTS else []
        others = [one for one in (self._paying(one, business_date) for one in payable) if one.units]
        return net(owed, {lot: self.debts.spent(lot) for lot in owed}, [*own, *others[:NETTED_LOTS_MAX]])

    def _paying(self, one: Slice, business_date: str) -> Slice:
        """As much of a slice as pays what is owed of others: of one that has expired, what others have paid for it."""
        if one.spendable_on(business_date):
            return one
        return Slice(one.lot, min(one.units, self.debts.paid_by_others(one.key)))

    def _post(self, made: Transaction, record: Record) -> None:
        verdict = self._book.post(made, record.ref, record.business_date)
        # HQ gives only what lies here, and takes only what a mirror has let go: a refusal is our own mistake.
        assert not isinstance(verdict, Refused), f"HQ's own book refuses {record.ref}: {verdict.reason.name}"
