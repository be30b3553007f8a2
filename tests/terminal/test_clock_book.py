"""A till whose clock is doubted: what it writes, what it still sells, what a new start knows, who ends it."""

from pathlib import Path

import msgspec
import pytest

from checkout.sold import Paid, PaidWith
from loyalty.evaluation import Item
from offline_queue.doubts import Hearer, check_acknowledgement
from protocol.acknowledgements import VERSION, Acknowledgement, seal_acknowledgement
from protocol.bodies import ClockBody, Transfer, TransferPart, Why
from protocol.records import FIRST_PREVIOUS, Record, RecordKind
from terminal.answers import Answer, DayClose, Outcome, Problem
from terminal.asking import Moment
from terminal.clock_guard import HQ_MS_MAX
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.headquarters import HQ_KEY, Headquarters
from tests.chains.proof import prove
from tests.chains.till import DAY_MS, IDENTITY, NOON, Till, asked, left
from tests.chains.till import moment as wall

HOUR_MS = 3_600_000
MONEY, BONUS = 300_00, 500_00
"""What Alice has here: money that never expires, and a bonus that expires at the end of the year."""


@pytest.fixture
def till(tmp_path: Path) -> Till:
    till = Till(tmp_path / "till.db", programme=POINTS_TOO)
    parts = (
        TransferPart("principal", "07-9/1/1", "07", "2026-11-01", None, MONEY),
        TransferPart("bonus", "07-9/1/2", "07", "2026-11-01", "2026-12-31", BONUS),
        TransferPart("points", "07-9/1/3", "07", "2026-11-01", "2026-12-31", 700),
    )
    given = Headquarters().give(Transfer(Why.GRANT, "", ALICE.account, parts))
    assert till.store.hq.apply(given, till.moment()) is None
    return till


def clock_records(till: Till) -> list[Record]:
    return [record for record in (signed.open() for signed in till.chain()) if record.kind is RecordKind.CLOCK]


def told(till: Till) -> list[str | None]:
    """What the chain says of the clock: each doubt, and by whose word it ended."""
    bodies = [record.body_as(ClockBody) for record in clock_records(till)]
    assert all((body.doubt is None) is (body.by is not None) for body in bodies)
    return [body.doubt or body.by for body in bodies]


def doubt(till: Till) -> str | None:
    doubted = till.store.clock.doubted()
    return None if doubted is None else doubted.doubt


def set_back(till: Till, by_ms: int = HOUR_MS) -> None:
    """Somebody sets the clock back, and the till sees it at the next thing that it decides."""
    till.load(ALICE, "1.00")
    till.now_ms -= by_ms
    till.load(ALICE, "1.00")
    assert doubt(till) == "went_back"


def pay(till: Till, amount: str) -> Answer:
    answer = till.ask(till.charge_of(ALICE, amount))
    assert isinstance(answer, Answer)
    return answer


def both(wall_ms: int, monotonic_ms: int) -> Moment:
    """What the two clocks show."""
    return msgspec.structs.replace(wall(wall_ms), monotonic_ms=monotonic_ms)


def load_at(till: Till, wall_ms: int, monotonic_ms: int) -> None:
    till.store.perform(asked(till.load_of(ALICE, "1.00"), both(wall_ms, monotonic_ms)))


def hq_says(till: Till, at_ms: int, held: int | None = None, now: Moment | None = None) -> None:
    """HQ acknowledges the chain up to `held`, and the time `at_ms`."""
    chain = till.chain()
    held = len(chain) if held is None else held
    heads = (held, chain[held - 1].hash, 0, 0, FIRST_PREVIOUS)
    signed = seal_acknowledgement(Acknowledgement(VERSION, 1, IDENTITY.place, 1, *heads, at_ms), HQ_KEY.sign)
    said = check_acknowledgement(signed, Hearer(IDENTITY.place, IDENTITY.epoch, HQ_KEY.public_key()))
    assert isinstance(said, Acknowledgement)
    assert till.store.believe(signed, said, now or till.moment()) is None


# What is written


def test_a_doubt_is_a_record_of_its_own_before_the_decision_and_is_written_once(till: Till) -> None:
    till.load(ALICE, "1.00")
    before = till.now_ms
    till.now_ms -= HOUR_MS
    answer = till.load(ALICE, "1.00")
    till.load(ALICE, "1.00")
    till.now_ms += HOUR_MS
    till.load(ALICE, "1.00")
    (record,) = clock_records(till)
    assert record.body_as(ClockBody) == ClockBody("went_back", None, before - HOUR_MS + 1000, before)
    assert answer.record == str(record.ref.next())
    prove(till.store)


