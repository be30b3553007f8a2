"""What stories of draws have in common: tills that are patient or not, an HQ that says nothing, who has asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from protocol.bodies import TransferPart
from protocol.conversation import Draw
from protocol.records import RecordKind
from terminal.answers import Answer, Outcome, Problem
from terminal.bodies import ChargeBody
from tests.chains.company import ALICE
from tests.chains.proof import prove
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, Ways, soon

A = ALICE.account
BRIEFLY_S = 0.1
"""A draw's time-out where HQ is not to answer in time."""
STEADY = Ways()
"""The line is not given up, and neither is a draw."""
HASTY = replace(STEADY, draw_timeout_s=BRIEFLY_S)
REAL_TIME = replace(STEADY, mode="real_time")


async def proved(till: TillOnLine) -> None:
    """Chain, book, answers and slips agree."""
    await till.store.do(prove)


async def silence(_draw: Draw) -> None:
    """HQ hears it, and says nothing."""


async def came(hq: StandInHq, draws: int) -> None:
    await soon(lambda: len(hq.draws) == draws)


def waits(till: TillOnLine, timeout_s: float) -> None:
    """From now on a sale waits so long for HQ."""
    till.till.drawing._timeout_s = timeout_s


async def kinds(till: TillOnLine) -> list[RecordKind]:
    return [signed.open().kind for signed in await till.chain()]


async def asked(till: TillOnLine, body: ChargeBody) -> asyncio.Task[Answer | Problem]:
    """Somebody has asked, and waits."""
    asking = asyncio.create_task(till.till.charge(body))
    await soon(lambda: asking.done() or body.operation_id in till.till._under_way._tasks)
    return asking


def is_done(answer: Answer | Problem) -> bool:
    return isinstance(answer, Answer) and answer.outcome is Outcome.DONE


def part(units: int) -> TransferPart:
    return TransferPart("principal", "07-9/1/77", "07", "2026-11-01", None, units)
