"""What HQ makes of a batch, case by case; the expected answer is the first fault and how many records are held then."""

from collections.abc import Callable

import msgspec
import pytest

from ledger.ids import Place
from offline_queue.intake import examine
from protocol.chain import Head, follow
from protocol.conversation import BATCH_RECORDS_MAX, Records
from protocol.records import RecordKind, SignedRecord
from protocol.rejections import Rejection
from tests.hq_server.forger import ALICE, Keeper, traded

HELD = 3
"""Of the six records of the chain, in every case."""


def looked_at(keeper: Keeper, batch: Records, held: int = HELD) -> tuple[list[SignedRecord], Rejection | None, str]:
    """What is fresh, what is wrong and where, when the keeper's first `held` records lie at HQ."""
    head: Head | None = None
    for signed in keeper.chain[:held]:
        head = follow(head, signed)
    known = {number: signed.hash for number, signed in enumerate(keeper.chain[:held], start=1)}
    examined = examine(batch, keeper.public_key, head, known.get)
    fault = examined.fault
    return list(examined.fresh), None if fault is None else fault.rejection, "" if fault is None else fault.at


def of(keeper: Keeper, *numbers: int) -> Records:
    return replace_records(keeper, [keeper.chain[number - 1] for number in numbers])


def replace_records(keeper: Keeper, records: list[SignedRecord]) -> Records:
    return Records(keeper.place, keeper.epoch, tuple(records))


@pytest.mark.parametrize(
    ("numbers", "fresh"),
    [
        ((4, 5, 6), (4, 5, 6)),
        ((4,), (4,)),
        ((1, 2, 3), ()),
        ((2,), ()),
        ((3, 2, 1, 1), ()),
        ((1, 2, 3, 4, 5, 6), (4, 5, 6)),
        ((3, 4), (4,)),
        ((4, 4, 5), (4, 5)),
        ((4, 5, 4, 5, 3, 6), (4, 5, 6)),
        ((), ()),
    ],
)
def test_what_is_held_already_is_passed_over_and_the_rest_is_fresh(
    numbers: tuple[int, ...], fresh: tuple[int, ...]
) -> None:
    keeper = traded()
    assert looked_at(keeper, of(keeper, *numbers)) == ([keeper.chain[number - 1] for number in fresh], None, "")


@pytest.mark.parametrize(
    ("numbers", "fresh", "at"),
    [
        ((5, 6), (), "07-2/1/5"),
        ((4, 6), (4,), "07-2/1/6"),
        ((6, 5, 4), (), "07-2/1/6"),
        ((1, 2, 6), (), "07-2/1/6"),
    ],
)
def test_a_gap_is_named_and_what_stands_before_it_is_held(
    numbers: tuple[int, ...], fresh: tuple[int, ...], at: str
) -> None:
    keeper = traded()
    expected = [keeper.chain[number - 1] for number in fresh]
    assert looked_at(keeper, of(keeper, *numbers)) == (expected, Rejection.GAP, at)


def flip(signed: SignedRecord) -> SignedRecord:
    """One bit of its date is other than it was signed."""
    at = signed.content.index(b"2026-") + 3
    content = bytearray(signed.content)
    content[at] ^= 1
    return SignedRecord(bytes(content), signed.signature)


def with_false_signature(signed: SignedRecord) -> SignedRecord:
    return SignedRecord(signed.content, bytes(64))


def with_short_signature(signed: SignedRecord) -> SignedRecord:
    return SignedRecord(signed.content, b"short")


@pytest.mark.parametrize("forge", [flip, with_false_signature, with_short_signature])
@pytest.mark.parametrize(("position", "held"), [(6, (4, 5)), (4, ())])
def test_a_record_that_was_changed_on_its_way_is_not_held(
    forge: Callable[[SignedRecord], SignedRecord], position: int, held: tuple[int, ...]
) -> None:
    keeper = traded()
    batch = [keeper.chain[number - 1] for number in range(4, position + 1)]
    batch[-1] = forge(batch[-1])
    fresh, rejection, at = looked_at(keeper, replace_records(keeper, batch))
    assert (fresh, rejection) == ([keeper.chain[number - 1] for number in held], Rejection.CHAIN_BROKEN)
    assert at == f"07-2/1/{position}"


def test_a_changed_record_in_the_middle_breaks_the_chain_there() -> None:
    keeper = traded()
    batch = [keeper.chain[3], flip(keeper.chain[4]), keeper.chain[5]]
    assert looked_at(keeper, replace_records(keeper, batch)) == (
        [keeper.chain[3]],
        Rejection.CHAIN_BROKEN,
        "07-2/1/5",
    )


