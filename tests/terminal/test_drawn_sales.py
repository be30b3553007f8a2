"""Sales that draw, in the till's file: what is asked of HQ, what comes of it, and what HQ has said of a member."""

from pathlib import Path

import msgspec
import pytest

from checkout.requests import Sale
from offline_queue.doubts import Doubt
from protocol.bodies import Block, Revoke, Why
from protocol.conversation import NoDraw, NotDrawn
from protocol.members import Share
from terminal.answers import Answer, Outcome, Problem
from terminal.modes import Mode
from terminal.wanting import GoneHome, Want
from tests.chains.company import ALICE
from tests.chains.headquarters import Headquarters, part
from tests.chains.proof import prove
from tests.chains.till import Till, asked, left
from tests.terminal.moves import REAL_TIME, TRANSFER, A, apply, gifts, has, kinds, settle, transfer


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path / "till.db")


@pytest.fixture
def hq() -> Headquarters:
    return Headquarters()


# Draws


def test_a_drawn_sale_is_taken_and_done_in_one_commit(till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "5.00")
    hq.funds.add(A, 700)
    request = till.charge_of(ALICE, "12.00", "sale-0001")
    answer = settle(till, hq.transfer(A, 700, Why.DRAW, "sale-0001"), request)
    assert (answer.outcome, left(answer).principal) == (Outcome.DONE, 0)
    assert kinds(till) == ["transaction", "applied", "transaction"]
    prove(till.store)


def test_a_draw_for_which_nobody_waits_goes_home_at_once(till: Till, hq: Headquarters) -> None:
    hq.funds.add(A, 700)
    assert apply(till, hq.transfer(A, 700, Why.DRAW, "sale-0001")) is None
    assert (has(till), kinds(till)) == (0, ["applied", "given"])
    hq.hear(till.chain())
    assert hq.funds.units(A) == 700
    prove(till.store)


def test_what_a_sale_turns_out_not_to_need_goes_home_with_it(till: Till, hq: Headquarters) -> None:
    """HQ gave less than was missing; what lay here before stays."""
    till.load(ALICE, "5.00")
    hq.funds.add(A, 100)
    answer = settle(till, hq.transfer(A, 100, Why.DRAW, "sale-0001"), till.charge_of(ALICE, "12.00", "sale-0001"))
    assert answer.outcome is Outcome.DECLINED
    assert (has(till), kinds(till)) == (500, ["transaction", "applied", "declined", "given"])
    prove(till.store)


def test_a_sale_that_was_done_under_another_id_sends_its_draw_home(till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "20.00")
    till.charge(ALICE, "12.00", pos_ref="pos-1")
    hq.funds.add(A, 1200)
    again = till.charge_of(ALICE, "12.00", "sale-0002", pos_ref="pos-1")
    answer = settle(till, hq.transfer(A, 1200, Why.DRAW, "sale-0002"), again)
    assert answer.replayed
    assert (has(till), len(gifts(till))) == (800, 1)
    prove(till.store)


def test_a_draw_that_was_applied_before_brings_nothing_twice(till: Till, hq: Headquarters) -> None:
    """The till was killed while its sale waited, the transfer went home, and the sale is asked for again."""
    hq.funds.add(A, 700)
    given = hq.transfer(A, 700, Why.DRAW, "sale-0001")
    apply(till, given)
    request = till.charge_of(ALICE, "7.00", "sale-0001")
    assert isinstance(till.store.settle(given, asked(request, till.moment())), GoneHome)
    assert till.store.find("sale-0001") is None
    assert (has(till), len(gifts(till))) == (0, 1)
    prove(till.store)


def test_a_transfer_that_is_refused_decides_no_sale(till: Till, hq: Headquarters) -> None:
    given = hq.order(msgspec.structs.replace(transfer(part(-5)), why=Why.DRAW, operation_id="sale-0001"))
    request = asked(till.charge_of(ALICE, "7.00", "sale-0001"), till.moment())
    assert till.store.settle(given, request) is Doubt.TRANSFER_REFUSED
    assert till.store.find("sale-0001") is None
    assert kinds(till) == []


def wants(till: Till, request: Sale, mode: Mode) -> Want | None:
    before = till.chain()
    outcome = till.store.perform_or_want(asked(request, till.moment()), mode)
    if isinstance(outcome, Want):
        assert till.chain() == before
        assert till.store.find(request.operation_id) is None
        return outcome
    assert isinstance(outcome, Answer)
    return None


