"""HQ's store with hands: it enrols, takes and posts as the desk would, without a thread."""

from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.intake import Fault
from hq_server.storage.keepers import Keepers
from hq_server.storage.showing import Showing
from hq_server.storage.sqlite import HqStore
from hq_server.views import DifferenceView, KeeperView, SuspenseView
from ledger.digest import digest
from ledger.ids import AccountId, Place
from ledger.journal_sqlite import SqliteJournal
from ledger.slices import SliceKey
from offline_queue.outbox import Stamp
from protocol.conversation import Records
from protocol.rejections import Rejection
from tests.hq_server.forger import Keeper

HQ_KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
HQ_RAW_KEY = HQ_KEY.public_key().public_bytes_raw()
NOON_MS = 1_795_320_000_000
STAMP = Stamp(NOON_MS, "2026-11-22", "hq")
CODE = bytes(range(10))


class Office:
    """HQ's book, in memory unless it gets a path."""

    def __init__(self, path: Path | str = ":memory:", *, vfs: str | None = None) -> None:
        self.store = HqStore.open(path, HQ_KEY.sign, vfs=vfs)
        self.store.begin(HQ_RAW_KEY, "0.1.0", STAMP)

    def enrol(self, *keepers: Keeper) -> None:
        for keeper in keepers:
            self.store.keeping(partial(_enrol, keeper))

    def take(self, batch: Records) -> Rejection | None:
        """Hold what is good of a batch; why the rest is not."""
        fault = self.fault(batch)
        return None if fault is None else fault.rejection

    def fault(self, batch: Records) -> Fault | None:
        return self.store.take(batch, NOON_MS)

    def post(self, keeper: Keeper) -> int:
        """Post all that is held; how many records that was."""
        done = 0
        while step := self.store.post(keeper.place, keeper.epoch):
            done += step
        return done

    def receive(self, keeper: Keeper) -> None:
        """Take and post a keeper's whole chain."""
        assert self.take(keeper.batch()) is None
        self.post(keeper)

    def held(self, keeper: Keeper) -> list[bytes]:
        """The contents that are held of a keeper's chain."""
        return [signed.content for signed in self.store.records(keeper.place, keeper.epoch)]

    def mirror(self, place: Place) -> dict[SliceKey, int]:
        """What lies at a place, as HQ knows it."""
        return SqliteJournal(self.store._connection, place).everything()

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


def _enrol(keeper: Keeper, book: Keepers) -> None:
    book.offer(keeper.place, keeper.place.partition("-")[0], CODE, NOON_MS)
    book.enrol(keeper.place, keeper.raw_key, STAMP)
