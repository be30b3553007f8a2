"""The last movements of the card on the counter: here at once, and from HQ when it is on the line."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from ledger.ids import Place
from protocol.conversation import AnyMessage, Movements
from protocol.members import Moved
from terminal import hq_questions
from terminal.answers import MovementsView
from tests.chains.company import ALICE, BOB
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.stand_in_members import PeopleAtHq
from tests.terminal.till_on_line import TillOnLine

TWO_O_CLOCK = 1_732_255_500_000
"""2024-11-22T14:05:00+08:00: any clock is later."""
AT_ANOTHER = Moved(Place("08-1"), "08-1-000004", "sale", 12_900, -12_900, 3, 0, "2024-11-22", TWO_O_CLOCK - 60_000)


@pytest.fixture
async def people(hq: StandInHq, till: TillOnLine) -> AsyncIterator[PeopleAtHq]:
    people = PeopleAtHq(hq, TWO_O_CLOCK)
    people.moved[ALICE.account] = (AT_ANOTHER,)
    await till.state("answered")
    yield people
    till.check_running()


async def movements(till: TillOnLine, serial: int = 417) -> MovementsView:
    shown = await till.till.reception.movements(await till.swipe(serial))
    assert shown is not None
    return shown


async def test_hq_tells_what_moved_at_other_tills(till: TillOnLine, people: PeopleAtHq) -> None:
    assert people.answers.is_set()
    await till.load(5_00)
    shown = await movements(till)
    assert [(one.kind, one.amount) for one in shown.here] == [("load", 5_00)]
    assert shown.hq_as_of == "2024-11-22T14:05:00+08:00"
    assert shown.hq is not None
    (told,) = shown.hq
    assert (told.till, told.receipt_number, told.kind, told.amount) == ("08-1", "08-1-000004", "sale", 12_900)
    assert (told.stored_value, told.points_in, told.at) == (-12_900, 3, "2024-11-22T14:04:00+08:00")
    assert (await movements(till, 418)).hq == ()


async def test_without_a_line_there_is_what_is_known_here(till: TillOnLine, hq: StandInHq, people: PeopleAtHq) -> None:
    await till.load(5_00)
    people.answers.clear()
    await hq.close()
    await till.state("not_reached")
    shown = await movements(till)
    assert (len(shown.here), shown.hq, shown.hq_as_of) == (1, None, None)


async def test_nobody_waits_for_long_for_an_hq_that_says_nothing(
    till: TillOnLine, people: PeopleAtHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hq_questions, "HISTORY_WAIT_S", 0.05)
    people.answers.clear()
    assert (await movements(till)).hq is None
    people.answers.set()
    monkeypatch.setattr(hq_questions, "HISTORY_WAIT_S", 20)
    assert (await movements(till)).hq is not None


async def test_what_nobody_asked_is_not_taken_and_the_line_stays(till: TillOnLine, people: PeopleAtHq) -> None:
    def lie(truth: AnyMessage) -> tuple[AnyMessage, ...]:
        if not isinstance(truth, Movements):
            return (truth,)
        return Movements(BOB.account, (), truth.at_ms), truth, Movements(truth.account, (), truth.at_ms)

    people.lie = lie
    shown = await movements(till)
    assert shown.hq is not None
    assert shown.hq[0].receipt_number == "08-1-000004"
    people.lie = lambda truth: (truth,)
    assert (await movements(till, 418)).hq == ()


async def test_a_time_that_is_to_come_is_not_shown(till: TillOnLine, people: PeopleAtHq) -> None:
    people.at_ms = 2**62
    people.moved[ALICE.account] = (msgspec.structs.replace(AT_ANOTHER, at_ms=2**62),)
    shown = await movements(till)
    assert shown.hq is not None
    assert shown.hq_as_of is not None
    assert max(shown.hq_as_of, shown.hq[0].at) < "2100"


async def test_many_who_ask_at_once_are_all_told(till: TillOnLine, people: PeopleAtHq) -> None:
    assert people.answers.is_set()
    name = await till.swipe()
    shown = await asyncio.gather(*(till.till.reception.movements(name) for _ in range(40)))
    assert all(one is not None and one.hq is not None and len(one.hq) == 1 for one in shown)
