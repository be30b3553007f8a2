"""HQ in a folder that can be copied and put back, as people do with disks."""

import shutil
from pathlib import Path

import msgspec

from hq_server.recovery import Ended, RecoveryView
from hq_server.storage.sqlite import HqStore
from ledger.ids import HEADQUARTERS, AccountId
from offline_queue.marker_file import MarkerFile
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import Directive, Order
from protocol.records import FIRST_PREVIOUS, VERSION, Record, RecordKind, SignedRecord, encode_body
from tests.hq_server.forger import ALICE, DATE, Keeper, part
from tests.hq_server.office import HQ_KEY, HQ_RAW_KEY, NOON_MS, NOTHING_PLACED, STAMP, Office

CARD, ANN, BEN = "c0" * 12, "ann", "ben"


class Restorable(Office):
    """HQ's book in a file with a marker beside it. Nothing is placed ahead."""

    rules = NOTHING_PLACED

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copy_made = folder / "copy"
        self.start()

    def start(self, *, marker: bool = True) -> None:
        """HQ starts on what its disk has."""
        kept = MarkerFile(self.folder / "hq.head") if marker else None
        self.store = HqStore.open(self.folder / "hq.db", HQ_KEY.sign, self.rules, marker=kept)
        self.store.begin(HQ_RAW_KEY, "0.1.0", STAMP)

    def copy(self) -> None:
        """Somebody makes a copy of HQ's book; HQ rests meanwhile."""
        self.store.mark()  # as the store's thread does behind each call
        self.store.close()
        shutil.copytree(self.folder, self.copy_made, ignore=shutil.ignore_patterns("copy", "hq.head"))
        self.start()

    def restore(self, *, marker: bool = True) -> None:
        """The copy is put in the book's place; the marker stays where it is."""
        self.store.mark()
        self.store.close()
        for file in self.copy_made.iterdir():
            shutil.copy(file, self.folder / file.name)
        self.start(marker=marker)

    @property
    def recovery(self) -> RecoveryView:
        view = self.store.recovery()
        assert view is not None, "there is a recovery"
        return view

    def own(self, epoch: int, kind: RecordKind) -> list[SignedRecord]:
        """Records of one kind in HQ's own chain."""
        return [signed for signed in self.store.records(HEADQUARTERS, epoch) if signed.open().kind is kind]

    def owed(self, account: AccountId) -> int:
        """What HQ's place gave of an account's money and did not have."""
        return sum(self.store.showing(lambda showing: showing.debts.total(account)).values())

    def adopt(self, keeper: Keeper) -> None:
        """A keeper carries out all that HQ orders it in its new epoch, and says so."""
        for signed in self.directives(keeper, after=0):
            keeper.apply(signed)
        self.receive(keeper)

    def adopt_old(self, keeper: Keeper) -> None:
        """A keeper carries out what HQ has ordered it since it last did; HQ is not told in time."""
        done = sum(signed.open().kind is RecordKind.APPLIED for signed in keeper.chain)
        for signed in self.directives(keeper, after=done):
            keeper.apply(signed)

    def end(self, by: str = "ann") -> Ended:
        ended = self.store.end_recovery(by, STAMP)[0]
        self.store.settle(STAMP)  # as the desk does
        return ended

    def said_to(self, keeper: Keeper) -> Acknowledgement:
        return self.store.acknowledgement(keeper.place, keeper.epoch, NOON_MS)


def enrolled(office: Restorable, place: str, seed: int) -> Keeper:
    keeper = Keeper(place, seed=seed)
    office.enrol(keeper)
    keeper.open()
    office.adopt(keeper)
    return keeper


def funded(office: Restorable, place: str, seed: int, units: int = 100) -> Keeper:
    keeper = enrolled(office, place, seed)
    keeper.load(ALICE, units)
    keeper.give(ALICE, part(keeper.loaded[0], units))
    office.receive(keeper)
    return keeper


def drawn(office: Restorable, keeper: Keeper, units: int, operation: str) -> SignedRecord:
    """HQ gives a keeper something of Alice's."""
    given = office.draw(keeper, units, units, operation_id=operation)
    assert isinstance(given, SignedRecord), given
    return given


def forged(keeper: Keeper, order: Order, number: int = 1, hq_epoch: int = 2) -> SignedRecord:
    """HQ's word as anybody may write it: nobody has signed it."""
    body = encode_body(Directive(keeper.place, keeper.epoch, number, order))
    at = (HEADQUARTERS, hq_epoch, 1, 0, DATE, "hq")
    record = Record(VERSION, *at, RecordKind.DIRECTIVE, FIRST_PREVIOUS, body)
    return SignedRecord(msgspec.msgpack.encode(record), bytes(64))
