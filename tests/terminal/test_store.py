"""The till's file as stories: what is bought and loaded, what is asked again, what a restart finds."""

from pathlib import Path

import msgspec
import pytest

from protocol.bodies import DayClosedBody, DeclinedBody, Opened, PrintBody
from protocol.chain import verify_each
from protocol.records import Record, RecordKind
from terminal.answers import Answer, Balance, Outcome
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.store import TillStore
from tests.chains.company import ALICE, BOB, PROGRAMME, number
from tests.chains.proof import prove
from tests.chains.till import DAY_MS, IDENTITY, KEY, PUBLIC_KEY, Till, moment


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path / "till.db")


def kinds(till: Till) -> list[RecordKind]:
    return [signed.open().kind for signed in till.chain()]


def records(till: Till, kind: RecordKind) -> list[Record]:
    return [record for record in (signed.open() for signed in till.chain()) if record.kind is kind]


# Loading and paying


def test_a_load_of_500_brings_its_bonus_and_is_spent_to_the_last_cent(till: Till) -> None:
    loaded = till.load(ALICE, "500.00")
    assert (loaded.principal, loaded.bonus) == (50_000, 6_055)
    assert till.balance(ALICE) == Balance(50_000, 6_055, 0)
    first = till.charge(ALICE, "123.45")
    assert (first.principal, first.bonus, first.balance) == (12_345, 0, Balance(37_655, 6_055, 0))
    second = till.charge(ALICE, "400.01")
    assert (second.principal, second.bonus, second.balance) == (37_655, 2_346, Balance(0, 3_709, 0))
    till.charge(ALICE, "37.09")
    assert till.store.slices(ALICE.account) == ()
    prove(till.store)


def test_a_charge_over_two_lots_empties_the_older_one_principal_and_bonus_first(till: Till) -> None:
    till.load(ALICE, "500.00")
    till.load(ALICE, "1000.00")
    paid = till.charge(ALICE, "777.77")
    assert (paid.principal, paid.bonus) == (71_722, 6_055)
    left = {(one.key.lot, one.key.purse): one.units for one in till.store.slices(ALICE.account)}
    assert left == {("07-2/1/3", "principal"): 78_278, ("07-2/1/3", "bonus"): 15_000}
    prove(till.store)


def test_the_tenth_lot_is_spent_after_the_ninth(till: Till) -> None:
    for _ in range(11):
        till.load(ALICE, "1.00")
    till.charge(ALICE, "8.50")
    lots = sorted(one.key.lot for one in till.store.slices(ALICE.account))
    assert lots == ["07-2/1/10", "07-2/1/11", "07-2/1/12"]
    assert till.balance(ALICE).principal == 250


def test_one_members_money_is_not_anothers(till: Till) -> None:
    till.load(ALICE, "500.00")
    refused = till.ask(till.charge_of(BOB, "0.01"))
    assert isinstance(refused, Answer)
    assert (refused.outcome, refused.decline) == (Outcome.DECLINED, "not_enough_here")
    assert till.balance(BOB) == Balance(0, 0, 0)


def test_a_decline_is_in_the_chain_with_its_reasons_and_leaves_no_trace_in_the_book(till: Till) -> None:
    till.load(ALICE, "500.00")
    before = till.store.slices(ALICE.account)
    answer = till.ask(till.charge_of(ALICE, "560.56"))
    assert isinstance(answer, Answer)
    assert till.store.slices(ALICE.account) == before
    assert (answer.receipt_number, answer.approval_code, answer.amount) == (None, None, 56_056)
    body = records(till, RecordKind.DECLINED)[0].body_as(DeclinedBody)
    assert (body.decline, body.units, body.account) == ("not_enough_here", 56_056, ALICE.account)
    assert body.reasons == answer.reasons
    assert body.reasons[-1] == msgspec.convert(
        {"rule": "spendable_here", "limit": 56_055, "seen": 56_056}, type(body.reasons[-1])
    )
    assert till.store.slip(2) is None
    prove(till.store)


