"""Drawing: a till asks for value now, and gets it once. Runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from hq_server.storage.keepers import Keepers
from hq_server.storage.recovering import Recovering
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from ledger.ids import HEADQUARTERS, AccountId, ChainId, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Stamp
from protocol.bodies import Transfer
from protocol.conversation import Draw, NoDraw, NotDrawn
from protocol.draws import Grounds, decide
from protocol.records import SignedRecord


@dataclass(frozen=True, slots=True)
class Short:
    """Not enough lies at HQ. `holders` have some of it, and may be asked; `no` is the answer if that does not help."""

    no: NotDrawn
    holders: tuple[ChainId, ...]


Drawn: TypeAlias = SignedRecord | NotDrawn | Short
"""What became of a draw: the directive that gives, or why not."""


class Drawing:
    """Answers draws from what lies at HQ."""

    def __init__(
        self,
        connection: Connection,
        keepers: Keepers,
        vault: Vault,
        whereabouts: Whereabouts,
        recovering: Recovering,
    ) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts
        self._recovering = recovering

    def draw(self, chain: ChainId, asked: Draw, stamp: Stamp) -> Drawn:
        """Give what a keeper has asked for, or say why not. The same draw again has the same answer once it has one."""
        account = AccountId(asked.account)
        if self._recovering.is_on:
            return NotDrawn(asked.operation_id, NoDraw.RECOVERING, (), stamp.now_ms)
        known = self._answered(chain, asked)
        if known is not None and self._vault.has_taken(known.open().ref):
            return NotDrawn(
                asked.operation_id, NoDraw.BUSY, (), stamp.now_ms
            )  # HQ has that back: a new draw is a new one
        if known is not None:
            return known
        if self._vault.debts.has(account, asked.asset):
            self._vault.net(account, stamp)  # what is owed of a lot is not there to be given
        is_open, is_blocked = self._keepers.is_open(*chain), self._keepers.blocks.has(asked.card)
        payable = self._vault.payable(account, asked.asset, stamp.business_date)
        decision = decide(asked, Grounds(payable, is_open=is_open, is_blocked=is_blocked))
        if isinstance(decision, Transfer):
            return self._give(chain, asked, decision, stamp)
        no = NotDrawn(asked.operation_id, decision, self._whereabouts.shares(account), stamp.now_ms)
        holders = self._holders(chain, asked, stamp) if decision is NoDraw.NOT_ENOUGH and asked.least > 0 else ()
        return Short(no, holders) if holders else no

    def recall(self, asked: Draw, holders: tuple[ChainId, ...], stamp: Stamp) -> tuple[ChainId, ...]:
        """Ask these keepers for all that they have of what a draw needs; those that were not asked for all before."""
        if self._recovering.is_on:
            return ()
        account, asset = AccountId(asked.account), asked.asset
        fresh = tuple(one for one in holders if self._whereabouts.asked_keep(one, account, asset) != 0)
        for chain in fresh:
            self._vault.recall(chain, account, asset, 0, stamp)
        return fresh

    def _answered(self, chain: ChainId, asked: Draw) -> SignedRecord | None:
        query = "select hq_epoch, sequence from draws where keeper = ? and epoch = ? and operation_id = ?"
        row = self._connection.execute(query, (*chain, asked.operation_id)).get
        return None if row is None else self._keepers.own.record(RecordRef(HEADQUARTERS, *row))

    def _give(self, chain: ChainId, asked: Draw, given: Transfer, stamp: Stamp) -> SignedRecord:
        signed = self._vault.give(chain, given, stamp)
        ref, account = signed.open().ref, AccountId(asked.account)
        line = (*chain, asked.operation_id, ref.epoch, ref.sequence)
        self._connection.execute("insert into draws values (?, ?, ?, ?, ?)", line)
        # Who draws for a member has it before its counter: what is placed next is placed there.
        self._whereabouts.visited(chain, account, stamp.now_ms)
        self._whereabouts.touched({account})
        return signed

    def _holders(self, chain: ChainId, asked: Draw, stamp: Stamp) -> tuple[ChainId, ...]:
        """The tills that have something of it, or will have, and can be asked for it.

        Whoever draws is one of them only if its own was called home: then that is on its way, behind the draw.
        """
        account, asset = AccountId(asked.account), asked.asset
        held = self._whereabouts.held(account, asset, stamp.business_date)
        having = {*held, *self._whereabouts.expecting(account, asset)}
        others = {one for one in having if one.keeper != chain.keeper}
        own = {chain} & having if self._whereabouts.asked_keep(chain, account, asset) is not None else set()
        return tuple(one for one in sorted(others | own) if self._keepers.is_open(*one))
