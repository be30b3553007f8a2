"""HQ of the chain: the real desk, poster and gateway on a simulated machine, around HQ's real book."""

from __future__ import annotations

import asyncio
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.config import LINES_MAX, RECALL_WAIT_S, RECORDS_PER_S
from hq_server.desk import Desk
from hq_server.enrolling import Disclosed
from hq_server.recovery import Ended
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Rules
from hq_server.world import World
from ledger.cards import CardScheme
from ledger.ids import ChainId, Place, RecordRef
from offline_queue.book_thread import BookThread
from offline_queue.gateway.door import Door
from offline_queue.keys import CardKeys
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import Directive, Transfer
from protocol.conversation import NONCE_BYTES, Acknowledged, AnyMessage
from protocol.enrolment import EnrolmentAnswer, ask, parse_code
from protocol.records import RecordKind
from protocol.rights import Entrust
from simulation.loop import here
from simulation.machine import Machine
from simulation.marker import MemoryMarker
from simulation.net import HQ_ADDRESS, Net
from simulation.shop import SOFTWARE, ZONE

SOMEBODY, SOMEBODY_ELSE = "ann", "ben"
"""Who work at HQ."""
COPIES_S = 1800.0
"""HQ asks for copies of silent tills this often: the chain has days, and each time costs its book some looks."""


class HeadOffice:
    """`said` are the furthest acknowledgements that have left it, by chain."""

    def __init__(
        self, net: Net, chance: Random, key: Ed25519PrivateKey, company: tuple[Rules, CardScheme], start_ms: int
    ) -> None:
        self.key = key
        self.marker = MemoryMarker()
        self.said: dict[ChainId, Acknowledgement] = {}
        self._had: dict[ChainId, Acknowledgement] = {}
        """What it had said that it held before its disk was put back, and has not again."""
        self._given_and_lost: set[tuple[str, int]] = set()
        """To whom it had given something that it knew nothing of when its disk had been put back."""
        self._rules, self._scheme = company
        self._desk: Desk | None = None
        self.machine: Machine[HqStore] = Machine("hq", net, chance)
        machine, words = self.machine, Random(chance.random())
        self._chance = words
        self._world = World(
            now_ms=lambda: start_ms + round(machine.loop.time() * 1000) + machine.clock_off_ms,
            monotonic_s=machine.monotonic_s,
            chance=words.randbytes,
        )
        self.machine.open_book, self.machine.run = self._open, self._run

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self.key.public_key().public_bytes_raw()

    @property
    def is_recovering(self) -> bool:
        """Whether its book is a copy, and it knows that or has not yet been told again what it held."""
        return self.machine.store.recovery() is not None or self._lacks_records()

    def _lacks_records(self) -> bool:
        """A marker tells of what HQ has signed; that HQ had taken more of a keeper's chain only that keeper knows."""
        for chain, had in list(self._had.items()):
            has = self.machine.store.acknowledgement(*chain, 0)
            if has.held >= had.held and has.posted >= had.posted:
                del self._had[chain]
        return bool(self._had)

    @property
    def desk(self) -> Desk:
        """What people at HQ work with."""
        assert self._desk is not None, "HQ is off"
        return self._desk

    async def recovers(self) -> bool:
        """Whether it still waits for keepers; when all are home, somebody there has it go on."""
        view = await self.desk.recovery()
        if view is not None and not view.silent_total:
            ended = await self.desk.end_recovery(SOMEBODY)
            assert ended is Ended.ENDED, f"all are home, and HQ says: {ended}"
            view = await self.desk.recovery()
        return view is not None

    async def goes_on(self) -> bool:
        """The same by two people, who may do so without those that HQ had given nothing since the copy was made."""
        view = await self.desk.recovery()
        if (
            view is None
            or not view.silent_total
            or self._given_and_lost & {(one.keeper, one.epoch) for one in view.silent}
        ):
            return await self.recovers()
        words = [await self.desk.end_recovery(by) for by in (SOMEBODY, SOMEBODY_ELSE)]
        assert Ended.ENDED in words, f"two people would go on, and HQ says: {words}"
        return await self.desk.recovery() is not None

    def put_back(self, image: dict[str, bytes], copied: RecordRef) -> None:
        """Its disk is what it was when it was copied, at this record or later; what it has said since is lost to it."""
        for signed in self.machine.store.records(copied.keeper, copied.epoch, copied.sequence):
            record = signed.open()
            order = record.body_as(Directive) if record.kind is RecordKind.DIRECTIVE else None
            if order is not None and isinstance(order.order, Transfer | Entrust):
                self._given_and_lost.add((order.to, order.to_epoch))
        self.machine.put_back(image)
        for chain, word in self.said.items():
            had = self._had.get(chain, word)
            self._had[chain] = max(had, word, key=lambda one: (one.held, one.posted))
        self.said.clear()

    def hear(self, message: AnyMessage) -> None:
        """It has given this to a line, or to a file: those come in any order, and the furthest is what it stands by."""
        if isinstance(message, Acknowledged):
            word = open_acknowledgement(message.acknowledgement)
            chain = ChainId(word.keeper, word.epoch)
            self.said[chain] = max(self.said.get(chain, word), word, key=_how_far)

    async def enrol(self, place: Place, key: bytes) -> int:
        """Take a till in with a pairing code, as the two programs do it; its epoch."""
        code = parse_code(await self.desk.offer(place, place.partition("-")[0]))
        assert code is not None
        answered = await self.desk.enrol(ask(place, key, self._chance.randbytes(NONCE_BYTES), code))
        assert isinstance(answered, EnrolmentAnswer), answered
        return answered.epoch

    def _open(self, vfs_name: str) -> HqStore:
        store = HqStore.open("hq.db", self.key.sign, self._rules, vfs=vfs_name, marker=self.marker)
        store.begin(self.public_key, SOFTWARE, self._world.stamp(ZONE))
        return store

    async def _run(self, book: HqStore) -> None:
        """What counterfoil-hq does, without its pages."""
        secrets = CardKeys(self._scheme.token_key, self._scheme.stripe_keys)
        desk = self._desk = Desk(
            BookThread(book, after_each=book.mark),
            self.key.sign,
            self._world,
            disclosed=Disclosed(self.public_key, msgspec.json.encode(secrets)),
            scheme=self._scheme,
            currency=self._rules.programme.currency,
            zone=ZONE,
            recall_wait_s=RECALL_WAIT_S,
        )
        door = Door(desk, lines_max=LINES_MAX, records_per_s=RECORDS_PER_S, copies_s=COPIES_S)
        with self.machine.net.listening(HQ_ADDRESS, here(), door):
            self.machine.serve()
            await asyncio.gather(desk.post_what_is_held(), asyncio.Event().wait())


def _how_far(word: Acknowledgement) -> tuple[int, int, int, int]:
    return word.hq_epoch, word.held, word.posted, word.directive