def test_receipt_numbers_run_on_without_a_gap_whatever_is_declined_or_asked_again(till: Till) -> None:
    request = till.load_of(ALICE, "100.00")
    numbers = []
    for again in (request, request, till.charge_of(ALICE, "200.00"), till.charge_of(ALICE, "1.00")):
        answer = till.ask(again)
        assert isinstance(answer, Answer)
        numbers.append(answer.receipt_number)
    till.restart()
    numbers.append(till.charge(ALICE, "1.00").receipt_number)
    assert numbers == ["07-2-000001", "07-2-000001", None, "07-2-000002", "07-2-000003"]


# What a day is


def test_day_close_moves_the_date_and_every_later_record_carries_it(till: Till) -> None:
    till.load(ALICE, "100.00")
    closed = till.close_day()
    assert (closed.closed, closed.opens, closed.record) == ("2026-11-22", "2026-11-23", "07-2/1/3")
    answer = till.charge(ALICE, "1.00")
    assert answer.business_date == "2026-11-23"
    assert answer.at.startswith("2026-11-22T12:00")
    dates = [signed.open().business_date for signed in till.chain()]
    assert dates == ["2026-11-22", "2026-11-22", "2026-11-23", "2026-11-23"]
    till.restart()
    assert till.store.head().business_date == "2026-11-23"


def test_midnight_alone_moves_nothing(till: Till) -> None:
    till.now_ms += DAY_MS
    assert till.load(ALICE, "100.00").business_date == "2026-11-22"


def test_a_close_after_days_of_rest_opens_today(till: Till) -> None:
    till.now_ms += 3 * DAY_MS
    assert till.close_day().opens == "2026-11-25"


def test_a_close_on_an_evening_that_was_closed_before_still_moves_on(till: Till) -> None:
    till.close_day()
    assert till.close_day().opens == "2026-11-24"


def test_day_close_signs_what_lies_at_the_till(till: Till) -> None:
    till.load(ALICE, "500.00")
    till.load(BOB, "100.00")
    till.charge(ALICE, "500.00")
    till.close_day()
    body = records(till, RecordKind.DAY_CLOSED)[0].body_as(DayClosedBody)
    assert (body.slices, body.units) == (2, 16_055)
    prove(till.store)


def test_what_is_loaded_today_is_of_todays_business_date(till: Till) -> None:
    till.close_day()
    till.load(ALICE, "100.00")
    assert [one.lot.opened_on for one in till.store.slices(ALICE.account)] == ["2026-11-23"]


# Slips


def test_a_slip_waits_from_its_commit_on_until_it_is_printed(till: Till) -> None:
    till.load(ALICE, "100.00")
    assert till.store.slips_waiting() == [SlipJob(1)]
    assert till.step(1, SlipStep.STARTED) == SlipJob(1, state=SlipState.STARTED)
    assert till.step(1, SlipStep.PRINTED) == SlipJob(1, state=SlipState.PRINTED)
    assert till.store.slips_waiting() == []
    steps = [record.body_as(PrintBody) for record in records(till, RecordKind.PRINT)]
    assert steps == [PrintBody("07-2-000001", 1, "started"), PrintBody("07-2-000001", 1, "printed")]


def test_a_step_that_makes_no_sense_writes_nothing(till: Till) -> None:
    till.load(ALICE, "100.00")
    before = till.chain()
    for step in (SlipStep.PRINTED, SlipStep.UNKNOWN, SlipStep.CAME_OUT, SlipStep.REPRINT):
        assert till.step(1, step) is None
    assert till.step(99, SlipStep.STARTED) is None
    assert till.chain() == before


def test_a_start_over_a_slip_that_had_started_makes_it_unknown_and_asks(till: Till) -> None:
    till.load(ALICE, "100.00")
    till.load(ALICE, "100.00")
    till.step(1, SlipStep.STARTED)
    till.restart()
    assert till.store.slips_waiting() == [SlipJob(1, state=SlipState.UNKNOWN, reasons=("interrupted",)), SlipJob(2)]
    assert records(till, RecordKind.PRINT)[-1].body_as(PrintBody) == PrintBody(
        *("07-2-000001", 1, "unknown", ("interrupted",))
    )
    till.restart()
    assert len(records(till, RecordKind.PRINT)) == 2
    prove(till.store)


