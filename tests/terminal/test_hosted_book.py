"""What a hosted store's till keeps of its place at HQ: the ask, what came of it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from ledger.cards import CardKind
from protocol.bodies import DeclinedBody, TransactionBody
from protocol.conversation import Told
from protocol.records import Record, RecordKind, SignedRecord, encode_body, seal
from terminal.answers import Answer, Problem
from terminal.originals import Originals
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.proof import prove
from tests.terminal.hosted_pair import PLACE_KEY, Pair, declined, done, opened, receipt

X = "operation-x"
Kept = Answer | None


@pytest.fixture
async def told(funded: Pair) -> Told:
    """X was done at HQ, and its answer is under way."""
    funded.keep_back_answers()
    assert await funded.pay(100_00, X, "POS-1") is Problem.OUTCOME_UNKNOWN
    await funded.rest()
    funded.answers.held, funded.answers.holds = [], False
    return funded.last_told()


async def test_what_is_told_is_kept_once(funded: Pair, told: Told) -> None:
    first = await _tell(funded, told)
    assert first is not None
    assert not first.replayed
    kinds = funded.shop.kinds()
    again = await _tell(funded, told)
    assert again == msgspec.structs.replace(first, replayed=True)
    assert funded.shop.kinds() == kinds
    assert kinds[-1] == "told"


@pytest.mark.parametrize("by", ["operation", "pos number"])
async def test_who_asks_while_it_is_told_is_never_told_that_it_was_not_done(
    funded: Pair, told: Told, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """HQ's word comes behind each look that is taken into the book."""
    inquiries, do = funded.shop.till.inquiries, funded.shop.store.do

    async def look_and_hear(*what: Any) -> Any:  # noqa: ANN401 - whatever the book is asked for
        seen = await do(*what)
        await do(lambda store: store.hosted.tell(X, signed(told), funded.shop.till.moment(), funded.shop.till.hq))
        return seen

    monkeypatch.setattr(funded.shop.store, "do", look_and_hear)
    found = await (inquiries.operation(X) if by == "operation" else inquiries.by_pos_ref("POS-1"))
    assert found is Problem.OUTCOME_UNKNOWN
    again = await (inquiries.operation(X) if by == "operation" else inquiries.by_pos_ref("POS-1"))
    assert done(again[0] if isinstance(again, list) else again).operation_id == X


def signed(told: Told) -> SignedRecord:
    assert told.told is not None
    return told.told


async def test_what_is_told_of_nothing_that_was_asked_is_not_kept(funded: Pair, told: Told) -> None:
    assert await _tell(funded, msgspec.structs.replace(told, operation_id="operation-y")) is None
    assert funded.shop.book.find("operation-y") is None
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN


async def test_what_another_operation_came_to_is_not_what_came_of_this_one(funded: Pair, told: Told) -> None:
    await _refused(funded, told, body={"operation_id": "operation-y"}, pos_ref="POS-2")
    await _refused(funded, told, body={"operation_id": "operation-y"}, pos_ref=None)


async def test_under_the_pos_number_it_may_be_what_came_of_an_earlier_try(funded: Pair, told: Told) -> None:
    answer = await _tell(funded, _forged(told, body={"operation_id": "operation-y"}))
    assert answer is not None
    assert (answer.operation_id, answer.receipt_number) == ("operation-y", "07-2@hq-000002")


async def test_a_no_to_an_earlier_try_is_none_to_this_one(funded: Pair, told: Told) -> None:
    """It had left the POS's number free."""
    record = _record(told)
    no = DeclinedBody("sale", "operation-y", ALICE.account, 1, "swiped", "", "POS-1", "blocked", (), "", "")
    said = msgspec.structs.replace(record, kind=RecordKind.DECLINED, body=encode_body(no))
    assert await _tell(funded, _said(told, said)) is None
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN


async def test_what_is_told_by_another_keeper_or_of_another_kind_is_not_kept(funded: Pair, told: Told) -> None:
    await _refused(funded, told, keeper="07-3@hq")
    await _refused(funded, told, keeper="07-2")
    await _refused(funded, told, body={"kind": "load"})
    await _refused(funded, told, kind=RecordKind.GIVEN)
    await _refused(funded, told, kind=RecordKind.DECLINED)


async def test_what_cant_be_read_is_not_kept(funded: Pair, told: Told) -> None:
    assert told.told is not None
    assert await _tell(funded, msgspec.structs.replace(told, told=SignedRecord(b"\xc1", told.told.signature))) is None
    await _refused(funded, told, version=2)


