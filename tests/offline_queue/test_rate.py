"""What one caller may ask for, as a bucket of tokens."""

from hypothesis import given
from hypothesis import strategies as st

from offline_queue.rate import TokenBucket


def test_a_burst_is_free_and_what_comes_after_it_waits_for_itself() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=20, now_s=100.0)
    assert bucket.take(20, 100.0) == 0
    assert bucket.take(5, 100.0) == 0.5
    assert bucket.take(5, 100.0) == 1.0
    assert bucket.take(0, 100.5) == 0.5
    assert bucket.take(0, 101.0) == 0
    assert bucket.take(20, 200.0) == 0
    assert bucket.take(1, 200.0) == 0.1, "a long pause is worth no more than the burst"


def test_who_may_not_take_takes_nothing() -> None:
    bucket = TokenBucket(rate_per_s=1, burst=2, now_s=0.0)
    assert [bucket.try_take(1, 0.0) for _ in range(4)] == [True, True, False, False]
    assert [bucket.try_take(1, 1.0) for _ in range(2)] == [True, False]


def test_a_clock_that_stands_or_goes_back_gives_nothing_away() -> None:
    bucket = TokenBucket(rate_per_s=10, burst=10, now_s=50.0)
    assert bucket.take(10, 50.0) == 0
    assert bucket.take(1, 40.0) == 0.1
    assert bucket.take(1, 50.0) == 0.2


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50)), max_size=50))
def test_who_waits_as_told_never_gets_more_than_the_burst_and_the_rate(asked: list[tuple[float, int]]) -> None:
    bucket, now_s, taken = TokenBucket(10, 25, 0.0), 0.0, 0
    for pause_s, tokens in asked:
        now_s += pause_s
        now_s += bucket.take(tokens, now_s)
        taken += tokens
        assert taken <= 25 + 10 * now_s + 1e-6
