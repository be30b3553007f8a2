"""What the lead keeps of its neighbours' chains, and what it takes of it."""

from pathlib import Path

import msgspec
import pytest

from ledger.ids import ChainId
from ledger.slices import Asset
from protocol.bodies import PrintBody, TransferPart
from protocol.conversation import Draw, Records
from protocol.records import RecordKind, SignedRecord
from protocol.rejections import Rejection
from protocol.transfers import units_of
from tests.chains.company import ALICE
from tests.hq_server.forger import Keeper, part
from tests.terminal.one_store import A, OneStore, chain_of, has, taken_by, with_alices_money, with_third_till

DRAW = Draw("sale-0001", ALICE.token, A, Asset.MONEY, 100, 1)


@pytest.fixture
def store(tmp_path: Path) -> OneStore:
    return with_alices_money(tmp_path)


@pytest.fixture
def keeper(store: OneStore) -> Keeper:
    return with_third_till(store)


# What a neighbour gives back


def test_what_comes_back_is_taken_once_in_the_commit_that_keeps_the_copy(store: OneStore) -> None:
    assert store.take(store.lend(120_00)) is None
    assert store.has == (380_00, 0)
    assert store.copy() is None
    assert store.has == (500_00, 0)
    (back,) = taken_by(store.lead)
    assert back == store.till.chain()[-1]
    for _ in range(2):
        assert store.copy() is None
        store.lead.restart()
    assert store.copy(first=3) is None
    assert (store.has, len(taken_by(store.lead))) == ((500_00, 0), 1)
    assert store.copies(chain_of(store.till)) == len(store.till.chain())
    store.prove()


def test_value_of_the_tills_own_lots_may_come_and_be_lent_again(store: OneStore, keeper: Keeper) -> None:
    keeper.load(A, 300)
    keeper.give(A, part("07-3/1/2", 300), to="07-1")
    assert store.hear(keeper.batch()) is None
    assert has(store.lead) == 503_00
    gift = store.lend(503_00)
    assert units_of(gift.passage.transfer) == 503_00
    assert store.take(gift) is None
    store.prove()


NOT_HERE = {"to HQ": ("hq", 1), "to another till": ("07-4", 1), "to this place's next epoch": ("07-1", 2)}


@pytest.mark.parametrize(("to", "to_epoch"), NOT_HERE.values(), ids=NOT_HERE.keys())
def test_what_is_given_to_another_is_only_copied(to: str, to_epoch: int, store: OneStore, keeper: Keeper) -> None:
    keeper.load(A, 300)
    keeper.give(A, part("07-3/1/2", 300), to=to, to_epoch=to_epoch)
    before = store.lead.chain()
    assert store.hear(keeper.batch()) is None
    assert store.copies(ChainId(keeper.place, 1)) == 3
    assert (store.lead.chain(), has(store.lead)) == (before, 500_00)


def odd(part_: TransferPart, **otherwise: object) -> TransferPart:
    return msgspec.structs.replace(part_, **otherwise)


LOT = "07-3/1/2"
UNTAKEABLE = {
    "nothing": (),
    "zero units": (part(LOT, 0),),
    "negative units": (part(LOT, -300),),
    "units beyond any amount": (part(LOT, 2**62),),
    "a purse that does not exist": (odd(part(LOT, 1), purse="gold"),),
    "one lot twice": (part(LOT, 1), part(LOT, 2)),
    "other terms of a lot": (odd(part("07-1/1/3", 1), expires_on="2030-01-01"),),
}


@pytest.mark.parametrize("parts", UNTAKEABLE.values(), ids=UNTAKEABLE.keys())
def test_what_the_book_refuses_is_only_copied_and_the_rest_goes_on(
    parts: tuple[TransferPart, ...], store: OneStore, keeper: Keeper
) -> None:
    keeper.load(A, 300)
    keeper.give(A, *parts, to="07-1")
    keeper.give(A, part(LOT, 200), to="07-1")
    assert store.hear(keeper.batch()) is None
    assert (store.copies(ChainId(keeper.place, 1)), has(store.lead)) == (4, 502_00)
    assert len(taken_by(store.lead)) == 1
    store.prove()