async def test_a_record_of_each_ask_and_each_answer_and_no_gap_in_the_tills_own_numbers(funded: Pair) -> None:
    await funded.run_as("transfer")
    assert receipt(await funded.load(100_00)) == "07-2-000001"
    await funded.run_as("hosted")
    assert receipt(await funded.pay(50_00)) == "07-2@hq-000002"
    await funded.run_as("transfer")
    assert receipt(await funded.load(100_00)) == "07-2-000002"
    await funded.run_as("hosted")
    assert receipt(await funded.load(100_00)) == "07-2@hq-000003"
    funded.asks.is_up = False
    assert receipt(await funded.load(100_00)) == "07-2-000003"


async def test_a_slip_is_undone_by_whoever_made_it(funded: Pair) -> None:
    hosted = receipt(await funded.pay(100_00))
    await funded.run_as("transfer")
    own = receipt(await funded.load(100_00))
    assert receipt(await funded.refund(hosted, 30_00)) == "07-2@hq-000003", "HQ, whatever the store is run as now"
    await funded.run_as("hosted")
    assert receipt(await funded.void(own)) == "07-2-000002"
    assert funded.shop.has(ALICE) == 0
    funded.asks.is_up = False
    assert await funded.refund(hosted, 30_00) is Problem.HQ_NOT_REACHED
    await funded.run_as("transfer")
    assert await funded.refund(hosted, 30_00) is Problem.HQ_NOT_REACHED
    originals: Originals = funded.shop.book._originals
    assert originals.find(hosted) is None, "this book has nothing that it could give back"
    assert originals.look(hosted) is not None


async def test_what_is_left_of_a_slip_of_hqs_is_known_here(funded: Pair) -> None:
    sold = receipt(await funded.pay(100_00))
    assert await _left(funded, sold) == (100_00, 100_00, True)
    part = receipt(await funded.refund(sold, 30_00))
    assert await _left(funded, sold) == (100_00, 70_00, False)
    assert declined(await funded.refund(sold, 70_01)) == "more_than_left"
    assert declined(await funded.void(sold)) == "already_undone"
    done(await funded.refund(sold, 70_00))
    assert await _left(funded, sold) == (100_00, 0, False)
    assert await funded.shop.store.do(lambda store: store.undoable.look(part)) is None
    assert declined(await funded.refund(sold, 1)) == "more_than_left"


async def test_the_same_under_a_pos_number_after_it_was_told_late(funded: Pair) -> None:
    sold = receipt(await funded.pay(100_00))
    funded.keep_back_answers()
    assert await funded.refund(sold, 30_00, X, "POS-9") is Problem.OUTCOME_UNKNOWN
    assert await _left(funded, sold) == (100_00, 100_00, True), "as far as is known"
    assert await funded.refund(sold, 30_00, "operation-y", "POS-9") is Problem.OUTCOME_UNKNOWN
    funded.answers.let_go()
    await funded.rest()
    assert await _left(funded, sold) == (100_00, 70_00, False)
    assert done(await funded.refund(sold, 30_00, "operation-y", "POS-9")).replayed


async def test_the_answers_of_a_sale_stand_in_the_order_in_which_they_became_known_here(funded: Pair) -> None:
    """Their records are of two chains, and the numbers of one say nothing of the other's."""
    await funded.run_as("transfer")
    for _ in range(4):
        done(await funded.load(100_00))
    assert declined(await funded.pay(900_00, "operation-1", "POS-7")) == "not_enough_here"
    await funded.run_as("hosted")
    assert declined(await funded.pay(900_00, "operation-2", "POS-7")) == "not_enough_here"
    assert done(await funded.load(100_00, "POS-7", "operation-3")).record == "07-2@hq/1/5"
    await funded.run_as("transfer")
    assert declined(await funded.pay(900_00, "operation-4", "POS-7")) == "not_enough_here"
    found = await funded.shop.till.inquiries.by_pos_ref("POS-7")
    assert isinstance(found, list)
    assert [one.operation_id for one in found] == [f"operation-{number}" for number in (1, 2, 3, 4)]


async def test_a_members_movements_are_those_of_both_books_the_latest_first(funded: Pair) -> None:
    names = [receipt(await funded.pay(1_00)) for _ in range(10)]
    await funded.run_as("transfer")
    names += [receipt(await funded.load(100_00)) for _ in range(2)]
    seen = await funded.shop.store.do(lambda store: store.movements(ALICE.account))
    assert [one.receipt_number for one in seen] == names[:-11:-1]


async def test_a_day_closes_while_something_is_open(funded: Pair, told: Told) -> None:
    funded.next_day()
    closed = await funded.shop.till.close_day()
    assert not isinstance(closed, Problem)
    answer = await _tell(funded, told)
    assert answer is not None
    assert (answer.business_date, funded.shop.dates()[-1]) == ("2026-11-22", "2026-11-23")
    assert await _left(funded, "07-2@hq-000002") == (100_00, 100_00, False), "its day is over"


