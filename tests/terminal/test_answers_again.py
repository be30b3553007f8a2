"""Answers and slips are read from the record of their movement: byte for byte what was said when it was made."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from checkout.sold import Paid, PaidWith
from loyalty.evaluation import Item
from protocol.check_code import check_code
from terminal.answers import Answer, HqState, HqStatus, Outcome, Stopped
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.slips import HOSTED_FROM
from tests.chains.company import ALICE, BOB, POINTS_TOO
from tests.chains.proof import prove
from tests.chains.till import Request, Till, asked, done

HQ = HqStatus(HqState.NOT_REACHED, "2026-11-22T11:59:30+08:00", 7, Stopped.FORK)
GOODS = (Item("茶葉", 30_000, 2, "tea", "阿明"), Item("bag", 0))
MIXED = (Paid(PaidWith.STORED_VALUE, 12_345), Paid(PaidWith.POINTS, 500), Paid(PaidWith.CASH, 17_155))


@pytest.fixture
def till(tmp_path: Path) -> Till:
    """A till with points, at which Alice has loaded, and has earned with a purchase for cash."""
    till = Till(tmp_path / "till.db", programme=POINTS_TOO)
    till.load(ALICE, "500.00")
    earns = Paid(PaidWith.CASH, 100_000)
    assert done(till.ask(till.sale_of(ALICE, (Item("tea set", 100_000),), earns))).receipt_number == "07-2-000002"
    return till


STORIES: dict[str, Callable[[Till, str | None], Request]] = {
    "a load": lambda till, pos_ref: till.load_of(ALICE, "1000.00", pos_ref=pos_ref),
    "a charge": lambda till, pos_ref: till.charge_of(ALICE, "12.34", pos_ref=pos_ref),
    "a split sale": lambda till, pos_ref: till.sale_of(ALICE, GOODS, *MIXED, pos_ref=pos_ref),
    "a sale for cash": lambda till, pos_ref: till.sale_of(
        BOB, (Item("", 100),), Paid(PaidWith.CASH, 100), pos_ref=pos_ref
    ),
    "a refund in part": lambda till, pos_ref: till.refund_of("07-2-000002", 3_300, pos_ref=pos_ref),
    "a void of a sale": lambda till, pos_ref: till.void_of("07-2-000002", pos_ref=pos_ref),
    "a void of a load": lambda till, pos_ref: till.void_of("07-2-000001", pos_ref=pos_ref),
    "a decline": lambda till, pos_ref: till.charge_of(ALICE, "2000.00", pos_ref=pos_ref),
    "a declined refund": lambda till, pos_ref: till.refund_of("07-2-000099", 100, pos_ref=pos_ref),
}
every_story = pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())


def first_answer(till: Till, request: Request) -> Answer:
    """What is said at once, while HQ's standing is one to remember."""
    answer = till.store.perform(msgspec.structs.replace(asked(request, till.moment()), hq=HQ))
    assert isinstance(answer, Answer)
    return answer


def go_on(till: Till) -> None:
    """More happens, the day ends, and the till is switched off and on."""
    till.load(BOB, "20.00")
    till.charge(BOB, "1.00")
    till.close_day()
    till.restart()


def encoded(answer: object) -> bytes:
    return msgspec.json.encode(answer)


@every_story
@pytest.mark.parametrize("pos_ref", [None, "P-1001"])
def test_who_asks_again_gets_the_very_first_answer(
    till: Till, story: Callable[[Till, str | None], Request], pos_ref: str | None
) -> None:
    request = story(till, pos_ref)
    first = first_answer(till, request)
    for _ in range(2):
        assert encoded(till.store.find(request.operation_id)) == encoded(first)
        assert encoded(till.ask(request)) == encoded(msgspec.structs.replace(first, replayed=True))
        if pos_ref is not None:
            assert encoded(till.store.of_sale(pos_ref)) == encoded([first])
        go_on(till)
    prove(till.store)


@every_story
def test_who_asks_by_the_pos_number_alone_gets_it_too(till: Till, story: Callable[[Till, str | None], Request]) -> None:
    """A decline leaves the number free, and is decided anew."""
    first = first_answer(till, story(till, "P-1001"))
    go_on(till)
    request = story(till, "P-1001")
    assert request.operation_id != first.operation_id
    again = till.ask(request)
    assert isinstance(again, Answer)
    if first.outcome is Outcome.DECLINED:
        assert not again.replayed
        return
    assert encoded(again) == encoded(msgspec.structs.replace(first, replayed=True))
    assert encoded(till.store.find(request.operation_id)) == encoded(first)
    assert encoded(till.store.of_sale("P-1001")) == encoded([first])
    prove(till.store)


@every_story
def test_a_copy_of_a_slip_says_what_stood_when_the_movement_was_made(
    till: Till, story: Callable[[Till, str | None], Request]
) -> None:
    first = first_answer(till, story(till, None))
    signed = till.chain()[-1]
    go_on(till)
    if first.receipt_number is None:
        return
    found = till.store.slip(int(first.receipt_number.rpartition("-")[2]))
    assert found is not None
    slip = found[0]
    assert (slip.hq, slip.local_time, slip.business_date) == (HQ, first.at, first.business_date)
    assert (slip.receipt_number, slip.record, slip.mode) == (first.receipt_number, first.record, "transfer")
    assert slip.check_code == check_code(signed.hash)
    assert (slip.facts.kind, slip.facts.amount, slip.facts.paid) == (first.kind, first.amount, first.paid)


def test_slips_that_another_one_overtakes_wait_on(till: Till) -> None:
    """Nobody writes down that a slip was made but its movement; what is passed over must not be taken for printed."""
    for _ in range(3):
        till.charge(ALICE, "1.00")
    assert [job.number for job in till.store.slips_waiting()] == [1, 2, 3, 4, 5]
    till.step(4, SlipStep.STARTED)
    till.step(4, SlipStep.PRINTED)
    till.charge(ALICE, "1.00")
    till.restart()
    assert till.store.slips_waiting() == [SlipJob(number) for number in (1, 2, 3, 5, 6)]
    till.step(2, SlipStep.STARTED)
    till.restart()
    unknown = SlipJob(2, 1, SlipState.UNKNOWN, ("interrupted",))
    assert till.store.slips_waiting() == [SlipJob(1), unknown, SlipJob(3), SlipJob(5), SlipJob(6)]
    prove(till.store)


def test_no_slip_but_those_that_were_made_can_take_a_step(till: Till) -> None:
    assert till.step(3, SlipStep.STARTED) is None
    assert till.store.slip(3) is None
    prove(till.store)


def test_what_waits_is_found_without_reading_every_slip(till: Till) -> None:
    book = till.store._connection
    statements: list[str] = []

    def note(_cursor: object, sql: str, _values: object) -> bool:
        statements.append(sql)
        return True

    book.set_exec_trace(note)
    till.store.slips_waiting()
    book.set_exec_trace(None)
    plan = " ".join(row[3] for sql in statements for row in book.execute(f"explain query plan {sql}", (0, HOSTED_FROM)))
    assert "slips_that_wait" in plan
    assert plan.count("SCAN") == 1
