"""HQ and three tills, by hand: one has sold, the others may undo that when they have the right to."""

from pathlib import Path

from checkout.sold import Paid, PaidWith
from hq_server.storage.fetching import RightElsewhere
from ledger.ids import LotId
from protocol.bodies import Directive
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import SignedRecord
from protocol.rights import Entrust
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import NOTHING_PLACED, STAMP, Office

LOT = LotId("07-2/1/2")
RISK = Paid(PaidWith.STORE_RISK, 20)


class Chain:
    """HQ and three tills: at 07-2 Alice has bought for 100, paid from its lot, and earned 5 points."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        self.hq = Office(path, rules=NOTHING_PLACED)
        self.maker, self.here, self.there = Keeper(), Keeper("12-1", seed=8), Keeper("12-2", seed=5)
        self.tills = [self.maker, self.here, self.there]
        """From whom HQ takes records."""
        for till in self.tills:
            self.hq.enrol(till)
            till.open()
        self.maker.load(ALICE, 300)
        self.sale = self.maker.sell(ALICE, LOT, 100, earned=5)
        self.receive()

    def receive(self) -> None:
        for till in self.tills:
            self.hq.receive(till)

    def revoke(self, till: Keeper) -> None:
        self.hq.store.keeping(lambda keepers: keepers.revoke(till.place, 1, STAMP))
        self.tills.remove(till)

    def restart(self) -> None:
        self.hq.store.close()
        self.hq = Office(self.path, rules=NOTHING_PLACED)

    def fetched(self, till: Keeper, operation: str = "operation-1") -> SignedRecord:
        told = self.hq.fetch(till, self.sale, operation)
        assert isinstance(told, SignedRecord), told
        return told

    def holder(self, till: Keeper) -> str:
        """Who has the right, as HQ tells a till that fetches it."""
        told = self.hq.fetch(till, self.sale, "who-has-it")
        assert isinstance(told, RightElsewhere), told
        assert (told.no.code, told.sale, told.account) == (NoDraw.NOT_REACHED, self.sale.open().ref, ALICE)
        return told.holder.keeper

    def no(self, till: Keeper, operation: str = "operation-1") -> NoDraw:
        told = self.hq.fetch(till, self.sale, operation)
        assert isinstance(told, NotDrawn), told
        assert told.operation_id == operation
        return told.code

    def reasons(self) -> list[str]:
        return [line.reason for line in self.hq.suspense()]


def entrust_in(directive: SignedRecord) -> Entrust:
    order = directive.open().body_as(Directive).order
    assert isinstance(order, Entrust)
    return order