def test_did_it_come_out_yes_settles_it_and_no_prints_a_copy(till: Till) -> None:
    for number_of_slip, step in ((1, SlipStep.CAME_OUT), (2, SlipStep.REPRINT)):
        till.load(ALICE, "100.00")
        till.step(number_of_slip, SlipStep.STARTED)
        till.step(number_of_slip, SlipStep.UNKNOWN, "no_answer")
        till.step(number_of_slip, step)
    assert till.store.slips_waiting() == [SlipJob(2, run=2)]
    assert till.store.slips_waiting()[0].is_copy
    prove(till.store)


def test_a_copy_says_what_the_original_said(till: Till) -> None:
    till.load(ALICE, "100.00")
    original = till.store.slip(1)
    till.step(1, SlipStep.STARTED)
    till.step(1, SlipStep.PRINTED)
    till.charge(ALICE, "99.00")
    till.close_day()
    till.step(1, SlipStep.REPRINT)
    copy = till.store.slip(1)
    assert original is not None
    assert copy == (original[0], SlipJob(1, run=2))


def test_reasons_of_a_step_are_kept_as_they_were_given(till: Till) -> None:
    till.load(ALICE, "100.00")
    till.step(1, SlipStep.STARTED)
    after = till.step(1, SlipStep.UNKNOWN, "paper_out", "cover_open")
    assert after is not None
    assert till.store.slip(1) == (slip_of(till, 1), after)
    assert after.reasons == ("paper_out", "cover_open")


def slip_of(till: Till, number_of_slip: int) -> object:
    found = till.store.slip(number_of_slip)
    assert found is not None
    return found[0]


def test_old_slips_can_be_left_out_of_what_waits(till: Till) -> None:
    till.load(ALICE, "100.00")
    since = till.now_ms + 1
    till.load(ALICE, "100.00")
    assert till.store.slips_waiting(since) == [SlipJob(2)]


# Starting


def test_a_new_book_begins_with_whose_it_is_and_the_key(till: Till) -> None:
    first = till.chain()[0].open()
    assert first.kind is RecordKind.OPENED
    body = first.body_as(Opened)
    assert (body.place, body.public_key) == ("07-2", PUBLIC_KEY.public_bytes_raw())
    assert (first.business_date, first.mode) == ("2026-11-22", "transfer")


def test_a_start_with_nothing_unknown_writes_nothing(till: Till) -> None:
    till.load(ALICE, "100.00")
    before = till.chain()
    till.restart()
    assert till.chain() == before
    till.load(ALICE, "1.00")
    verify_each(till.chain(), PUBLIC_KEY)


def test_a_book_does_not_open_for_another_till(till: Till, tmp_path: Path) -> None:
    """A copied file or a mistyped setting would begin a second chain in it, with this one's receipt numbers."""
    till.load(ALICE, "100.00")
    till.store.close()
    neighbour = msgspec.structs.replace(IDENTITY, till="3")
    with pytest.raises(Exception, match="07-2"):
        open_and_begin(tmp_path / "till.db", neighbour)


def test_a_book_does_not_open_with_another_key(till: Till, tmp_path: Path) -> None:
    """A lost key file is made anew without a word; what it signs from then on nobody could verify."""
    till.load(ALICE, "100.00")
    till.store.close()
    with pytest.raises(Exception, match="key"):
        open_and_begin(tmp_path / "till.db", msgspec.structs.replace(IDENTITY, public_key=bytes(32)))


def open_and_begin(path: Path, identity: object) -> None:
    assert isinstance(identity, type(IDENTITY))
    store = TillStore.open(path, identity, KEY.sign, PROGRAMME)
    try:
        store.begin(moment(), "transfer")
    finally:
        store.close()


# What is written, and what is not


def test_no_full_card_number_is_in_any_file_of_the_till(till: Till, tmp_path: Path) -> None:
    till.load(ALICE, "500.00")
    till.charge(ALICE, "12.34")
    till.ask(till.charge_of(ALICE, "5000.00"))
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ALICE.masked.encode() in written
    digits = number(417).digits.encode()
    assert digits not in written
    assert digits[6:] not in written
