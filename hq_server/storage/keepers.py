"""Who may sign: pairings, enrolments, fences, and HQ's directives to each keeper. Runs in the caller's transaction."""

from __future__ import annotations

from hq_server.storage.blocks import Blocks
from hq_server.storage.carried_out import carried_out
from hq_server.storage.last_words import LastWords
from hq_server.storage.own_chain import OwnChain
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef, agent_of
from ledger.journal_sqlite import Connection
from offline_queue.forwarding import cut
from offline_queue.outbox import Chain, Stamp
from protocol.bodies import (
    ROSTER_TILLS_MAX,
    Block,
    Directive,
    Enrol,
    Lead,
    Neighbour,
    Order,
    Revoke,
    Roster,
    RunAs,
    Unblock,
    Witness,
)
from protocol.chain import Head
from protocol.conversation import BATCH_RECORDS_MAX
from protocol.enrolment import CODE_VALID_S, TRIES_MAX
from protocol.records import SignedRecord
from protocol.signing import Signer

CARD, MODE, LEAD = "card/", "mode/", "lead/"
"""What HQ's words are about, before the name of a card or a store."""
REVOKED = "revoked"
FORKED = "forked"


class Keepers:
    """What HQ's own chain says of the other keepers."""

    def __init__(self, connection: Connection, sign: Signer) -> None:
        self._connection = connection
        self.own = OwnChain(connection, sign)
        self.blocks = Blocks(connection)
        self.words = LastWords(connection)

    @property
    def epoch(self) -> int:
        """HQ's own: that of its directives."""
        return self.own.epoch

    def offer(self, place: Place, store: str, code: bytes, now_ms: int) -> None:
        """Remember a pairing code; an earlier one for this place is forgotten."""
        assert place != HEADQUARTERS, "no till may sign for HQ"
        self._connection.execute("insert or replace into pairings values (?, ?, ?, ?, 0)", (place, store, code, now_ms))

    def try_code(self, place: Place, now_ms: int) -> bytes | None:
        """The code that a caller must know to become `place`, counting one try; None when there is none (any more)."""
        row = self._connection.execute("select code, made_at_ms, tries from pairings where place = ?", (place,)).get
        if row is None:
            return None
        code, made_at_ms, tries = row
        if tries >= TRIES_MAX or now_ms - made_at_ms > CODE_VALID_S * 1000:
            self._connection.execute("delete from pairings where place = ?", (place,))
            return None
        self._connection.execute("update pairings set tries = tries + 1 where place = ?", (place,))
        assert isinstance(code, bytes)
        return code

    def enrol(self, place: Place, key: bytes, stamp: Stamp) -> SignedRecord:
        """Take a till in and use up its pairing code; the directive that tells it so, and in which epoch.

        A till that comes again with its key (the answer was lost, or it is paired anew) goes on in its epoch; any other
        key begins the next one, and so does a till whose chain has forked.
        """
        store = self._connection.execute("select store from pairings where place = ?", (place,)).get
        assert store is not None, "a caller knew a code that was never offered"
        last, known = self._last_key(place)
        epoch = last if known == key and not self.fences(place, last) else last + 1
        query = "select 1 from write_offs where keeper = ? and epoch = ? and agreed_by is not null"
        assert self._connection.execute(query, (place, epoch)).get is None, "nobody keeps again what was written off"
        if epoch > last:
            self._connection.execute("insert into keepers values (?, ?, ?, ?)", (place, epoch, store, key))
            self._connection.execute("insert into progress values (?, ?, 0, 0)", (place, epoch))
        self._connection.execute("delete from pairings where place = ?", (place,))
        is_hosted = agent_of(place) is not None
        enrolled = self.order(place, epoch, Enrol(key, is_hosted), stamp)
        for cards in self.blocks.runs():
            self.order(place, epoch, Block(cards), stamp)
        if not is_hosted:
            self.order_mode(ChainId(place, epoch), stamp)
            self.call_the_roll(store, stamp)
        return enrolled

    def run(self, store: str, mode: str, stamp: Stamp) -> list[ChainId] | None:
        """Have a store run in another way, its later tills too; the keepers that are told so. None: it has no tills."""
        if self._connection.execute("select 1 from keepers where store = ?", (store,)).get is None:
            return None
        self.note_mode(store, mode)
        told = self.say_mode(store, stamp)
        self._say(MODE + store)
        return told

    def note_mode(self, store: str, mode: str) -> None:
        """Remember in which way a store is to run."""
        self._connection.execute("insert or replace into store_modes values (?, ?)", (store, mode))

    def say_mode(self, store: str, stamp: Stamp) -> list[ChainId]:
        """Tell the tills of a store in which way it is to run, if HQ has ever said so; who they are."""
        chains = self.of_store(store)
        for chain in chains:
            self.order_mode(chain, stamp)
        return chains

    def order_mode(self, chain: ChainId, stamp: Stamp) -> None:
        """Tell a till in which way its store is to run, if HQ has ever said so."""
        mode = self._connection.execute("select mode from store_modes where store = ?", (chain.store,)).get
        if mode is not None:
            self.order(*chain, RunAs(mode), stamp)

    def lead(self, store: str, lead: Lead | None, stamp: Stamp, witness: Witness | None = None) -> list[ChainId] | None:
        """Name a store's lead, and who has a copy of its chain, or say that it has none; the keepers that are told so.

        None: such a till is not there.
        """
        chains = self.of_store(store)
        there = {chain.keeper for chain in chains}
        if not there or any(one is not None and one.place not in there for one in (lead, witness)):
            return None
        self.note_lead(store, lead, witness)
        self.call_the_roll(store, stamp)
        self._say(LEAD + store)
        return chains

    def note_lead(self, store: str, lead: Lead | None, witness: Witness | None) -> None:
        """Remember a store's lead, and who has a copy of its chain."""
        named = (None, None) if lead is None else (lead.place, lead.address)
        self._connection.execute("insert or replace into store_leads values (?, ?, ?)", (store, *named))
        self._connection.execute("delete from store_witnesses where store = ?", (store,))
        if witness is not None:
            row = (store, witness.place, witness.address)
            self._connection.execute("insert into store_witnesses values (?, ?, ?)", row)

    def lead_of(self, store: str) -> ChainId | None:
        """Who keeps the place of a store's lead; None: it has none, or its key is not trusted."""
        lead = self._connection.execute("select lead from store_leads where store = ?", (store,)).get
        return None if lead is None else self.open_keeper(Place(lead))

    def copied_to(self, chain: ChainId) -> list[tuple[ChainId, int]]:
        """Whose chains this keeper gets copies of, and up to which record HQ holds each.

        A lead gets those of its store's other tills, its witness that of the lead. It may also have those of the
        machine that one of them has replaced: what that had signed and never said itself.
        """
        chains = [earlier for one in self._copied_to(chain) for earlier in self._up_to(one)]
        heads = [(one, Chain(self._connection, *one).head()) for one in chains]
        return [(one, 0 if head is None else head.ref.sequence) for one, head in heads]

    def to_hand_on(self, chain: ChainId) -> list[tuple[ChainId, tuple[SignedRecord, ...]]]:
        """What HQ has ordered of those whose chains this keeper gets copies of, and they have not said to have done."""
        told = [(one, self._not_carried_out(one)) for one in self._copied_to(chain)]
        return [(one, records) for one, records in told if records]

    def _not_carried_out(self, chain: ChainId) -> tuple[SignedRecord, ...]:
        hq_epoch, number = carried_out(self._connection, chain)
        return cut(self.directives(*chain, number if hq_epoch == self.epoch else 0, BATCH_RECORDS_MAX))

    def _copied_to(self, chain: ChainId) -> list[ChainId]:
        lead = self.lead_of(chain.store)
        if lead == chain:
            return [one for one in self.of_store(chain.store) if one != chain]
        query = "select 1 from store_witnesses where store = ? and witness = ?"
        is_witness = self._connection.execute(query, (chain.store, chain.keeper)).get is not None
        return [lead] if lead is not None and is_witness and self.is_open(*chain) else []

    def _up_to(self, chain: ChainId) -> list[ChainId]:
        """The epochs of a place up to this one that are not fenced."""
        rows = self._connection.execute(
            "select epoch from keepers where keeper = ? and epoch <= ? order by epoch", chain
        )
        return [ChainId(chain.keeper, epoch) for (epoch,) in rows if not self.fences(chain.keeper, epoch)]

    def of_store(self, store: str) -> list[ChainId]:
        """The tills of a store that are not fenced, each in its last epoch; none of their places at HQ."""
        # By the range of their names: each lead's line asks this now and then, and a chain has thousands of tills.
        rows = self._connection.execute(
            "select keeper, max(epoch) from keepers where keeper > ? || '-' and keeper < ? || '.' group by keeper"
            " order by keeper",
            (store, store),
        )
        chains = [ChainId(Place(keeper), epoch) for keeper, epoch in rows]
        return [chain for chain in chains if agent_of(chain.keeper) is None and not self.fences(*chain)]

    def call_the_roll(self, store: str, stamp: Stamp, only: ChainId | None = None) -> None:
        """Tell each till of a store that has, or had, a lead whom it may believe from now on; or `only` one of them.

        Of a store with more tills than a roster names, the lead, its witness and the others up to there.
        """
        query = (
            "select store_leads.address, witness, store_witnesses.address from store_leads"
            " left join store_witnesses using (store) where store = ?"
        )
        row = self._connection.execute(query, (store,)).get
        if row is None:
            return
        lead, chains, (address, witness, witness_address) = self.lead_of(store), self.of_store(store), row
        named = sorted(chains, key=lambda chain: (chain != lead, chain.keeper != witness))[:ROSTER_TILLS_MAX]
        tills = tuple(Neighbour(*chain, self._key(chain)) for chain in sorted(named))
        has_witness = lead is not None and any(chain.keeper == witness for chain in chains)
        roster = Roster(
            None if lead is None else Lead(lead.keeper, address),
            tills,
            Witness(witness, witness_address) if has_witness else None,
        )
        for chain in chains:
            if only in (None, chain):
                self.order(*chain, roster, stamp)

    def revoke(self, place: Place, epoch: int, stamp: Stamp) -> SignedRecord:
        """Trust a till's key no longer. What is held stands; nothing more is taken."""
        head: Head | None = Chain(self._connection, place, epoch).head()
        self.fence(place, epoch, REVOKED, stamp)
        return self.order(place, epoch, Revoke(0 if head is None else head.ref.sequence), stamp)

    def block(self, card: str, stamp: Stamp) -> list[ChainId] | None:
        """Have a card refused everywhere; the keepers that are told so. None when it was refused already."""
        told = self._order_all(Block((card,)), stamp) if self.blocks.add(card, stamp.now_ms) else None
        self._say(CARD + card)
        return told

    def unblock(self, card: str, stamp: Stamp) -> list[ChainId] | None:
        """Have a card taken again; the keepers that are told so. None when it was not refused."""
        told = self._order_all(Unblock((card,)), stamp) if self.blocks.remove(card) else None
        self._say(CARD + card)
        return told

    def _say(self, about: str) -> None:
        head = self.own.head()
        assert head is not None, "HQ's chain was opened"
        self.words.say(about, head.ref.epoch, head.ref.sequence)

    def is_revoked(self, place: Place, key: bytes) -> bool:
        """Whether this place's keeper had that key, and it was revoked: it is trusted in no later epoch either."""
        query = (
            "select 1 from keepers join fences using (keeper, epoch) where keeper = ? and public_key = ? and why = ?"
        )
        return self._connection.execute(query, (place, key, REVOKED)).get is not None

    def trusted_epochs(self, place: Place) -> list[int]:
        """The epochs of a place whose key was not revoked."""
        rows = self._connection.execute(
            "select epoch from keepers where keeper = ? and not exists (select 1 from fences where fences.keeper ="
            " keepers.keeper and fences.epoch = keepers.epoch and why = ?)",
            (place, REVOKED),
        )
        return [epoch for (epoch,) in rows]

    def trusted(self) -> list[ChainId]:
        """Every keeper that is not fenced."""
        rows = self._connection.execute(
            "select keeper, epoch from keepers where not exists (select 1 from fences where fences.keeper ="
            " keepers.keeper and fences.epoch = keepers.epoch) order by keeper, epoch"
        )
        return [ChainId(Place(keeper), epoch) for keeper, epoch in rows]

    def revoked(self) -> list[ChainId]:
        """Every keeper whose key was revoked."""
        rows = self._connection.execute(
            "select keeper, epoch from fences where why = ? order by keeper, epoch", (REVOKED,)
        )
        return [ChainId(Place(keeper), epoch) for keeper, epoch in rows]

    def is_open(self, place: Place, epoch: int) -> bool:
        """Whether this keeper may be given value: it is not fenced, and no other key has taken its place over."""
        return self._last_key(place)[0] == epoch and not self.fences(place, epoch)

    def open_keeper(self, place: Place) -> ChainId | None:
        """Who keeps this place and may be given value; None: nobody."""
        chain = ChainId(place, self._last_key(place)[0])
        return chain if chain.epoch > 0 and self.is_open(*chain) else None

    def is_known(self, place: Place) -> bool:
        """Whether anybody ever kept this place."""
        return self._last_key(place)[0] > 0

    def key_of(self, place: Place, epoch: int) -> bytes | None:
        """A keeper's public key, 32 bytes; None when nobody of that name and epoch was enrolled."""
        query = "select public_key from keepers where keeper = ? and epoch = ?"
        key = self._connection.execute(query, (place, epoch)).get
        assert key is None or isinstance(key, bytes)
        return key

    def fence(self, place: Place, epoch: int, why: str, stamp: Stamp) -> None:
        """Take nothing more from this keeper; its neighbours are told not to, either."""
        self._connection.execute("insert or ignore into fences values (?, ?, ?, ?)", (place, epoch, why, stamp.now_ms))
        if agent_of(place) is None:
            self.call_the_roll(ChainId(place, epoch).store, stamp)

    def fences(self, place: Place, epoch: int) -> tuple[str, ...]:
        """Why nothing more is taken from this keeper; empty when it is in good standing."""
        rows = self._connection.execute("select why from fences where keeper = ? and epoch = ?", (place, epoch))
        return tuple(why for (why,) in rows)

    def directives(self, place: Place, epoch: int, after: int = 0, most: int = -1) -> tuple[SignedRecord, ...]:
        """The directives of this HQ epoch to a keeper, from number after + 1 on, in their order; `most`, or all."""
        rows = self._connection.execute(
            "select sequence from directives where keeper = ? and epoch = ? and hq_epoch = ? and number > ?"
            " order by number limit ?",
            (place, epoch, self.epoch, after, most),
        )
        return tuple(self._given(sequence) for (sequence,) in rows)

    def last_directive(self, place: Place, epoch: int) -> tuple[int, SignedRecord | None]:
        """The number of the last directive to a keeper, and the record that gave it; 0 and None when there is none."""
        row = self._connection.execute(
            "select number, sequence from directives where keeper = ? and epoch = ? and hq_epoch = ?"
            " order by number desc limit 1",
            (place, epoch, self.epoch),
        ).get
        return (0, None) if row is None else (row[0], self._given(row[1]))

    def order(self, place: Place, epoch: int, order: Order, stamp: Stamp) -> SignedRecord:
        """Give a keeper its next directive. One that moves value is for the vault, which posts it in this commit."""
        number = self.last_directive(place, epoch)[0] + 1
        given = self.own.append(Directive(place, epoch, number, order), stamp)
        line = (place, epoch, self.epoch, number, given.open().sequence)
        self._connection.execute("insert into directives values (?, ?, ?, ?, ?)", line)
        return given

    def _order_all(self, order: Order, stamp: Stamp) -> list[ChainId]:
        chains = self.trusted()
        for chain in chains:
            self.order(*chain, order, stamp)
        return chains

    def _key(self, chain: ChainId) -> bytes:
        key = self.key_of(*chain)
        assert key is not None, "a till that is there was enrolled"
        return key

    def _last_key(self, place: Place) -> tuple[int, bytes | None]:
        query = "select epoch, public_key from keepers where keeper = ? order by epoch desc limit 1"
        row = self._connection.execute(query, (place,)).get
        return (0, None) if row is None else row

    def _given(self, sequence: int) -> SignedRecord:
        given = self.own.record(RecordRef(HEADQUARTERS, self.epoch, sequence))
        assert given is not None, "what HQ has ordered stands in its own chain"
        return given
