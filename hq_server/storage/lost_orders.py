"""HQ's orders that were lost, or not carried out when an epoch ended. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.storage.carried_out import carried_out
from hq_server.storage.keepers import REVOKED, Keepers
from hq_server.storage.vault import Vault
from hq_server.storage.whereabouts import Whereabouts
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection, SqliteJournal
from offline_queue.outbox import Stamp
from protocol.bodies import BLOCKED_CARDS_MAX, Block, Directive, Order, Relay, Revoke, Roster, RunAs, Unblock
from protocol.records import SignedRecord

CARD, MODE, LEAD = "card/", "mode/", "lead/"
"""What HQ's words are about, before the name of a card or a store."""


class LostOrders:
    """Knows what is to be done about them."""

    def __init__(self, connection: Connection, keepers: Keepers, vault: Vault, whereabouts: Whereabouts) -> None:
        self._connection = connection
        self._keepers = keepers
        self._vault = vault
        self._whereabouts = whereabouts

    def follow(self, ref: RecordRef, directive: Directive, stamp: Stamp) -> None:
        """What HQ had ordered it wants still, unless a later word on the same thing was handed back before."""
        chain = ChainId(Place(directive.to), directive.to_epoch)
        match directive.order:
            case Block(cards=cards):
                for card in (one for one in cards if self._is_last_word(CARD + one, ref)):
                    self._keepers.blocks.add(card, stamp.now_ms)
            case Unblock(cards=cards):
                for card in (one for one in cards if self._is_last_word(CARD + one, ref)):
                    self._keepers.blocks.remove(card)
            case RunAs(mode=mode) if self._is_last_word(MODE + chain.store, ref):
                self._keepers.note_mode(chain.store, mode)
            case Roster(lead=lead, witness=witness) if self._is_last_word(LEAD + chain.store, ref):
                self._keepers.note_lead(chain.store, lead, witness)
            case Revoke():
                self._keepers.fence(*chain, REVOKED, stamp)
            case _:
                pass

    def _is_last_word(self, about: str, ref: RecordRef) -> bool:
        self._connection.execute(
            "insert into last_words values (?, ?, ?) on conflict do update set hq_epoch = excluded.hq_epoch,"
            " sequence = excluded.sequence where (excluded.hq_epoch, excluded.sequence) > (hq_epoch, sequence)",
            (about, ref.epoch, ref.sequence),
        )
        return self._connection.changes() > 0

    def say_all_again(self, stamp: Stamp) -> list[ChainId]:
        """What was handed back, all keepers have to know: some of them may never have been told."""
        about = [one for (one,) in self._connection.execute("select about from last_words order by about")]
        chains = self._keepers.trusted()
        self._say_cards(chains, [one.removeprefix(CARD) for one in about if one.startswith(CARD)], stamp)
        for one in about:
            if one.startswith(MODE):
                self._keepers.say_mode(one.removeprefix(MODE), stamp)
            elif one.startswith(LEAD):
                self._keepers.call_the_roll(one.removeprefix(LEAD), stamp)
        self._connection.execute("delete from last_words")
        return chains

    def adopted(self, chain: ChainId, hq_epoch: int, at: int, stamp: Stamp) -> None:
        """By its record `at` a keeper has carried out this new epoch, and from there on no order of an earlier one.

        What the orders that it has not carried out gave, HQ has back; of what the others were about, it is told anew.
        """
        self._reclaim(chain, hq_epoch, stamp)
        rows = self._connection.execute(
            "select hq_epoch, sequence from directives where keeper = ? and epoch = ? and (hq_epoch, number) > (?, ?)"
            " and hq_epoch < ? order by hq_epoch, number",
            (*chain, *carried_out(self._connection, chain, before=at), hq_epoch),
        )
        for one in list(rows):
            self._say_again(chain, self._own(*one).open().body_as(Directive).order, stamp)

    def _say_again(self, chain: ChainId, order: Order, stamp: Stamp) -> None:
        """How it stands by now."""
        match order:
            case Block(cards=cards) | Unblock(cards=cards):
                self._say_cards([chain], list(cards), stamp)
            case RunAs():
                self._keepers.order_mode(chain, stamp)
            case Roster():
                self._keepers.call_the_roll(chain.store, stamp)
            case Relay() | Revoke():
                self._keepers.order(*chain, order, stamp)
            case _:
                pass

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

    def _reclaim(self, chain: ChainId, hq_epoch: int, stamp: Stamp) -> None:
        """Have back what HQ gave to this keeper in earlier epochs and did not arrive; the last of it first."""
        mirror = SqliteJournal(self._connection, *chain)
        rows = self._connection.execute(
            "select hq_epoch, sequence from directives where keeper = ? and epoch = ? and hq_epoch < ?"
            " order by hq_epoch desc, number desc",
            (*chain, hq_epoch),
        )
        for one in list(rows):
            if not self._whereabouts.has_under_way(chain):
                return
            given = self._own(*one)
            ref = given.open().ref
            has_come = mirror.knows_operation(ref.taken) and not self._was_anothers(ref)
            if not has_come and not self._vault.has_taken(ref):
                self._vault.reclaim(given, stamp)

    def _was_anothers(self, ref: RecordRef) -> bool:
        """Whether a directive that HQ had lost had this number before."""
        query = "select 1 from readopted where hq_epoch = ? and sequence = ?"
        return self._connection.execute(query, (ref.epoch, ref.sequence)).get is not None

    def _own(self, hq_epoch: int, sequence: int) -> SignedRecord:
        given = self._keepers.own.record(RecordRef(HEADQUARTERS, hq_epoch, sequence))
        assert given is not None, "what HQ has ordered stands in its own chain"
        return given
