"""A store with a lead and another till, each with its real book; HQ's roster and the LAN between them are by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cards import Card
from ledger.ids import ChainId, Place
from ledger.slices import Asset
from loyalty.programme import Programme
from offline_queue.doubts import Doubt, Gift, Hearer, Passed, check_gift
from protocol.bodies import Given, Lead, Neighbour, Order, Roster, Taken, Witness
from protocol.conversation import Draw, NotDrawn, Records
from protocol.records import RecordKind, SignedRecord
from protocol.rejections import Fault
from protocol.transfers import units_of
from terminal.asking import Identity
from tests.chains.company import ALICE, PROGRAMME
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import Till
from tests.hq_server.forger import Keeper

A = ALICE.account
ADDRESS = "http://192.168.1.10:8372"


def new_till(folder: Path, number: int, programme: Programme = PROGRAMME) -> Till:
    """Till `number` of store 07, with a book and a key of its own."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([40 + number]) * 32)
    identity = Identity("07", str(number), key.public_key().public_bytes_raw(), "0.1.0")
    return Till(folder / f"till-{number}.db", programme=programme, identity=identity, key=key)


def chain_of(till: Till) -> ChainId:
    return ChainId(till.identity.place, till.identity.epoch)


def as_neighbour(till: Till) -> Neighbour:
    return Neighbour(*chain_of(till), till.identity.public_key)


class OneStore:
    """Store 07: `lead` is till 1, `till` is till 2. Whoever else is in the roster is a test's own."""

    def __init__(self, folder: Path, programme: Programme = PROGRAMME) -> None:
        self.lead, self.till = new_till(folder, 1, programme), new_till(folder, 2, programme)
        self.hq_of_lead, self.hq = Headquarters(self.lead.identity), Headquarters(self.till.identity)
        """HQ as each of them hears it; what lies with it is one."""
        self.hq_of_lead.funds = self.hq.funds
        self.name_lead()

    def order(self, till: Till, order: Order) -> None:
        """HQ orders something, and it is carried out."""
        hq = self.hq_of_lead if till is self.lead else self.hq
        assert till.store.hq.apply(hq.give(order), till.moment()) is None

    def name_lead(
        self, lead: str | None = "07-1", others: Iterable[Neighbour] = (), witness: str | None = None
    ) -> None:
        """HQ tells both tills who is there."""
        tills = (as_neighbour(self.lead), as_neighbour(self.till), *others)
        copied_to = None if witness is None else Witness(Place(witness), ADDRESS)
        roster = Roster(None if lead is None else Lead(Place(lead), ADDRESS), tills, copied_to)
        for till in (self.lead, self.till):
            self.order(till, roster)

    def draw(
        self, units: int, least: int = 1, operation_id: str = "sale-0001", asset: Asset = Asset.MONEY, by: Card = ALICE
    ) -> SignedRecord | NotDrawn:
        """The other till draws from the lead."""
        return self.draw_as(chain_of(self.till), Draw(operation_id, by.token, by.account, asset, units, least))

    def draw_as(self, chain: ChainId, asked: Draw) -> SignedRecord | NotDrawn:
        return self.lead.store.lending.draw(chain, asked, self.lead.moment().now_ms)

    def lend(self, units: int, operation_id: str = "sale-0001") -> Gift:
        """What a draw brings, as the till that has drawn sees it."""
        given = self.draw(units, operation_id=operation_id)
        assert isinstance(given, SignedRecord), given
        gift = self.seen(given)
        assert isinstance(gift, Gift), gift
        return gift

    def seen(self, signed: SignedRecord) -> Gift | Passed | Doubt:
        """What the other till makes of what the lead says."""
        me, lead = self.till.identity, self.lead.identity
        return check_gift(signed, Hearer(me.place, me.epoch, self.lead.key.public_key()), lead.place)

    def take(self, gift: Gift) -> Doubt | None:
        """It comes, and no sale waits for it."""
        return self.till.store.take_gift(gift, self.till.moment())

    def copy(self, first: int = 1) -> Fault | None:
        """The lead gets its copy of the other till's chain, from that record on."""
        return self.hear(Records(*chain_of(self.till), tuple(self.till.chain()[first - 1 :])))

    def hear(self, batch: Records) -> Fault | None:
        return self.lead.store.lending.take(batch, self.lead.moment())

    def copies(self, chain: ChainId) -> int:
        """How many records of a neighbour's the lead holds."""
        return self.lead.store.lending.acknowledgement(chain, 1).held

    def prove(self) -> None:
        """Both books are right, and what was given is with its taker or under way."""
        prove(self.lead.store)
        prove(self.till.store)

    @property
    def has(self) -> tuple[int, int]:
        """What Alice has with the lead, and with the other till."""
        return has(self.lead), has(self.till)


def has(till: Till, asset: Asset = Asset.MONEY, account: str = A) -> int:
    slices = till.store.slices(msgspec.convert(account, type(A)))
    return sum(one.units for one in slices if one.key.purse in asset.purses)


def given_by(till: Till) -> list[Given]:
    return [one.body_as(Given) for one in map(SignedRecord.open, till.chain()) if one.kind is RecordKind.GIVEN]


def taken_by(till: Till) -> list[SignedRecord]:
    """The givers' records that this till's own say were taken."""
    return [one.body_as(Taken).given for one in map(SignedRecord.open, till.chain()) if one.kind is RecordKind.TAKEN]


def units_given(till: Till) -> int:
    return sum(units_of(given.transfer) for given in given_by(till))


def with_alices_money(folder: Path) -> OneStore:
    """A store whose lead has 500.00 of Alice's."""
    store = OneStore(folder)
    store.lead.load(ALICE, "499.00")
    store.lead.load(ALICE, "1.00")
    return store


def with_third_till(store: OneStore) -> Keeper:
    """Till 3, in the roster, whose hands sign whatever a test wants. What it says of itself HQ will look at."""
    keeper = Keeper("07-3", seed=13)
    store.name_lead(others=[as_listed(keeper)])
    keeper.open()
    return keeper


def as_listed(keeper: Keeper) -> Neighbour:
    return Neighbour(keeper.place, keeper.epoch, keeper.raw_key)
