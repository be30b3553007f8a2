"""The floor limit on the line: everybody who may have value is asked first, and only a no or silence lets goods go."""

from dataclasses import replace
from pathlib import Path

import msgspec

from checkout.requests import Sale
from checkout.sale import sale as use_case
from ledger.ids import OperationId
from loyalty.programme import FloorLimit
from protocol.conversation import Draw, NoDraw, NotDrawn
from terminal.answers import Answer, Outcome
from terminal.asking import Asked, fingerprint
from terminal.bodies import ChargeBody
from tests.chains.company import ALICE, PROGRAMME, swiped
from tests.chains.till import NO_HQ, moment
from tests.terminal.draws import HASTY, A, is_done, proved, silence
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, Ways, opened_till

FLOOR = FloorLimit(("transfer", "real_time"), sale_units=300_00, card_day_units=500_00, till_day_units=800_00)
RULES = msgspec.structs.replace(PROGRAMME, floor_limit=FLOOR)
STEADY, IMPATIENT = Ways(programme=RULES), replace(HASTY, programme=RULES)


async def charge(till: TillOnLine, amount: int, agreed: int = 0) -> Answer:
    body = await till.sale(amount)
    answer = await till.till.charge(msgspec.structs.replace(body, floor_limit=agreed) if agreed else body)
    assert isinstance(answer, Answer), answer
    return answer


async def test_whoever_has_agreed_is_still_asked_for_at_hq_first(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, STEADY) as till:
        await till.all_arrived()
        hq.funds.add(A, 100_00)
        answer = await charge(till, 100_00, agreed=100_00)
        assert is_done(answer)
        assert [part.tender for part in answer.paid] == ["stored_value"]
        assert len(hq.draws) == 1
        await proved(till)


async def test_silence_lets_goods_go_and_the_late_value_goes_home(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, IMPATIENT) as till:
        await till.all_arrived()
        hq.on_draw = silence
        declined = await charge(till, 100_00)
        assert (declined.decline, declined.floor_limit) == ("not_enough_here", 100_00)
        assert is_done(await charge(till, 100_00, agreed=100_00))
        assert await till.has() == 0
        await proved(till)


async def test_hq_s_word_that_there_is_less_stops_it(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, STEADY) as till:
        await till.all_arrived()
        for agreed in (0, 100_00):
            answer = await charge(till, 100_00, agreed)
            assert (answer.outcome, answer.floor_limit) == (Outcome.DECLINED, None)
            assert any(one.rule == "floor_limit_elsewhere" for one in answer.reasons)


async def test_a_till_from_which_hq_takes_nothing_lets_nothing_go(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, STEADY) as till:
        await till.all_arrived()

        async def fenced(draw: Draw) -> None:
            await hq.say(NotDrawn(draw.operation_id, NoDraw.FENCED, (), 0))

        hq.on_draw = fenced
        answer = await charge(till, 100_00)
        assert answer.floor_limit is None
        assert answer.reasons[-2].rule == "floor_limit_reported"


def test_a_request_that_agrees_to_nothing_is_the_same_as_before_there_was_anything_to_agree_to() -> None:
    """Its fingerprint and what stands behind a POS's number: a till that is updated in mid-sale knows it again."""
    body = ChargeBody("sale-0001", "p-1", 100_00, "C01", "POS-1")
    words = {"operation_id": "sale-0001", "presentation": "p-1", "amount": 100_00, "cashier": "C01", "pos_ref": "POS-1"}
    assert fingerprint("sale", body) == fingerprint("sale", words)
    sale = Sale.charge(OperationId("sale-0001"), swiped(ALICE), 100_00, "C01", "POS-1")
    asked = Asked(sale, use_case, b"", moment(), NO_HQ)
    agreed = msgspec.structs.replace(asked, request=msgspec.structs.replace(sale, floor_limit=100_00))
    content = {"items": sale.items, "paid": sale.paid}
    assert asked.content == agreed.content == fingerprint("sale", (ALICE.account, content))