@pytest.mark.parametrize("change", ["told = null", "told = 9", "sequence = 1", "kind = 'load'"])
async def test_an_ask_that_is_settled_is_fixed(funded: Pair, change: str) -> None:
    _abort(funded, f"update asks set {change}")  # noqa: S608 - our own words


@pytest.mark.parametrize(
    "change",
    [
        "told = null",
        "told = 9, sequence = 1",
        "told = 9, kind = 'load'",
        "told = 9, pos_ref = null",
        "told = 9, pos_ref = 'POS-2'",
        "told = 9, content = x'00'",
        "told = 9, fingerprint = x'00'",
        "told = 9, operation_id = 'operation-y'",
    ],
)
async def test_an_ask_that_is_open_is_told_of_and_nothing_else(funded: Pair, told: Told, change: str) -> None:
    assert told.operation_id == X
    _abort(funded, f"update asks set {change} where told is null")  # noqa: S608 - our own words


async def test_nothing_is_taken_out_of_the_tables(funded: Pair) -> None:
    _abort(funded, "delete from asks")
    _abort(funded, "delete from hosted_slips")
    _abort(funded, "update hosted_slips set receipt_number = 'x'")
    _abort(funded, "insert into hosted_slips values ('x', 7, null, null, null)")


async def test_a_card_of_a_kind_that_hq_does_not_know_is_declined_there(tmp_path: Path) -> None:
    """Whatever is asked comes to an end, in words of which only the frame is understood."""
    funded = Pair(tmp_path)
    kinds = tuple(msgspec.structs.replace(kind, name="later") if _is_members(kind) else kind for kind in _kinds())
    funded.place.programme = msgspec.structs.replace(POINTS_TOO, card_kinds=kinds)
    async with opened(funded):
        assert declined(await funded.load(100_00, "POS-1", X)) == "cancelled"
        assert declined(await funded.pay(10_00)) == "cancelled"
        assert [one.operation_id for one in funded.shop.book.hosted.open()] == []
        body = _bodies(funded, DeclinedBody)[0]
        assert (body.account, body.units, body.pos_ref) == (ALICE.account, 100_00, "POS-1")
        assert body.reasons[-1].rule == "not_understood"
        prove(funded.place.book)


def _is_members(kind: CardKind) -> bool:
    return kind.name == "member"


def _kinds() -> tuple[CardKind, ...]:
    return POINTS_TOO.card_kinds


def _bodies(funded: Pair, body: type[DeclinedBody]) -> list[DeclinedBody]:
    records = [signed.open() for signed in funded.place.book.records()]
    return [one.body_as(body) for one in records if one.kind is RecordKind.DECLINED]


async def _tell(funded: Pair, told: Told) -> Kept:
    signed, till = told.told, funded.shop.till
    assert signed is not None
    return await funded.shop.store.do(
        lambda store: store.hosted.tell(told.operation_id, signed, till.moment(), till.hq)
    )


async def _left(funded: Pair, name: str) -> tuple[int, int, bool]:
    found = await funded.shop.store.do(lambda store: store.undoable.look(name))
    assert found is not None
    return found.total, found.left, found.voidable


def _record(told: Told) -> Record:
    assert told.told is not None
    return told.told.open()


def _said(told: Told, record: Record) -> Told:
    return msgspec.structs.replace(told, told=seal(record, PLACE_KEY.sign))


def _forged(told: Told, *, body: dict[str, object], pos_ref: str | None = "POS-1", **record: object) -> Told:
    was = _record(told)
    done_so = was.body_as(TransactionBody)
    slip = msgspec.structs.replace(done_so.slip, pos_ref=pos_ref)
    said = msgspec.structs.replace(done_so, slip=slip, **body)
    return _said(told, msgspec.structs.replace(was, body=encode_body(said), **record))


async def _refused(
    funded: Pair,
    told: Told,
    *,
    body: dict[str, object] | None = None,
    pos_ref: str | None = "POS-1",
    **record: object,
) -> None:
    kinds = funded.shop.kinds()
    assert await _tell(funded, _forged(told, body=body or {}, pos_ref=pos_ref, **record)) is None
    assert await funded.inquire(X) is Problem.OUTCOME_UNKNOWN
    assert funded.shop.kinds() == kinds


def _abort(funded: Pair, sql: str) -> None:
    with pytest.raises(apsw.ConstraintError):
        funded.shop.book._connection.execute(sql)