def test_only_what_is_missing_is_drawn_or_all_of_it_in_real_time(till: Till) -> None:
    till.load(ALICE, "5.00")
    assert wants(till, till.charge_of(ALICE, "12.00"), TRANSFER) == (ALICE.account, "money", 700, 700)
    assert wants(till, till.charge_of(ALICE, "12.00"), REAL_TIME) == (ALICE.account, "money", 1200, 700)
    assert wants(till, till.charge_of(ALICE, "1.00"), REAL_TIME) == (ALICE.account, "money", 100, 0)
    assert wants(till, till.charge_of(ALICE, "1.00"), TRANSFER) is None
    assert till.balance(ALICE).principal == 400


@pytest.mark.parametrize("mode", [TRANSFER, REAL_TIME])
def test_what_is_declined_anyway_and_what_is_no_sale_draws_nothing(mode: Mode, till: Till, hq: Headquarters) -> None:
    assert wants(till, till.charge_of(ALICE, "3000.01"), mode) is None
    keyed = msgspec.structs.replace(till.charge_of(ALICE, "1.00").presented, entry="keyed")
    assert wants(till, msgspec.structs.replace(till.charge_of(ALICE, "1.00"), presented=keyed), mode) is None
    assert isinstance(till.store.perform_or_want(asked(till.load_of(ALICE, "5.00"), till.moment()), mode), Answer)
    apply(till, hq.give(Block((ALICE.token,))))
    assert wants(till, till.charge_of(ALICE, "9.00"), mode) is None


def test_what_was_answered_draws_nothing(till: Till) -> None:
    request = till.charge_of(ALICE, "1.00")
    assert isinstance(till.ask(request), Answer)
    assert wants(till, request, REAL_TIME) is None


# What HQ has said of it


def told(till: Till, code: NoDraw, *shares: Share) -> Answer:
    message = NotDrawn("sale-0001", code, shares, till.now_ms - 60_000)
    request = asked(till.charge_of(ALICE, "7.00", "sale-0001"), till.moment())
    answer = till.store.perform(request, message)
    assert isinstance(answer, Answer)
    return answer


def share(place: str, units: int) -> Share:
    return msgspec.convert([place, units, 0, 0], Share)


def test_money_that_lies_elsewhere_is_told_with_its_time(till: Till) -> None:
    answer = told(till, NoDraw.NOT_ENOUGH, share("07-3", 20_000), share("07-2", 5))
    assert (answer.decline, answer.elsewhere) == ("lies_elsewhere", 20_000)
    assert answer.elsewhere_as_of == "2026-11-22T11:59:01+08:00"
    prove(till.store)
    later = till.ask(till.charge_of(ALICE, "9.00"))
    assert isinstance(later, Answer)
    assert (later.decline, later.elsewhere) == ("lies_elsewhere", 20_000)


def test_a_card_that_is_empty_everywhere_is_told_so(till: Till) -> None:
    answer = told(till, NoDraw.NOT_ENOUGH, share("hq", 0))
    assert (answer.decline, answer.elsewhere) == ("not_enough", 0)


@pytest.mark.parametrize("code", [NoDraw.BUSY, NoDraw.FENCED])
def test_an_hq_that_did_not_look_says_nothing_of_the_card(code: NoDraw, till: Till) -> None:
    answer = told(till, code)
    assert (answer.decline, answer.elsewhere, answer.elsewhere_as_of) == ("not_enough_here", None, None)


def test_a_card_that_hq_knows_as_lost_does_not_pay_though_the_list_is_not_here_yet(till: Till) -> None:
    till.load(ALICE, "50.00")
    assert told(till, NoDraw.BLOCKED).decline == "card_blocked"


def test_a_revoked_till_draws_nothing_and_sends_home_what_it_drew(till: Till, hq: Headquarters) -> None:
    hq.funds.add(A, 700)
    apply(till, hq.give(Revoke(0)))
    request = asked(till.charge_of(ALICE, "7.00", "sale-0001"), till.moment())
    assert till.store.perform_or_want(request, REAL_TIME) is Problem.TILL_REVOKED
    assert till.store.settle(hq.transfer(A, 700, Why.DRAW, "sale-0001"), request) is Problem.TILL_REVOKED
    assert (has(till), kinds(till)) == (0, ["applied", "applied", "given"])
    assert till.store.find("sale-0001") is None
    prove(till.store)
