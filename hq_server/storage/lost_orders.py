"""HQ's orders that were lost, or not carried out when an epoch ended. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.storage.keepers import CARD, LEAD, MODE, REVOKED, Keepers
from hq_server.storage.rights import Rights
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain, Stamp
from protocol.bodies import BLOCKED_CARDS_MAX, Block, Directive, Relay, Revoke, Roster, RunAs, Unblock
from protocol.records import SignedRecord
from protocol.rights import Entrust
from protocol.transfers import giver_of


class LostOrders:
    """Knows what is to be done about them."""

    def __init__(
        self, connection: Connection, keepers: Keepers, vault: Vault, whereabouts: Whereabouts, rights: Rights
    ) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts
        self._rights = rights

    def follow(self, ref: RecordRef, directive: Directive, stamp: Stamp) -> None:
        """What HQ had ordered it wants still, unless a later word on the same thing was handed back before."""
        chain = ChainId(Place(directive.to), directive.to_epoch)
        match directive.order:
            case Block(cards=cards):
                for card in (one for one in cards if self._is_last(CARD + one, ref)):
                    self._keepers.blocks.add(card, stamp.now_ms)
            case Unblock(cards=cards):
                for card in (one for one in cards if self._is_last(CARD + one, ref)):
                    self._keepers.blocks.remove(card)
            case RunAs(mode=mode) if self._is_last(MODE + chain.store, ref):
                self._keepers.note_mode(chain.store, mode)
            case Roster(lead=lead, witness=witness) if self._is_last(LEAD + chain.store, ref):
                self._keepers.note_lead(chain.store, lead, witness)
            case Revoke():
                self._keepers.fence(*chain, REVOKED, stamp)
            case Entrust() as order:
                self._rights.entrust(chain, order)
            case _:
                pass

    def _is_last(self, about: str, ref: RecordRef) -> bool:
        return self._keepers.words.hear(about, ref.epoch, ref.sequence)

    def say_again(self, stamp: Stamp) -> list[ChainId]:
        """What was handed back, all keepers have to know: some of them may never have been told."""
        about, chains = self._keepers.words.take_unsaid(), self._keepers.trusted()
        self._say_cards(chains, [one.removeprefix(CARD) for one in about if one.startswith(CARD)], stamp)
        for one in about:
            if one.startswith(MODE):
                self._keepers.say_mode(one.removeprefix(MODE), stamp)
            elif one.startswith(LEAD):
                self._keepers.call_the_roll(one.removeprefix(LEAD), stamp)
        return chains if about else []

    def adopted(self, chain: ChainId, hq_epoch: int, done: tuple[int, int], posted: int, stamp: Stamp) -> None:
        """A keeper has carried out its first order of this epoch, and from there on none of an earlier one.

        `done` was the last before that. What the orders behind it gave, HQ has back; what it was asked to give back, it
        may be asked anew; of what the others were about, it is told how that stands by now. Its chain is posted up to
        record `posted`.
        """
        self._reclaim(chain, hq_epoch, posted, stamp)
        self._whereabouts.forget_recalls(chain, hq_epoch)
        rows = self._connection.execute(
            "select hq_epoch, sequence from directives where keeper = ? and epoch = ? and (hq_epoch, number) > (?, ?)"
            " and hq_epoch < ? order by hq_epoch, number",
            (*chain, *done, hq_epoch),
        )
        orders = [self._own(*one).open().body_as(Directive).order for one in list(rows)]
        cards = [card for order in orders if isinstance(order, Block | Unblock) for card in order.cards]
        self._say_cards([chain], list(dict.fromkeys(cards)), stamp)
        if any(isinstance(order, RunAs) for order in orders):
            self._keepers.order_mode(chain, stamp)
        if any(isinstance(order, Roster) for order in orders):
            self._keepers.call_the_roll(chain.store, stamp, only=chain)
        for order in orders:
            if isinstance(order, Relay | Revoke):
                self._keepers.order(*chain, order, stamp)
            elif isinstance(order, Entrust):
                self._rights.come_back(chain, order)

    def _say_cards(self, chains: list[ChainId], cards: list[str], stamp: Stamp) -> None:
        """Which of these cards are refused, and which are not."""
        for start in range(0, len(cards), BLOCKED_CARDS_MAX):
            run = cards[start : start + BLOCKED_CARDS_MAX]
            lost = tuple(card for card in run if self._keepers.blocks.has(card))
            found = tuple(card for card in run if card not in lost)
            orders = [order for order in (Block(lost), Unblock(found)) if order.cards]
            for chain in chains:
                for order in orders:
                    self._keepers.order(*chain, order, stamp)

    def _reclaim(self, chain: ChainId, hq_epoch: int, posted: int, stamp: Stamp) -> None:
        """Have back what HQ gave to this keeper in earlier epochs and did not arrive; the last of it first."""
        rows = self._connection.execute(
            "select hq_epoch, sequence from directives where keeper = ? and epoch = ? and hq_epoch < ?"
            " order by hq_epoch desc, number desc",
            (*chain, hq_epoch),
        )
        for one in list(rows):
            if not self._whereabouts.has_under_way(chain):
                return
            given = self._own(*one)
            if not self._has_come(chain, given) and not self._vault.has_taken(given.open().ref):
                self._vault.reclaim(given, posted, stamp)

    def _has_come(self, chain: ChainId, given: SignedRecord) -> bool:
        """Whether a keeper has taken this very directive: another that was lost may have had its number."""
        query = "select epoch, sequence from transactions where keeper = ? and operation_id = ?"
        row = self._connection.execute(query, (chain.keeper, given.open().ref.taken)).get
        taker = None if row is None else Chain(self._connection, chain.keeper, row[0]).record(row[1])
        return taker is not None and giver_of(taker.open()) == given

    def _own(self, hq_epoch: int, sequence: int) -> SignedRecord:
        given = self._keepers.own.record(RecordRef(HEADQUARTERS, hq_epoch, sequence))
        assert given is not None, "what HQ has ordered stands in its own chain"
        return given
