"""Where HQ has what promotions may give: a share at every till that may have some, the rest with itself."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.placement import AskBack, PlaceAhead, QuotaStand, quota_moves
from ledger.ids import Place

PLACES = [Place(f"07-{number}") for number in range(1, 5)]


def stand(
    number: int, held: int, *, under_way: int = 0, asked_keep: int | None = None, has_share: bool = True
) -> QuotaStand:
    return QuotaStand(PLACES[number], 1, held, under_way, asked_keep, has_share)


def test_half_of_it_is_shared_out_evenly_and_the_rest_stays() -> None:
    moves = list(quota_moves(100, [stand(number, 0) for number in range(4)], 50))
    assert moves == [PlaceAhead(place, 1, 12) for place in PLACES]


def test_what_is_under_way_counts_and_who_has_half_of_a_share_waits() -> None:
    stands = [stand(0, 0, under_way=12), stand(1, 6), stand(2, 5), stand(3, 12)]
    assert list(quota_moves(65, stands, 50)) == [PlaceAhead(PLACES[2], 1, 7)]


def test_who_has_more_than_twice_a_share_gives_back_and_is_asked_once() -> None:
    stands = [stand(0, 30), stand(1, 2), stand(2, 2), stand(3, 6)]
    assert list(quota_moves(0, stands, 50)) == [AskBack(PLACES[0], 1, 5)]
    asked = [stand(0, 30, asked_keep=5), *stands[1:]]
    assert list(quota_moves(0, asked, 50)) == []


def test_who_may_have_nothing_ready_gives_all_of_it_back_and_takes_no_share() -> None:
    stands = [stand(0, 3, has_share=False), stand(1, 0)]
    assert list(quota_moves(17, stands, 50)) == [AskBack(PLACES[0], 1, 0), PlaceAhead(PLACES[1], 1, 10)]


@pytest.mark.parametrize("percent", [0, 50, 100])
def test_where_there_is_nobody_or_nothing_nothing_moves(percent: int) -> None:
    assert list(quota_moves(100, [], percent)) == []
    assert list(quota_moves(0, [stand(0, 0)], percent)) == []


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.booleans()), max_size=4),
    st.integers(0, 100),
)
def test_no_more_is_given_than_is_there_and_it_comes_to_rest(
    at_hq: int, having: list[tuple[int, int, bool]], percent: int
) -> None:
    stands = [stand(number, held, under_way=way, has_share=has) for number, (held, way, has) in enumerate(having)]
    left = at_hq + sum(one.held + one.under_way for one in stands)
    for _ in range(3):
        moves = list(quota_moves(at_hq, stands, percent))
        given_out = sum(move.units for move in moves if isinstance(move, PlaceAhead))
        assert given_out <= at_hq
        kept = {move.place: move.keep for move in moves if isinstance(move, AskBack)}
        came = {move.place: move.units for move in moves if isinstance(move, PlaceAhead)}
        home = sum(one.held - kept[one.place] for one in stands if one.place in kept)
        assert all(one.held > kept[one.place] for one in stands if one.place in kept)
        at_hq += home - given_out
        stands = [
            stand(
                PLACES.index(one.place),
                kept.get(one.place, one.held) + came.get(one.place, 0) + one.under_way,
                has_share=one.has_share,
            )
            for one in stands
        ]
        assert at_hq + sum(one.held for one in stands) == left
    assert list(quota_moves(at_hq, stands, percent)) == [], "carried out, there is nothing more to move"
    shares = sorted(one.held for one in stands if one.has_share)
    assert all(more <= 4 * max(less, 1) for less, more in pairwise(shares) if at_hq), (
        "nobody has much more than another"
    )
