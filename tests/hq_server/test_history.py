"""A till asks what has moved of a member: HQ tells it, and no till's odd record breaks another's line."""

import msgspec

from ledger.ids import LotId
from protocol.bodies import TransactionBody
from protocol.conversation import History, Movements
from protocol.records import RecordKind
from tests.hq_server.forger import ALICE, FACTS, Keeper, held, spent, traded
from tests.hq_server.people import account_of, calling, hear
from tests.hq_server.serving import Serving


async def told(hq: Serving, keeper: Keeper) -> Movements:
    async with calling(hq, keeper) as caller:
        answer = await hear(await caller.say(History(ALICE)), Movements)
        assert isinstance(answer, Movements)
        assert answer.account == ALICE
        return answer


async def posted(hq: Serving, keeper: Keeper) -> None:
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(len(keeper.chain))


async def test_a_till_is_told_what_another_one_has_done(hq: Serving) -> None:
    await posted(hq, keeper := traded())
    answer = await told(hq, keeper)
    assert [(one.place, one.kind, one.receipt_number) for one in answer.movements] == [
        ("07-2", "load", f"07-2-{number:06}") for number in (5, 4, 3, 2, 1)
    ]
    async with calling(hq, keeper) as caller:
        nobody = await hear(await caller.say(History(account_of(3))), Movements)
        assert nobody.movements == ()


async def test_a_record_whose_slip_says_what_no_message_can_is_left_out(hq: Serving) -> None:
    """Its till has signed it, HQ has posted it; whoever asks hears the others, and stays on the line."""
    keeper = traded()
    lot = LotId("07-2/1/6")
    for number, odd in enumerate(({"amount": -1}, {"points_in": 2**63}, {"points_out": -5})):
        body = TransactionBody(
            kind="sale",
            operation_id=f"operation-odd-{number}",
            account=ALICE,
            receipt_number=f"07-2-{keeper.receipts + number + 1:06}",
            legs=(held(ALICE, lot, -1), spent(ALICE, lot, 1)),
            opens=(),
            slip=msgspec.structs.replace(FACTS, **odd),
            reasons=(),
            programme="2026-11",
            software="0.1.0",
        )
        keeper.write(RecordKind.TRANSACTION, body)
    await posted(hq, keeper)
    assert len((await told(hq, keeper)).movements) == 5
