"""Goods come back where nobody is reached who may refund: a numbered promise, kept once when the right comes."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from ledger.ids import RecordRef
from protocol.bodies import TransactionBody
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import RecordKind
from terminal.answers import Answer, Outcome, Problem
from terminal.slip_job import SlipState
from tests.chains.company import ALICE, units
from tests.chains.till import Till, asked, done
from tests.terminal.test_rights import TwoTills, has

NOT_REACHED = NotDrawn("operation-x", NoDraw.NOT_REACHED, (), 1)
UNKNOWN = NotDrawn("operation-x", NoDraw.UNKNOWN, (), 1)


@pytest.fixture
def tills(tmp_path: Path) -> TwoTills:
    return TwoTills(tmp_path)


def ask(tills: TwoTills, amount: str, told: NotDrawn | None = None, pos_ref: str | None = None) -> Answer:
    """At the till that has not sold it."""
    till = tills.other
    request = replace(till.refund_of(tills.slip, units(amount), pos_ref), may_promise=True)
    answer = till.store.perform(asked(request, till.moment()), told)
    assert isinstance(answer, Answer), answer
    return answer


def promised(tills: TwoTills, amount: str, pos_ref: str | None = None) -> Answer:
    answer = ask(tills, amount, pos_ref=pos_ref)
    assert answer.outcome is Outcome.PROMISED, answer
    return answer


def take_back(till: Till, promise: Answer) -> Answer:
    assert promise.receipt_number is not None
    answer = till.ask(till.void_of(promise.receipt_number))
    assert isinstance(answer, Answer), answer
    return answer


def last_body(till: Till) -> TransactionBody:
    return till.chain()[-1].open().body_as(TransactionBody)


def test_a_promise_moves_nothing_and_has_a_number_and_a_slip(tills: TwoTills) -> None:
    answer = promised(tills, "60.00")
    assert (answer.kind, answer.receipt_number, answer.original) == ("promise", "12-1-000001", tills.slip)
    assert (answer.amount, answer.balance, answer.card) == (60_00, None, "")
    assert last_body(tills.other).legs == ()
    assert [job.state for job in tills.other.store.slips_waiting()] == [SlipState.CREATED]
    [one] = tills.other.store.undoable.open_promises()
    assert (one.receipt_number, one.original, one.amount) == ("12-1-000001", tills.slip, 60_00)
    assert tills.other.store.find(answer.operation_id) == answer
    tills.prove()


def test_it_is_kept_once_when_the_right_comes_and_the_slip_says_so(tills: TwoTills) -> None:
    promise = promised(tills, "60.00", pos_ref="pos-1")
    tills.move(tills.seller, tills.other)
    assert has(tills.other) == {"07-2/1/2": 60_00}
    body = last_body(tills.other)
    assert body.undone is not None
    assert (body.kind, body.operation_id) == ("refund", f"kept/{promise.record}")
    assert (body.undone.promise, body.undone.units, body.slip.promise) == (promise.record, 60_00, "12-1-000001")
    assert tills.other.store.undoable.open_promises() == []
    assert len(tills.other.store.slips_waiting()) == 2, "a slip of the refund comes out by itself"
    kinds = [(one.kind, one.outcome) for one in tills.other.store.of_sale("pos-1")]
    assert kinds == [("promise", Outcome.PROMISED), ("refund", Outcome.DONE)]
    tills.move(tills.other, tills.seller)
    tills.move(tills.seller, tills.other)
    assert has(tills.other) == {"07-2/1/2": 60_00}, "it is kept once, however often the right comes"
    assert take_back(tills.other, promise).decline == "already_undone"
    tills.prove()


def test_of_what_is_left_by_then_and_in_their_order(tills: TwoTills) -> None:
    first, second, third = (promised(tills, amount) for amount in ("60.00", "30.00", "20.00"))
    tills.refund(tills.seller, "25.00")
    tills.move(tills.seller, tills.other)
    assert has(tills.other) == {"07-2/1/2": 75_00}
    by_promise = {
        body.undone.promise: body.undone.units
        for record in (one.open() for one in tills.other.chain())
        if record.kind == "transaction" and (body := record.body_as(TransactionBody)).undone is not None
    }
    assert by_promise == {first.record: 60_00, second.record: 15_00}
    assert RecordKind.DECLINED not in {one.open().kind for one in tills.other.chain()}, "nobody was told no"
    [one] = tills.other.store.undoable.open_promises()
    assert one.receipt_number == third.receipt_number, "nothing is left for it: a person takes it back"
    assert take_back(tills.other, third).outcome is Outcome.DONE
    assert tills.other.store.undoable.open_promises() == []
    tills.prove()


def test_a_promise_that_was_taken_back_is_not_kept(tills: TwoTills) -> None:
    promise = promised(tills, "60.00")
    tills.other.close_day()
    back = take_back(tills.other, promise)
    assert (back.outcome, back.kind, back.original, back.balance) == (Outcome.DONE, "void", "12-1-000001", None)
    assert take_back(tills.other, promise).decline == "already_undone"
    tills.move(tills.seller, tills.other)
    assert has(tills.other) == {}
    tills.prove()


def test_who_has_the_right_refunds_and_promises_nothing(tills: TwoTills) -> None:
    tills.move(tills.seller, tills.other)
    assert ask(tills, "60.00").outcome is Outcome.DONE
    assert ask(tills, "41.00").decline == "more_than_left"


@pytest.mark.parametrize(
    ("units", "told", "decline"), [(60_00, UNKNOWN, "original_unknown"), (0, NOT_REACHED, "not_chargeable")]
)
def test_what_nobody_could_keep_is_not_promised(tills: TwoTills, units: int, told: NotDrawn, decline: str) -> None:
    request = replace(tills.other.refund_of(tills.slip, units), may_promise=True)
    answer = tills.other.store.perform(asked(request, tills.other.moment()), told)
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.decline) == (Outcome.DECLINED, decline)
    assert tills.other.store.undoable.open_promises() == []


def test_nobody_promises_unasked_and_the_cashier_is_told_that_it_could_be(tills: TwoTills) -> None:
    answer = tills.other.store.perform(
        asked(tills.other.refund_of(tills.slip, 60_00), tills.other.moment()), NOT_REACHED
    )
    assert isinstance(answer, Answer)
    assert (answer.decline, answer.can_promise) == ("right_elsewhere", True)


def test_the_same_again_is_promised_once_under_its_id_and_under_the_pos_s_number(tills: TwoTills) -> None:
    request = replace(tills.other.refund_of(tills.slip, 60_00, "pos-1"), may_promise=True)
    answers = [tills.other.store.perform(asked(request, tills.other.moment())) for _ in range(2)]
    assert [isinstance(one, Answer) and one.replayed for one in answers] == [False, True]
    other = replace(request, operation_id=f"{request.operation_id}-2", may_promise=False)
    again = tills.other.store.perform(asked(other, tills.other.moment()))
    assert isinstance(again, Answer)
    assert (again.outcome, again.replayed) == (Outcome.PROMISED, True)
    changed = replace(other, operation_id=f"{request.operation_id}-3", units=50_00)
    assert tills.other.store.perform(asked(changed, tills.other.moment())) is Problem.POS_REF_CONFLICT


def test_a_promise_is_no_sale_that_can_be_refunded(tills: TwoTills) -> None:
    promise = promised(tills, "60.00")
    assert promise.receipt_number is not None
    answer = done_nothing(tills.other, promise.receipt_number)
    assert answer.decline == "original_unknown"


def done_nothing(till: Till, slip: str) -> Answer:
    answer = till.ask(replace(till.refund_of(slip, 10_00), may_promise=True))
    assert isinstance(answer, Answer)
    assert answer.outcome is Outcome.DECLINED
    return answer


def test_a_start_finds_what_is_promised(tills: TwoTills) -> None:
    promise = promised(tills, "60.00")
    tills.other.restart()
    assert tills.other.store.find(promise.operation_id) == promise
    tills.move(tills.seller, tills.other)
    assert has(tills.other) == {"07-2/1/2": 60_00}


@pytest.mark.parametrize(
    "change",
    [
        "update promises set settled = '12-1/1/99'",
        "update promises set settled = null",
        "update promises set units = 1",
        "delete from promises",
    ],
)
def test_the_book_settles_a_promise_once_and_forgets_none(tills: TwoTills, change: str) -> None:
    promised(tills, "60.00")
    tills.move(tills.seller, tills.other)
    with pytest.raises(apsw.ConstraintError):
        tills.other.store._connection.execute(change)


def test_a_card_that_was_loaded_meanwhile_has_both(tills: TwoTills) -> None:
    promise = promised(tills, "60.00")
    done(tills.other.ask(tills.other.load_of(ALICE, "100.00")))
    tills.move(tills.seller, tills.other)
    assert sum(has(tills.other).values()) == 160_00
    ref = RecordRef.parse(promise.record)
    assert ref is not None
    kept = tills.other.store.find(ref.kept)
    assert kept is not None
    assert (kept.kind, kept.promise, kept.amount) == ("refund", "12-1-000001", 60_00)
