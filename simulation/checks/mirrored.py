"""What HQ holds and has posted of every keeper, against what the keepers themselves have: invariants 2, 6, 7 and 13."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Chain
from protocol.acknowledgements import Acknowledgement
from protocol.chain import check_signature
from protocol.records import RecordKind
from protocol.recoveries import Readopted
from simulation.checks.chain import Running
from simulation.checks.own_books import OwnBook, OwnBooks, late_gift
from terminal.store import TillStore

OF_HQ = ChainId(HEADQUARTERS, 1)
MOVES_VALUE = {
    RecordKind.TRANSACTION,
    RecordKind.GIVEN,
    RecordKind.TAKEN,
    RecordKind.APPLIED,
    RecordKind.DIRECTIVE,
    RecordKind.NETTED,
    RecordKind.FUNDED,
    RecordKind.READOPTED,
    RecordKind.RECLAIMED,
    RecordKind.WRITTEN_OFF,
}


class Mirrored:
    """Looks into HQ's book again and again; what it has once proved of a record it does not prove twice."""

    def __init__(self) -> None:
        self._mirrors = OwnBooks(are_mirrors=True)
        self._starts = 0
        self._proved: dict[ChainId, int] = {}
        self._done: set[str] = set()

    def check(self, hq: Running[HqStore], tills: Mapping[ChainId, TillStore], keys: Mapping[ChainId, bytes]) -> None:
        """Raises AssertionError."""
        if self._starts != hq.starts:
            self._starts, self._proved, self._done = hq.starts, {}, set()
        book = hq.store._connection
        for chain, store in tills.items():
            self._check_chain(book, chain, store)
            self._mirrors.read(hq, chain)
        self._check_postings(book, keys)

    def books(self, hq: Running[HqStore], chains: Iterable[ChainId]) -> dict[ChainId, OwnBook]:
        """HQ's mirrors of these."""
        return {chain: self._mirrors.read(hq, chain) for chain in chains}

    def _check_chain(self, book: Connection, chain: ChainId, store: TillStore) -> None:
        """What is held is the till's own chain; nothing is posted that is not held."""
        head = Chain(book, *chain).head()
        posted = book.execute("select posted from progress where keeper = ? and epoch = ?", chain).get
        held = 0 if head is None else head.ref.sequence
        assert posted <= held, f"{chain}: {posted} records are posted, and {held} held"
        if head is not None:
            own = next(iter(store.records(held - 1)), None)
            assert own is not None, f"{chain}: HQ holds record {held}, and the till has none of that number"
            assert own.hash == head.hash, f"{chain}: HQ holds another record {held} than the till has"

    def _check_postings(self, book: Connection, keys: Mapping[ChainId, bytes]) -> None:
        """Each names a record that its keeper has signed; what was taken from another place was posted there before."""
        fresh = [
            (chain, *row)
            for chain in keys
            for row in book.execute(
                "select sequence, operation_id from transactions where keeper = ? and epoch = ? and sequence > ?",
                (*chain, self._proved.get(chain, 0)),
            )
        ]
        fresh += [one for one in _late_gifts(book) if one[0] in keys and one[2] not in self._done and one not in fresh]
        self._done |= {operation_id for *_, operation_id in fresh}
        fresh.sort(key=lambda one: one[0].keeper != HEADQUARTERS)
        for chain, sequence, operation_id in fresh:
            which, _, giver = operation_id.partition("/")
            ref = RecordRef(chain.keeper, chain.epoch, sequence)
            if which == "readopted":
                self._done.add(f"given/{_stands_by(book, ref)}")
            given = f"given/{giver}"
            assert which != "taken" or given in self._done, f"{giver} was taken at HQ before it was given there"
            _check_record(book, ref, keys[chain])
            self._proved[chain] = max(sequence, self._proved.get(chain, 0))
        strangers = "select keeper, epoch from transactions group by keeper, epoch"
        found = {ChainId(*one) for one in book.execute(strangers)}
        assert found <= keys.keys(), "somebody unknown has moved value"


def _late_gifts(book: Connection) -> list[tuple[ChainId, int, str]]:
    """What stands behind what HQ holds of a chain, posted in any order."""
    query = (
        "select keeper, epoch, sequence, operation_id from fences join transactions using (keeper, epoch)"
        " join progress using (keeper, epoch) where sequence > posted"
    )
    return [(ChainId(Place(keeper), epoch), number, name) for keeper, epoch, number, name in book.execute(query)]


def _stands_by(book: Connection, ref: RecordRef) -> RecordRef:
    signed = Chain(book, ref.keeper, ref.epoch).record(ref.sequence)
    assert signed is not None, f"{ref} was posted, and is no record"
    return signed.open().body_as(Readopted).directive.open().ref


def _check_record(book: Connection, ref: RecordRef, key: bytes) -> None:
    held = Chain(book, ref.keeper, ref.epoch).record(ref.sequence)
    signed = held or late_gift(book, ChainId(ref.keeper, ref.epoch), ref.sequence)
    assert signed is not None, f"{ref} moved value at HQ, and is nobody's record"
    check_signature(signed, Ed25519PublicKey.from_public_bytes(key))
    record = signed.open()
    assert (record.ref, record.kind in MOVES_VALUE) == (ref, True), f"{ref} moves no value"


def check_promises(book: Connection, said: Mapping[ChainId, Acknowledgement]) -> None:
    """What HQ has acknowledged as held is there, and nothing that it said goes back."""
    for chain, word in said.items():
        posted = book.execute("select posted from progress where keeper = ? and epoch = ?", chain).get
        query = "select max(number) from directives where keeper = ? and epoch = ? and hq_epoch = ?"
        ordered = book.execute(query, (*chain, word.hq_epoch)).get or 0
        held = Chain(book, *chain).record(word.held) if word.held else None
        assert not word.held or (held is not None and held.hash == word.held_hash), (
            f"HQ has acknowledged record {word.held} of {chain}, and does not hold it"
        )
        assert posted >= word.posted, f"HQ had posted {word.posted} records of {chain}, and now {posted}"
        is_current = (
            book.execute("select max(epoch) from records where keeper = ?", (HEADQUARTERS,)).get == word.hq_epoch
        )
        assert not is_current or ordered >= word.directive, (
            f"HQ had given directive {word.directive} to {chain}, and knows of {ordered}"
        )