def test_a_held_record_that_comes_again_changed_is_no_fork_as_nobody_signed_it() -> None:
    keeper = traded()
    batch = replace_records(keeper, [flip(keeper.chain[1])])
    assert looked_at(keeper, batch) == ([], Rejection.CHAIN_BROKEN, "07-2/1/2")


def test_the_records_of_another_key_are_not_held() -> None:
    keeper, thief = traded(), traded(seed=8)
    batch = replace_records(keeper, thief.chain[3:])
    assert looked_at(keeper, batch)[:2] == ([], Rejection.CHAIN_BROKEN)
    assert looked_at(keeper, replace_records(keeper, thief.chain), held=0)[:2] == ([], Rejection.CHAIN_BROKEN)


@pytest.mark.parametrize("second", [2, 3])
def test_a_second_record_of_one_number_with_the_keepers_signature_is_a_fork(second: int) -> None:
    keeper = traded(second - 1)
    copy = keeper.copy()
    for till, units in ((keeper, 100), (copy, 200)):
        while len(till.chain) < HELD:
            till.load(ALICE, units)
    examined = examine(
        replace_records(copy, copy.chain[second - 1 : second]),
        keeper.public_key,
        _head(keeper),
        lambda number: keeper.chain[number - 1].hash,
    )
    assert examined.fault is not None
    assert (examined.fault.rejection, examined.fault.fork) == (Rejection.FORK, copy.chain[second - 1])


def _head(keeper: Keeper) -> Head | None:
    head: Head | None = None
    for signed in keeper.chain:
        head = follow(head, signed)
    return head


def test_two_records_of_one_number_in_one_batch_are_a_fork_too() -> None:
    keeper = traded(HELD)
    copy = keeper.copy()
    keeper.load(ALICE, 100)
    copy.load(ALICE, 200)
    batch = replace_records(keeper, [keeper.chain[HELD], copy.chain[HELD]])
    assert looked_at(keeper, batch) == ([keeper.chain[HELD]], Rejection.FORK, "07-2/1/4")


def test_a_mixed_batch_is_taken_up_to_the_first_record_of_somebody_else() -> None:
    keeper = traded()
    for other in (traded(place="07-3"), traded(epoch=2)):
        batch = replace_records(keeper, [keeper.chain[3], other.chain[4], keeper.chain[4]])
        assert looked_at(keeper, batch) == (
            [keeper.chain[3]],
            Rejection.NOT_A_RECORD,
            str(other.chain[4].open().ref),
        )


def test_a_batch_under_another_name_is_not_taken() -> None:
    keeper = traded()
    batch = msgspec.structs.replace(keeper.batch(4), keeper=Place("07-3"))
    assert looked_at(keeper, batch)[:2] == ([], Rejection.NOT_A_RECORD)


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x90", b"\x01" * 100, bytes(70_000)])
def test_garbage_is_no_record_and_what_stands_before_it_is_held(content: bytes) -> None:
    keeper = traded()
    garbage = SignedRecord(content, bytes(64))
    batch = replace_records(keeper, [keeper.chain[3], garbage, keeper.chain[4]])
    assert looked_at(keeper, batch) == ([keeper.chain[3]], Rejection.NOT_A_RECORD, "")


def test_a_record_without_a_place_in_the_chain_is_none_even_when_it_is_signed() -> None:
    """Were it a fork, two records would have to share its number, and no chain has a record 0."""
    keeper = traded()
    zero = keeper.write(RecordKind.OPENED, msgspec.Raw(b"\x80"), sequence=0)
    assert looked_at(keeper, replace_records(keeper, [zero])) == ([], Rejection.NOT_A_RECORD, "07-2/1/0")


def test_a_batch_has_a_bound() -> None:
    keeper = traded()
    again = [keeper.chain[0]] * BATCH_RECORDS_MAX
    assert looked_at(keeper, replace_records(keeper, again))[1] is None
    assert looked_at(keeper, replace_records(keeper, [*again, keeper.chain[0]]))[1] is Rejection.TOO_LARGE


def test_a_first_batch_must_begin_with_the_first_record() -> None:
    keeper = traded()
    assert looked_at(keeper, keeper.batch(1), held=0)[1] is None
    assert looked_at(keeper, keeper.batch(2), held=0) == ([], Rejection.GAP, "07-2/1/2")
