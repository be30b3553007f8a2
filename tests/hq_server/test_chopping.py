"""However a chain is cut into batches, and whatever is lost, repeated or overtaken, HQ ends with the chain."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.ids import LotId
from protocol.conversation import Records
from protocol.records import SignedRecord
from protocol.rejections import Rejection
from tests.hq_server.forger import ALICE, BOB, Keeper
from tests.hq_server.office import STAMP, Office

LENGTH = 24


def a_day() -> Keeper:
    """Loads and charges of two members, a repeated operation, one that takes too much, and day closes."""
    keeper = Keeper()
    keeper.open()
    for number in range(2, LENGTH + 1):
        match number % 6:
            case 0:
                keeper.close_day(bytes(32))
            case 3:
                keeper.charge(ALICE, LotId(f"07-2/1/{number - 1}"), number)
            case 4:
                keeper.charge(ALICE, LotId("07-2/1/2"), 10_000)
            case 5:
                keeper.load(BOB, number, operation="operation-1")
            case _:
                keeper.load(BOB if number % 4 else ALICE, 10 * number)
    return keeper


KEEPER = a_day()


def straight() -> Office:
    """HQ, reached by the whole chain at once."""
    office = Office()
    office.enrol(KEEPER)
    office.receive(KEEPER)
    return office


EXPECTED = straight()

numbers = st.integers(1, LENGTH)
runs = st.tuples(numbers, numbers).map(sorted)
scraps = st.lists(numbers, max_size=8)
steps = st.lists(st.one_of(runs.map(lambda run: list(range(run[0], run[1] + 1))), scraps, st.just(None)), max_size=30)


def batch(chosen: list[int]) -> Records:
    return Records(KEEPER.place, 1, tuple(KEEPER.chain[number - 1] for number in chosen))


def assert_the_same(office: Office) -> None:
    assert office.held(KEEPER) == [signed.content for signed in KEEPER.chain]
    assert office.mirror(KEEPER.place) == EXPECTED.mirror(KEEPER.place)
    assert office.suspense() == EXPECTED.suspense()
    assert office.differences() == EXPECTED.differences()
    assert office.view(KEEPER) == EXPECTED.view(KEEPER)


@given(steps)
def test_whatever_arrives_in_whatever_order_the_same_is_held_and_posted(journey: list[list[int] | None]) -> None:
    """None stands for a step of posting; at the end the sender says the whole chain once more, as it may."""
    office = Office()
    office.enrol(KEEPER)
    for chosen in journey:
        if chosen is None:
            office.store.post(KEEPER.place, 1, STAMP)
        else:
            assert office.take(batch(chosen)) in (None, Rejection.GAP)
        assert office.view(KEEPER).posted <= office.view(KEEPER).held
    assert office.take(KEEPER.batch()) is None
    office.post(KEEPER)
    assert_the_same(office)


@given(steps, st.data())
def test_what_is_touched_on_its_way_only_has_to_be_sent_again(
    journey: list[list[int] | None], data: st.DataObject
) -> None:
    """No bit that anybody turns gets into the book, and none of them stops the true records, fences or convicts."""
    office = Office()
    office.enrol(KEEPER)
    for chosen in filter(None, journey):
        records = list(batch(chosen).records)
        position = data.draw(st.integers(0, len(records) - 1))
        records[position] = _touched(records[position], data.draw(st.integers(0, 10_000)))
        office.take(Records(KEEPER.place, 1, tuple(records)))
    assert office.take(KEEPER.batch()) is None
    office.post(KEEPER)
    assert_the_same(office)


def _touched(signed: SignedRecord, bit: int) -> SignedRecord:
    content = bytearray(signed.content)
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    return SignedRecord(bytes(content), signed.signature)
