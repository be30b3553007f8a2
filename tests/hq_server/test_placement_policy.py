"""Placement: never more than there is, never beyond a bound, and quiet as soon as all lies where it should."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hq_server.placement import NOTHING_AHEAD, Ahead, AskBack, Move, PlaceAhead, Stand, moves
from ledger.ids import Place

AHEAD = Ahead(member_units=1_000, till_units=5_000, tills=2)


def stand(
    number: int = 1, held: int = 0, *, under_way: int = 0, total: int | None = None, ahead: Ahead = AHEAD
) -> Stand:
    return Stand(Place(f"07-{number}"), 1, held, under_way, held if total is None else total, ahead)


def moved(at_hq: int, *stands: Stand) -> list[Move]:
    return list(moves(at_hq, stands))


def test_what_does_not_suffice_for_all_goes_to_the_last_visited_first() -> None:
    assert moved(1_300, stand(1), stand(2)) == [PlaceAhead(Place("07-1"), 1, 1_000), PlaceAhead(Place("07-2"), 1, 300)]
    assert moved(0, stand(1)) == []


@pytest.mark.parametrize(("held", "units"), [(0, 1_000), (1, 999), (499, 501), (500, 0), (999, 0), (1_000, 0)])
def test_a_till_is_filled_up_when_less_than_half_of_its_share_is_left(held: int, units: int) -> None:
    assert moved(9_000, stand(1, held)) == ([PlaceAhead(Place("07-1"), 1, units)] if units else [])


def test_what_is_under_way_counts_as_if_it_were_there() -> None:
    assert moved(9_000, stand(1, under_way=1_000)) == []
    assert moved(9_000, stand(1, under_way=400)) == [PlaceAhead(Place("07-1"), 1, 600)]


def test_a_till_gets_no_more_of_all_members_together_than_its_bound() -> None:
    assert moved(9_000, stand(1, total=4_800)) == [PlaceAhead(Place("07-1"), 1, 200)]
    assert moved(9_000, stand(1, total=5_000)) == moved(9_000, stand(1, total=6_000)) == []


@pytest.mark.parametrize(("held", "asked"), [(1_000, False), (1_001, True), (50_000, True)])
def test_what_is_beyond_the_share_is_asked_back_and_the_share_stays(held: int, *, asked: bool) -> None:
    assert moved(0, stand(1, held)) == ([AskBack(Place("07-1"), 1, 1_000)] if asked else [])


def test_a_till_that_is_off_is_asked_once_and_again_only_for_more() -> None:
    asked = replace(stand(1, 2_000), asked_keep=1_000)
    assert moved(0, asked) == moved(0, replace(asked, asked_keep=0)) == []
    assert moved(0, replace(asked, asked_keep=1_500)) == [AskBack(Place("07-1"), 1, 1_000)]
    assert moved(0, replace(asked, ahead=NOTHING_AHEAD)) == [AskBack(Place("07-1"), 1, 0)]


UNITS = st.integers(0, 3_000)
AHEADS = st.builds(Ahead, UNITS, st.integers(0, 9_000), st.integers(0, 4))


@st.composite
def some_stands(draw: st.DrawFn) -> tuple[Stand, ...]:
    stands = []
    for number in range(draw(st.integers(0, 5))):
        held, under_way = draw(UNITS), draw(st.one_of(st.just(0), UNITS))
        asked = draw(st.one_of(st.none(), UNITS))
        stands.append(Stand(Place(f"07-{number}"), 1, held, under_way, held + draw(UNITS), draw(AHEADS), asked))
    return tuple(stands)


@given(UNITS, some_stands())
def test_no_more_is_placed_than_lies_at_hq_and_nothing_beyond_a_bound(at_hq: int, stands: tuple[Stand, ...]) -> None:
    by_place = {one.place: one for one in stands}
    placed = [move for move in moves(at_hq, stands) if isinstance(move, PlaceAhead)]
    assert sum(move.units for move in placed) <= at_hq
    assert len({move.place for move in placed}) == len(placed)
    for move in placed:
        one = by_place[move.place]
        assert move.units > 0
        assert one.held + one.under_way + move.units <= shares_of(stands)[move.place]
        assert one.total + one.under_way + move.units <= one.ahead.till_units


@given(UNITS, some_stands())
def test_only_what_is_beyond_a_share_is_asked_back(at_hq: int, stands: tuple[Stand, ...]) -> None:
    by_place, shares = {one.place: one for one in stands}, shares_of(stands)
    for move in moves(at_hq, stands):
        if isinstance(move, AskBack):
            assert move.keep == shares[move.place] < by_place[move.place].held
            asked = by_place[move.place].asked_keep
            assert asked is None or asked > move.keep


def shares_of(stands: Sequence[Stand]) -> dict[Place, int]:
    """By the words of the policy: at the member's last so many tills."""
    return {one.place: one.ahead.member_units if one in stands[: one.ahead.tills] else 0 for one in stands}


def after(at_hq: int, stands: tuple[Stand, ...], *, answered: bool) -> tuple[int, tuple[Stand, ...]]:
    """The moves carried out: what is given is under way, what is asked back has come home if the till `answered`."""
    by_place = {one.place: one for one in stands}
    for move in moves(at_hq, stands):
        one = by_place[move.place]
        match move:
            case PlaceAhead(units=units):
                at_hq -= units
                by_place[move.place] = replace(one, under_way=one.under_way + units)
            case AskBack(keep=keep) if answered:
                at_hq += one.held - keep
                by_place[move.place] = replace(one, held=keep, total=one.total - one.held + keep, asked_keep=None)
            case AskBack(keep=keep):
                by_place[move.place] = replace(one, asked_keep=keep)
    return at_hq, tuple(by_place.values())


@given(UNITS, some_stands())
def test_asked_again_before_anybody_has_answered_it_says_nothing(at_hq: int, stands: tuple[Stand, ...]) -> None:
    assert list(moves(*after(at_hq, stands, answered=False))) == []


@given(UNITS, some_stands())
def test_what_came_home_is_placed_once_more_and_then_it_is_quiet(at_hq: int, stands: tuple[Stand, ...]) -> None:
    """No value goes to and fro: what a till is asked for is never sent back to it."""
    assume(all(one.asked_keep is None for one in stands))
    asked = {move.place for move in moves(at_hq, stands) if isinstance(move, AskBack)}
    second = after(at_hq, stands, answered=True)
    assert all(isinstance(move, PlaceAhead) and move.place not in asked for move in moves(*second))
    assert list(moves(*after(*second, answered=True))) == []


@given(UNITS, some_stands())
def test_nothing_more_is_placed_when_what_was_under_way_has_arrived(at_hq: int, stands: tuple[Stand, ...]) -> None:
    at_hq, placed = after(at_hq, stands, answered=False)
    arrived = [replace(one, held=one.held + one.under_way, total=one.total + one.under_way) for one in placed]
    reported = [replace(one, under_way=0) for one in arrived]
    assert not [move for move in moves(at_hq, reported) if isinstance(move, PlaceAhead)]
