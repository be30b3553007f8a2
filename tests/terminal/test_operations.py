"""Operations: one effect per identity, whoever asks again and however often."""

from pathlib import Path

import msgspec
import pytest

from checkout.requests import Tender
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import fingerprint
from tests.chains.company import ALICE, BOB
from tests.chains.proof import prove
from tests.chains.till import Till, done, left


@pytest.fixture
def till(tmp_path: Path) -> Till:
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "100.00")
    return till


def test_the_same_request_again_gets_the_same_answer_marked_as_replayed(till: Till) -> None:
    request = till.charge_of(ALICE, "12.34")
    first = done(till.ask(request))
    till.charge(ALICE, "1.00")
    for _ in range(3):
        assert till.ask(request) == msgspec.structs.replace(first, replayed=True)
    assert till.store.find(request.operation_id) == first
    assert till.balance(ALICE).principal == 8_666
    assert len(till.chain()) == 4
    prove(till.store)


def test_a_declined_request_stays_declined_even_when_money_has_come_since(till: Till) -> None:
    request = till.charge_of(ALICE, "150.00")
    assert till.ask(request) == till.store.find(request.operation_id)
    till.load(ALICE, "100.00")
    again = till.ask(request)
    assert isinstance(again, Answer)
    assert (again.outcome, again.replayed, left(again).principal) == (Outcome.DECLINED, True, 10_000)
    assert till.balance(ALICE).principal == 20_000


def test_the_same_id_with_other_words_is_a_conflict_and_does_nothing(till: Till) -> None:
    request = till.charge_of(ALICE, "12.34")
    done(till.ask(request))
    before = till.chain()
    for other in (
        till.charge_of(ALICE, "0.01", request.operation_id),
        msgspec.structs.replace(request, presented=till.charge_of(BOB, "1.00").presented),
        msgspec.structs.replace(request, pos_ref="20261122-0815"),
        till.load_of(ALICE, "12.34", request.operation_id),
    ):
        assert till.ask(other) is Problem.OPERATION_CONFLICT
    assert till.chain() == before
    prove(till.store)


def test_a_sale_that_the_pos_sends_under_a_new_id_is_not_paid_twice(till: Till) -> None:
    first = till.charge(ALICE, "12.34", pos_ref="sale-1")
    again = till.ask(till.charge_of(ALICE, "12.34", pos_ref="sale-1"))
    assert again == msgspec.structs.replace(first, replayed=True)
    assert till.balance(ALICE).principal == 8_766


def test_a_sale_number_that_comes_with_another_amount_or_card_is_a_conflict(till: Till) -> None:
    till.load(BOB, "100.00")
    till.charge(ALICE, "12.34", pos_ref="sale-1")
    assert till.ask(till.charge_of(ALICE, "12.35", pos_ref="sale-1")) is Problem.POS_REF_CONFLICT
    assert till.ask(till.charge_of(BOB, "12.34", pos_ref="sale-1")) is Problem.POS_REF_CONFLICT
    prove(till.store)


def test_a_conflict_leaves_its_id_free(till: Till) -> None:
    till.charge(ALICE, "12.34", pos_ref="sale-1")
    request = till.charge_of(ALICE, "12.35", pos_ref="sale-1")
    assert till.ask(request) is Problem.POS_REF_CONFLICT
    assert till.store.find(request.operation_id) is None
    done(till.ask(msgspec.structs.replace(request, pos_ref="sale-2")))


def test_one_sale_may_have_a_load_and_a_charge(till: Till) -> None:
    load, charge = till.load(ALICE, "20.00", pos_ref="sale-1"), till.charge(ALICE, "12.34", pos_ref="sale-1")
    assert till.store.of_sale("sale-1") == [load, charge]


def test_a_decline_leaves_the_sale_number_free(till: Till) -> None:
    declined = till.ask(till.charge_of(ALICE, "150.00", pos_ref="sale-1"))
    till.load(ALICE, "100.00")
    paid = till.charge(ALICE, "150.00", pos_ref="sale-1")
    assert not paid.replayed
    assert till.store.of_sale("sale-1") == [declined, paid]
    prove(till.store)


def test_answers_of_a_sale_are_in_the_order_of_their_records_also_from_ten_on(till: Till) -> None:
    for _ in range(12):
        till.ask(till.charge_of(ALICE, "150.00", pos_ref="sale-1"))
    records = [answer.record for answer in till.store.of_sale("sale-1")]
    assert records == [f"07-2/1/{sequence}" for sequence in range(3, 15)]


def test_who_asks_by_a_new_id_for_a_sale_that_is_paid_finds_it_by_that_id_too(till: Till) -> None:
    """After a time-out a POS asks by the id that it sent; what that says is what happened (docs/local-api.md)."""
    first = till.charge(ALICE, "12.34", pos_ref="sale-1")
    request = till.charge_of(ALICE, "12.34", pos_ref="sale-1")
    till.ask(request)
    found = till.store.find(request.operation_id)
    assert found is not None
    assert found.record == first.record


def test_what_was_never_asked_is_unknown(till: Till) -> None:
    assert till.store.find("operation-99") is None
    assert till.store.of_sale("sale-99") == []


def test_a_fingerprint_is_over_every_word_and_the_kind(till: Till) -> None:
    request = till.load_of(ALICE, "12.34", pos_ref="sale-1")
    changes: list[dict[str, object]] = [
        {},
        {"units": 1235},
        {"tender": Tender.MOBILE},
        {"cashier": "C02"},
        {"pos_ref": None},
        {"operation_id": "operation-x"},
        {"presented": till.load_of(BOB, "1.00").presented},
    ]
    prints = {fingerprint("load", msgspec.structs.replace(request, **change)) for change in changes}
    assert len(prints | {fingerprint("charge", request)}) == len(changes) + 1