def test_a_jump_is_seen_by_the_monotonic_clock_of_the_run(till: Till) -> None:
    load_at(till, NOON + 60_000, 50_000)
    load_at(till, NOON + 120_000, 110_000)
    assert told(till) == []
    load_at(till, NOON + HOUR_MS, 111_000)
    load_at(till, NOON + HOUR_MS + 1_000, 112_000)
    (record,) = clock_records(till)
    assert record.body_as(ClockBody) == ClockBody("jumped", None, NOON + HOUR_MS, NOON + 121_000)


def test_a_doubt_that_could_not_be_written_is_not_forgotten(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    load_at(till, NOON + 60_000, 50_000)
    with monkeypatch.context() as patch:
        patch.setattr(till.store._decisions, "commit", full)
        with pytest.raises(OSError, match="full"):
            load_at(till, NOON + HOUR_MS, 51_000)
    assert told(till) == []
    load_at(till, NOON + HOUR_MS, 52_000)
    assert told(till) == ["jumped"]


def test_a_new_start_still_doubts_and_writes_it_no_second_time(till: Till) -> None:
    set_back(till)
    for _ in range(3):
        till.restart()
        assert doubt(till) == "went_back"
    assert told(till) == ["went_back"]
    assert pay(till, "400.00").decline == "clock_doubted"


def test_a_start_with_a_clock_before_the_last_record_doubts_it(till: Till) -> None:
    till.now_ms -= HOUR_MS
    till.restart()
    assert told(till) == ["went_back"]


# What is sold meanwhile


def test_what_expires_stays_and_is_not_spent_and_all_else_is_spent_as_ever(till: Till) -> None:
    set_back(till)
    before = {one.key: one.units for one in till.store.slices(ALICE.account)}
    answer = pay(till, "400.00")
    assert (answer.outcome, answer.decline) == (Outcome.DECLINED, "clock_doubted")
    assert (answer.reasons[-1].rule, left(answer).bonus) == ("clock_trusted", BONUS)
    assert {one.key: one.units for one in till.store.slices(ALICE.account)} == before
    paid = pay(till, "302.00")
    assert (paid.outcome, paid.principal, paid.bonus) == (Outcome.DONE, MONEY + 2_00, 0)
    assert till.load(ALICE, "5.00").outcome is Outcome.DONE
    prove(till.store)


def test_a_trusted_clock_spends_what_expires_first(till: Till) -> None:
    paid = pay(till, "400.00")
    assert (paid.principal, paid.bonus) == (0, 400_00)


def test_what_would_not_be_enough_in_any_case_is_not_the_clocks_fault(till: Till) -> None:
    set_back(till)
    assert pay(till, "900.00").decline == "not_enough_here"


def test_what_may_be_spent_now_leaves_out_what_has_stopped(till: Till) -> None:
    assert till.store.standing(ALICE).spendable == MONEY + BONUS
    set_back(till)
    standing = till.store.standing(ALICE)
    assert (standing.spendable, standing.balance.bonus) == (MONEY + 2_00, BONUS)


def test_points_that_expire_stop_too_and_earning_goes_on(till: Till) -> None:
    set_back(till)
    points = till.ask(till.sale_of(ALICE, (Item("tea", 1_00),), Paid(PaidWith.POINTS, 1_00)))
    assert isinstance(points, Answer)
    assert points.decline == "clock_doubted"
    cash = till.ask(till.sale_of(ALICE, (Item("tea", 900_00),), Paid(PaidWith.CASH, 900_00)))
    assert isinstance(cash, Answer)
    assert (cash.outcome, cash.points_in > 0) == (Outcome.DONE, True)


# The business date


def test_the_business_date_never_comes_from_a_doubted_clock(till: Till) -> None:
    till.load(ALICE, "1.00")
    till.now_ms -= 30 * DAY_MS
    assert till.store.close_day(till.moment()) is Problem.CLOCK_DOUBTED
    assert (told(till), till.store.head().business_date) == (["went_back"], "2026-11-22")
    closed = till.store.close_day(till.moment(), None, "2026-11-24")
    assert isinstance(closed, DayClose)
    assert (closed.closed, closed.opens) == ("2026-11-22", "2026-11-24")
    assert doubt(till) == "went_back", "which day it is says nothing of the time"
    assert till.store.close_day(till.moment(), "2026-11-22", "2026-11-24") == closed


@pytest.mark.parametrize("named", ["2026-11-21", "2026-11-22", "2027-11-24", "2062-11-23"])
def test_a_date_that_cannot_be_is_no_word(till: Till, named: str) -> None:
    set_back(till)
    assert till.store.close_day(till.moment(), None, named) is Problem.DATE_NOT_POSSIBLE
    assert till.store.head().business_date == "2026-11-22"


def test_while_the_clock_is_trusted_the_date_is_the_clocks(till: Till) -> None:
    assert till.store.close_day(till.moment(), None, "2026-11-24") is Problem.DATE_NOT_POSSIBLE
    closed = till.store.close_day(till.moment(), None, "2026-11-23")
    assert isinstance(closed, DayClose)
    assert told(till) == []


def test_a_store_that_was_closed_for_a_week_is_answered_by_a_person(till: Till) -> None:
    till.now_ms += 8 * DAY_MS
    till.restart()
    assert told(till) == ["date_ahead"]
    assert pay(till, "400.00").decline == "clock_doubted"
    assert till.store.close_day(till.moment()) is Problem.CLOCK_DOUBTED
    assert isinstance(till.store.close_day(till.moment(), None, "2026-11-30"), DayClose)
    assert told(till) == ["date_ahead", "person"]
    assert pay(till, "400.00").bonus == 400_00
    till.restart()
    assert told(till) == ["date_ahead", "person"]
    prove(till.store)


def test_a_person_who_names_another_day_than_the_clock_does_not_confirm_it(till: Till) -> None:
    till.now_ms += 30 * DAY_MS
    till.restart()
    assert isinstance(till.store.close_day(till.moment(), None, "2026-11-23"), DayClose)
    assert told(till) == ["date_ahead"]


def test_a_person_answers_which_day_it_is_and_not_which_time(till: Till) -> None:
    set_back(till)
    assert isinstance(till.store.close_day(till.moment(), None, "2026-11-23"), DayClose)
    assert told(till) == ["went_back"]


def test_days_that_were_closed_by_hand_are_doubted_at_last_and_hq_answers_for_good(till: Till) -> None:
    for _ in range(4):
        till.close_day()
    till.load(ALICE, "1.00")
    assert told(till) == ["date_behind"]
    hq_says(till, till.now_ms)
    till.load(ALICE, "1.00")
    till.restart()
    till.load(ALICE, "1.00")
    assert told(till) == ["date_behind", "hq"]


# HQ's word


def test_hqs_word_on_the_doubt_itself_ends_it_when_it_agrees(till: Till) -> None:
    set_back(till)
    hq_says(till, till.now_ms + HQ_MS_MAX + 5_000)
    hq_says(till, till.now_ms - HQ_MS_MAX)
    assert told(till) == ["went_back"]
    hq_says(till, till.now_ms)
    assert told(till) == ["went_back", "hq"]
    assert clock_records(till)[-1].body_as(ClockBody).other_ms == till.now_ms - 1000
    hq_says(till, till.now_ms)
    till.restart()
    assert told(till) == ["went_back", "hq"]
    assert pay(till, "400.00").bonus == 400_00
    prove(till.store)


def test_what_hq_said_before_the_doubt_does_not_end_it(till: Till) -> None:
    set_back(till)
    before = clock_records(till)[0].sequence - 1
    hq_says(till, till.now_ms, held=before)
    assert told(till) == ["went_back"]
    hq_says(till, till.now_ms, held=before + 1)
    assert told(till) == ["went_back", "hq"]


@pytest.mark.parametrize("off_ms", [-HOUR_MS, HOUR_MS])
def test_a_clock_that_hq_contradicts_is_doubted(till: Till, off_ms: int) -> None:
    till.load(ALICE, "1.00")
    hq_says(till, till.now_ms + off_ms)
    assert told(till) == ["differs_from_hq"]
    body = clock_records(till)[0].body_as(ClockBody)
    assert (body.wall_ms - body.other_ms < 0) is (off_ms > 0)
    till.now_ms += off_ms
    hq_says(till, till.now_ms)
    till.load(ALICE, "1.00")
    assert told(till) == ["differs_from_hq", "hq"]


def test_a_word_of_hqs_that_was_long_under_way_is_no_contradiction(till: Till) -> None:
    till.load(ALICE, "1.00")
    signed_at_ms = till.now_ms
    till.now_ms += 2 * DAY_MS
    hq_says(till, signed_at_ms)
    assert told(till) == []


def test_a_start_before_hqs_last_word_is_doubted(till: Till) -> None:
    """The last record is older than what HQ has said since."""
    hq_says(till, till.now_ms + HQ_MS_MAX)
    till.now_ms -= 100_000
    till.restart()
    assert told(till) == ["differs_from_hq"]


def test_a_sleep_that_hq_has_answered_before_anybody_decides_is_no_doubt(till: Till) -> None:
    load_at(till, NOON + 60_000, 0)
    woken = NOON + 8 * HOUR_MS
    hq_says(till, woken, now=both(woken + 1_000, 1_000))
    load_at(till, woken + 2_000, 2_000)
    assert told(till) == []
