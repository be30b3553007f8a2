"""Placing: what of a member's value should lie where is moved there. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hq_server.placement import NOTHING_AHEAD, AskBack, Move, PlaceAhead, QuotaStand, Stand, moves, quota_moves
from hq_server.storage.keepers import Keepers
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from hq_server.valuing import Placement
from ledger.ids import AccountId, ChainId, agent_of
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, assets_of, take
from offline_queue.outbox import Chain, Stamp
from protocol.bodies import Why
from protocol.transfers import fitting_transfer


class Placing:
    """Carries out what hq_server.placement decides."""

    def __init__(
        self, connection: Connection, keepers: Keepers, vault: Vault, whereabouts: Whereabouts, rules: Placement
    ) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts
        self._rules = rules

    def settle(self, account: AccountId, stamp: Stamp) -> set[ChainId]:
        """Move what has to move of a member's value; the keepers that were given a directive."""
        return {chain for asset in assets_of(account) for chain in self._settle(account, asset, stamp)}

    def _settle(self, account: AccountId, asset: Asset, stamp: Stamp) -> Iterator[ChainId]:
        at_hq = sum(one.units for one in self._vault.payable(account, asset, stamp.business_date))
        for move in self._moves(account, asset, at_hq, stamp.business_date):
            chain = ChainId(move.place, move.epoch)
            match move:
                case PlaceAhead():
                    yield from self._grant(chain, account, asset, move.units, stamp)
                case AskBack():
                    self._vault.recall(chain, account, asset, move.keep, stamp)
                    yield chain

    def _moves(self, account: AccountId, asset: Asset, at_hq: int, business_date: str) -> Iterator[Move]:
        if asset is Asset.QUOTA:
            return quota_moves(at_hq, list(self._quota_stands(account, business_date)), self._rules.quota_percent)
        return moves(at_hq, self._stands(account, asset))

    def _quota_stands(self, account: AccountId, business_date: str) -> Iterator[QuotaStand]:
        """Every till that may have some ready, of a store with a lead the lead for all; and those that have some.

        What has ended at a till is nothing that it has: it goes home with the first that is called home.
        """
        held = self._whereabouts.held(account, Asset.QUOTA, business_date)
        tills = [chain for chain in self._keepers.trusted() if agent_of(chain.keeper) is None]
        ready = {self._keepers.lead_of(chain.store) or chain for chain in tills}
        ready = {chain for chain in ready if self._rules.has_quotas(self._mode(chain))}
        for chain in sorted(ready | held.keys()):
            if self._keepers.is_open(*chain):
                under_way = self._whereabouts.under_way(chain, account, Asset.QUOTA)
                asked_keep = self._whereabouts.asked_keep(chain, account, Asset.QUOTA)
                yield QuotaStand(*chain, held.get(chain, 0), under_way, asked_keep, has_share=chain in ready)

    def _mode(self, chain: ChainId) -> str:
        head = Chain(self._connection, *chain).head()
        return "" if head is None else head.mode

    def _grant(self, chain: ChainId, account: AccountId, asset: Asset, units: int, stamp: Stamp) -> Iterator[ChainId]:
        parts = take(self._vault.payable(account, asset, stamp.business_date), units)
        given = fitting_transfer(Why.GRANT, "", account, parts)
        if given.parts:
            self._vault.give(chain, given, stamp)
            yield chain

    def _stands(self, account: AccountId, asset: Asset) -> list[Stand]:
        """The tills where the member was, the last one first, then those where something of it lies.

        Where a store has a lead, what is placed ahead for any of its tills lies there; nothing for their places at HQ.
        """
        held = self._whereabouts.held(account, asset)
        visits = [chain for chain in self._whereabouts.visits(account) if agent_of(chain.keeper) is None]
        homes = dict.fromkeys(self._keepers.lead_of(chain.store) or chain for chain in visits)
        chains = dict.fromkeys([*homes, *sorted(held)])
        stands = [
            self._stand(chain, account, asset, held.get(chain, 0)) for chain in chains if self._keepers.is_open(*chain)
        ]
        # HQ nets owed points from what lies with it: until then none may stay elsewhere. Owed money HQ itself gave.
        owes = asset is Asset.POINTS and self._vault.debts.has(account, asset)
        return [replace(one, ahead=NOTHING_AHEAD) for one in stands] if owes else stands

    def _stand(self, chain: ChainId, account: AccountId, asset: Asset, held: int) -> Stand:
        under_way = self._whereabouts.under_way(chain, account, asset)
        total = self._whereabouts.total(chain, asset) - under_way
        lead = self._keepers.lead_of(chain.store)
        follows = lead is not None and lead != chain
        is_hosted = agent_of(chain.keeper) is not None
        ahead = NOTHING_AHEAD if follows or is_hosted else self._rules.ahead(asset, self._mode(chain))
        return Stand(*chain, held, under_way, total, ahead, self._whereabouts.asked_keep(chain, account, asset))
