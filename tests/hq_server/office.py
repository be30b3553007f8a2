"""HQ's store with hands: it enrols, takes and posts as the desk would, without a thread."""

from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.placement import NOTHING_AHEAD
from hq_server.storage.drawing import Drawn, Short
from hq_server.storage.fetching import Fetched
from hq_server.storage.keepers import Keepers
from hq_server.storage.showing import Showing
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Placement, Rules
from hq_server.views import DifferenceView, KeeperView, SuspenseView, WaitView
from ledger.amounts import Currency
from ledger.digest import digest
from ledger.ids import AccountId, ChainId, Place
from ledger.journal_sqlite import SqliteJournal
from ledger.slices import Asset, SliceKey
from loyalty.programme import Programme
from offline_queue.outbox import Stamp
from protocol.bodies import Directive, Order, TransactionBody
from protocol.conversation import Draw, Fetch, Records
from protocol.records import SignedRecord
from protocol.rejections import Fault, Rejection
from simulation.checks.conserved import assert_conserved
from tests.hq_server.forger import ALICE, Keeper

HQ_KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
HQ_RAW_KEY = HQ_KEY.public_key().public_bytes_raw()
NOON_MS = 1_795_320_000_000
STAMP = Stamp(NOON_MS, "2026-11-22", "hq")
CODE = bytes(range(10))
PROGRAMME = Programme("2026-11", Currency("TWD"), ())
RULES = Rules(PROGRAMME)
NOTHING_PLACED = Rules(PROGRAMME, Placement(NOTHING_AHEAD, NOTHING_AHEAD, NOTHING_AHEAD))


class Office:
    """HQ's book, in memory unless it gets a path."""

    def __init__(self, path: Path | str = ":memory:", *, rules: Rules = RULES, vfs: str | None = None) -> None:
        self.store = HqStore.open(path, HQ_KEY.sign, rules, vfs=vfs)
        self.store.begin(HQ_RAW_KEY, "0.1.0", STAMP)

    def enrol(self, *keepers: Keeper) -> None:
        for keeper in keepers:
            self.store.keeping(partial(_enrol, keeper))

    def take(self, batch: Records) -> Rejection | None:
        """Hold what is good of a batch; why the rest is not."""
        fault = self.fault(batch)
        return None if fault is None else fault.rejection

    def fault(self, batch: Records) -> Fault | None:
        return self.store.take(batch, STAMP)

    def post(self, keeper: Keeper) -> int:
        """Post all that is held, and what waited for it; how many records that was."""
        chains, done = [ChainId(keeper.place, keeper.epoch)], 0
        while chains:
            step = self.store.post(*chains[0], STAMP)
            chains += step.woken
            done += step.records
            if not step.has_more:
                del chains[0]
        return done

    def receive(self, keeper: Keeper) -> None:
        """Take and post a keeper's whole chain."""
        assert self.take(keeper.batch()) is None
        self.post(keeper)

    def draw(self, keeper: Keeper, units: int, least: int = 0, **otherwise: object) -> Drawn:
        """Draw for a sale of Alice's; fields of Draw may be given other values."""
        asked = draw_of(units, least, **otherwise)
        return self.store.draw(ChainId(keeper.place, keeper.epoch), asked, STAMP)

    def fetch(self, keeper: Keeper, sale: SignedRecord, operation: str = "operation-1") -> Fetched:
        """Fetch the right to undo this sale."""
        asked = fetch_of(sale, operation)
        return self.store.fetch(ChainId(keeper.place, keeper.epoch), asked, STAMP)

    def block(self, card: str) -> None:
        self.store.keeping(lambda book: book.block(card, STAMP))

    def recall(self, keeper: Keeper, units: int) -> list[SignedRecord]:
        """Draw what is not at HQ, and ask whoever has it; what its only holder has been asked for by then."""
        short = self.draw(keeper, units, units, operation_id="operation-9")
        assert isinstance(short, Short)
        self.store.recall(draw_of(units, units), short.holders, STAMP)
        (holder,) = short.holders
        return [*self.store.keeping(lambda book: book.directives(*holder, 1))]

    def directives(self, keeper: Keeper, after: int = 1) -> list[SignedRecord]:
        """What HQ has ordered a keeper, behind its enrolment."""
        return list(self.store.keeping(lambda book: book.directives(keeper.place, keeper.epoch, after)))

    def orders(self, keeper: Keeper, after: int = 1) -> list[Order]:
        """The same, read."""
        return [signed.open().body_as(Directive).order for signed in self.directives(keeper, after)]

    def at(self, place: str, account: AccountId) -> int:
        """Principal of an account that lies at a place, in all epochs of its keeper."""
        return sum(one.principal for one in self.store.showing(lambda s: s.balances(account)) if one.place == place)

    def waiting(self) -> list[WaitView]:
        return self.store.showing(Showing.waiting).lines

    def held(self, keeper: Keeper) -> list[bytes]:
        """The contents that are held of a keeper's chain."""
        return [signed.content for signed in self.store.records(keeper.place, keeper.epoch)]

    def mirror(self, place: Place) -> dict[SliceKey, int]:
        """What lies at a place, as HQ knows it."""
        return SqliteJournal(self.store._connection, place, 1).everything()

    def digest(self, place: Place) -> bytes:
        return digest(self.mirror(place))

    def balance(self, account: AccountId) -> int:
        """Principal, over all places."""
        return sum(one.principal for one in self.store.showing(lambda showing: showing.balances(account)))

    def suspense(self) -> list[SuspenseView]:
        return self.store.showing(Showing.suspense).lines

    def differences(self) -> list[DifferenceView]:
        return self.store.showing(Showing.differences).lines

    def view(self, keeper: Keeper) -> KeeperView:
        views = self.store.showing(Showing.keepers)
        (view,) = (one for one in views if (one.keeper, one.epoch) == (keeper.place, keeper.epoch))
        return view

    def assert_conserved(self) -> None:
        assert_conserved(self.store._connection)


def draw_of(units: int, least: int = 0, **otherwise: object) -> Draw:
    """A draw for a sale of Alice's; fields may be given other values."""
    asked = Draw("operation-1", ALICE, ALICE, Asset.MONEY, units, least)
    return msgspec.structs.replace(asked, **otherwise)


def fetch_of(sale: SignedRecord, operation: str = "operation-1") -> Fetch:
    """A fetch by the slip of this sale."""
    return Fetch(operation, sale.open().body_as(TransactionBody).receipt_number)


def _enrol(keeper: Keeper, book: Keepers) -> None:
    book.offer(keeper.place, keeper.place.partition("-")[0], CODE, NOON_MS)
    book.enrol(keeper.place, keeper.raw_key, STAMP)
