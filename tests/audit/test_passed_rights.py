"""Rights that tills of a store pass to each other: clean when each was passed and taken once, and named when not."""

from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_queue.auditing.findings import Sort
from protocol.records import RecordKind, SignedRecord, encode_body, seal
from protocol.rights import RightPassed, RightTaken
from tests.audit.halves import STRANGER
from tests.audit.rights_by_hand import PRICE, Shops, at

WRONG = Sort.WRONG_RIGHT


@pytest.fixture
def shops(tmp_path: Path) -> Shops:
    return Shops(tmp_path)


def there_and_back(shops: Shops) -> None:
    """A part is refunded at A, one at B, one at C, whom B has it from, and the rest at A, where HQ brings it."""
    shops.undo(shops.a, 1_000)
    shops.take(shops.pass_on(shops.a, shops.b), shops.b)
    shops.undo(shops.b, 2_000)
    shops.take(shops.pass_on(shops.b, shops.c), shops.c)
    shops.undo(shops.c, 3_000)
    shops.send()
    shops.move(shops.c, shops.a)
    shops.undo(shops.a, PRICE - 6_000)
    shops.send()


def test_a_right_that_was_passed_on_is_clean_in_every_file_and_in_all_together(shops: Shops) -> None:
    there_and_back(shops)
    for count in range(1, 5):
        for keepers in combinations(shops.all, count):
            assert shops.found(*keepers) == []


def test_a_right_on_its_way_is_clean_and_so_is_one_of_which_hq_has_not_heard(shops: Shops) -> None:
    passed = shops.pass_on(shops.a, shops.b)
    assert shops.found() == []
    shops.take(passed, shops.b)
    shops.undo(shops.b, 500)
    assert shops.found() == shops.found(shops.b) == []


def test_whoever_refunds_what_it_has_passed_on_is_named(shops: Shops) -> None:
    came = shops.came[shops.a]
    passed = shops.pass_on(shops.a, shops.b)
    shops.came[shops.a] = came
    again = shops.undo(shops.a, 1_000)
    what = f"it undoes a share of {at(shops.sale)}, and has given the right to on in {at(passed)}"
    assert shops.found(shops.a) == [(WRONG, at(again), what)]


def test_whoever_takes_what_was_passed_to_another_or_takes_it_again_is_named(shops: Shops) -> None:
    passed = shops.pass_on(shops.a, shops.b)
    first, again = shops.take(passed, shops.b), shops.take(passed, shops.b)
    stolen = shops.take(passed, shops.c)
    named = {(at_, what) for _, at_, what in shops.found()}
    assert {one for one, _ in named} == {at(again), at(stolen)}
    assert any(one == at(stolen) and "no right that was passed to it" in what for one, what in named)
    assert (at(again), f"it takes the right in {at(passed)}, and {at(first)} has done that") in named


def test_what_the_giver_has_not_signed_or_not_like_that_is_named(shops: Shops) -> None:
    passed = shops.pass_on(shops.a, shops.b)
    body = passed.open().body_as(RightPassed)
    lie = replace(passed.open(), body=encode_body(replace(body, right=replace(body.right, moves=2))))
    other, forged = seal(lie, shops.a.key.sign), seal(passed.open(), STRANGER.sign)
    assert_named(shops, other, "is not what its keeper's chain has there")
    assert_named(shops, forged, "is not signed by 07-2")


def assert_named(shops: Shops, passed: SignedRecord, what: str) -> None:
    taken = shops.take(passed, shops.b)
    assert [said for sort, at_, said in shops.found() if (sort, at_) == (WRONG, at(taken)) and what in said]


def test_a_right_that_says_more_than_is_left_and_one_that_was_never_passed_are_named(shops: Shops) -> None:
    shops.undo(shops.a, 1_000)
    lie = shops.pass_on(shops.a, shops.b, moves=7)
    assert [(sort, at_) for sort, at_, _ in shops.found(shops.a)] == [(WRONG, at(lie))]
    nothing = shops.c.sign(RecordKind.RIGHT_TAKEN, RightTaken(shops.sale))
    assert (WRONG, at(nothing)) in {(sort, at_) for sort, at_, _ in shops.found(shops.c)}