def test_a_neighbour_cannot_take_the_name_of_a_lot_that_this_till_has_yet_to_open(
    store: OneStore, keeper: Keeper
) -> None:
    soon = store.lead.store.head().ref.next().next()
    keeper.give(A, part(str(soon), 1), part(LOT, 1), to="07-1")
    assert store.hear(keeper.batch()) is None
    assert (has(store.lead), taken_by(store.lead)) == (500_00, [])
    store.lead.load(ALICE, "5.00")
    store.lead.load(ALICE, "5.00")
    store.prove()


# Batches are looked at as HQ looks at them


def test_a_body_of_no_form_is_only_copied(store: OneStore, keeper: Keeper) -> None:
    keeper.write(RecordKind.GIVEN, PrintBody("07-3-000001", 1, "started"))
    assert store.hear(keeper.batch()) is None
    assert store.copies(ChainId(keeper.place, 1)) == 2


def rejected(store: OneStore, batch: Records) -> Rejection:
    fault = store.hear(batch)
    assert fault is not None
    return fault.rejection


def test_a_batch_with_a_gap_a_changed_record_or_a_forged_one_is_taken_up_to_there(
    store: OneStore, keeper: Keeper
) -> None:
    keeper.load(A, 300)
    keeper.load(A, 300)
    back = keeper.give(A, part(LOT, 300), to="07-1")
    chain, whole = ChainId(keeper.place, 1), keeper.batch()
    gap = msgspec.structs.replace(whole, records=(whole.records[0], *whole.records[2:]))
    assert rejected(store, gap) is Rejection.GAP
    assert (store.copies(chain), has(store.lead)) == (1, 500_00)

    changed = SignedRecord(back.content.replace(b"principal", b"principle"), back.signature)
    assert changed != back
    assert rejected(store, msgspec.structs.replace(whole, records=(*whole.records[:3], changed))) is (
        Rejection.CHAIN_BROKEN
    )
    assert (store.copies(chain), has(store.lead)) == (3, 500_00)

    garbled = msgspec.structs.replace(whole, records=(SignedRecord(b"\x00", back.signature),))
    assert rejected(store, garbled) is Rejection.NOT_A_RECORD

    stranger = Keeper("07-3", seed=99)
    stranger.chain = list(keeper.chain[:3])
    stranger.give(A, part(LOT, 300), to="07-1")
    assert rejected(store, stranger.batch(4)) is Rejection.CHAIN_BROKEN
    assert (store.copies(chain), has(store.lead)) == (3, 500_00)

    assert store.hear(whole) is None
    assert (store.copies(chain), has(store.lead)) == (4, 503_00)
    store.prove()


def test_a_forked_till_gives_only_what_the_first_of_the_two_gave(store: OneStore, keeper: Keeper) -> None:
    keeper.load(A, 300)
    twin = keeper.copy()
    twin.place = keeper.place
    keeper.give(A, part(LOT, 300), to="07-1")
    twin.give(A, part(LOT, 200), to="07-1")
    assert store.hear(keeper.batch()) is None
    assert rejected(store, twin.batch()) is Rejection.FORK
    assert (store.copies(ChainId(keeper.place, 1)), has(store.lead)) == (3, 503_00)
    store.prove()


def test_records_of_one_till_under_the_name_of_another_are_not_taken(store: OneStore, keeper: Keeper) -> None:
    keeper.load(A, 300)
    keeper.give(A, part(LOT, 300), to="07-1")
    under = Records(*chain_of(store.till), keeper.batch().records)
    assert rejected(store, under) is Rejection.NOT_A_RECORD
    assert (store.copies(chain_of(store.till)), has(store.lead)) == (0, 500_00)


def test_one_till_may_bring_what_another_has_signed(store: OneStore, keeper: Keeper) -> None:
    """Whoever brings it, it is its keeper's word."""
    keeper.load(A, 300)
    keeper.give(A, part(LOT, 300), to="07-1")
    assert store.hear(keeper.batch()) is None
    assert store.hear(keeper.batch()) is None
    assert has(store.lead) == 503_00


def test_more_records_than_a_batch_may_have_are_not_looked_at(store: OneStore, keeper: Keeper) -> None:
    for _ in range(251):
        keeper.load(A, 1)
    assert rejected(store, keeper.batch()) is Rejection.TOO_LARGE
    assert store.copies(ChainId(keeper.place, 1)) == 0
