"""Promised refunds in HQ's book: it brings the right to each in turn, and says for what the others wait."""

from __future__ import annotations

import pytest

from hq_server.views import Stands
from ledger.ids import LotId
from protocol.records import SignedRecord
from protocol.rights import Entrust, GiveRight
from tests.hq_server.forger import ALICE, Keeper, held, spent
from tests.hq_server.three_tills import LOT, RISK, Chain, entrust_in

SLIP = "07-2-000002"


@pytest.fixture
def chain() -> Chain:
    return Chain()


def promise(chain: Chain, till: Keeper, units: int, slip: str = SLIP) -> SignedRecord:
    promised = till.promise(slip, units)
    chain.receive()
    return promised


def stands(chain: Chain) -> dict[str, tuple[Stands, str | None]]:
    listed = chain.hq.store.within(chain.hq.store.promises.all)
    assert listed.total == len(listed.lines)
    return {one.keeper: (one.stands, one.holder) for one in listed.lines}


def entrusted(chain: Chain, till: Keeper) -> list[Entrust]:
    return [one for one in chain.hq.orders(till) if isinstance(one, Entrust)]


def called(chain: Chain, till: Keeper) -> int:
    return sum(isinstance(one, GiveRight) for one in chain.hq.orders(till))


def give(chain: Chain, till: Keeper, *undone: SignedRecord, moves: int = 1) -> None:
    """It has carried out HQ's order."""
    till.apply(chain.hq.directives(till)[-1])
    till.give_right(chain.sale, *undone, moves=moves)
    chain.receive()


def test_hq_calls_the_right_home_and_entrusts_it_under_the_promise_s_own_name(chain: Chain) -> None:
    promised = promise(chain, chain.here, 60)
    assert stands(chain) == {"12-1": (Stands.WITH_HOLDER, "07-2")}
    assert called(chain, chain.maker) == 1
    give(chain, chain.maker)
    assert stands(chain) == {"12-1": (Stands.ON_ITS_WAY, "12-1")}
    [order] = entrusted(chain, chain.here)
    assert order.operation_id == "promise-2"
    chain.here.apply(chain.hq.directives(chain.here)[-1])
    chain.here.keep(promised, chain.sale, 60)
    chain.receive()
    assert stands(chain) == {}
    assert chain.reasons() == []
    chain.hq.assert_conserved()


def test_a_right_that_lies_at_hq_goes_out_with_the_posting(chain: Chain) -> None:
    given = chain.maker.give_right(chain.sale)
    chain.receive()
    promise(chain, chain.here, 60)
    assert [one.given for one in entrusted(chain, chain.here)] == [given]
    assert called(chain, chain.maker) == 0


def test_of_two_promises_the_second_is_served_when_the_first_is_kept_or_taken_back(chain: Chain) -> None:
    first = promise(chain, chain.here, 60)
    promise(chain, chain.there, 50)
    give(chain, chain.maker)
    assert (len(entrusted(chain, chain.here)), len(entrusted(chain, chain.there))) == (1, 0)
    chain.here.apply(chain.hq.directives(chain.here)[-1])
    kept = chain.here.keep(first, chain.sale, 60)
    chain.receive()
    assert called(chain, chain.here) == 1
    give(chain, chain.here, kept, moves=2)
    assert stands(chain) == {"12-2": (Stands.ON_ITS_WAY, "12-2")}
    assert entrust_in(chain.hq.directives(chain.there)[-1]).given == chain.here.chain[-1]


def test_what_was_taken_back_is_not_served_and_lets_the_next_have_it(chain: Chain) -> None:
    first = promise(chain, chain.here, 60)
    promise(chain, chain.there, 50)
    chain.here.take_back(first)
    chain.receive()
    give(chain, chain.maker)
    assert entrusted(chain, chain.here) == []
    assert stands(chain) == {"12-2": (Stands.ON_ITS_WAY, "12-2")}


@pytest.mark.parametrize("operation", ["operation-1", "operation-9"])
def test_the_right_is_brought_though_the_same_request_had_it_before(chain: Chain, operation: str) -> None:
    chain.maker.give_right(chain.sale)
    chain.receive()
    chain.here.apply(chain.fetched(chain.here, "operation-1"))
    chain.here.give_right(chain.sale, moves=2)
    chain.receive()
    chain.there.apply(chain.fetched(chain.there))
    chain.here.promise(SLIP, 40, operation)
    chain.receive()
    last = chain.there.give_right(chain.sale, moves=3)
    chain.receive()
    assert [one.given for one in entrusted(chain, chain.here)][1:] == [last]


def test_a_sale_that_is_reported_later_is_looked_for_then(chain: Chain) -> None:
    promise(chain, chain.here, 60, "07-2-000003")
    assert stands(chain) == {"12-1": (Stands.NOT_REPORTED, None)}
    chain.sale = chain.maker.sell(ALICE, LOT, 60)
    chain.receive()
    assert stands(chain) == {"12-1": (Stands.WITH_HOLDER, "07-2")}
    assert called(chain, chain.maker) == 1


def test_where_no_sale_has_that_slip_a_person_is_told(chain: Chain) -> None:
    promise(chain, chain.here, 60, "07-2-000001")
    assert stands(chain) == {"12-1": (Stands.NO_SALE, None)}, "it is a load's, and a later sale was reported"


def test_a_slip_that_a_lost_till_never_reported_is_no_sale_and_a_lost_till_s_promise_is_said_first(
    chain: Chain,
) -> None:
    promise(chain, chain.here, 60, "07-2-000099")
    promise(chain, chain.there, 60, "07-2-000098")
    chain.revoke(chain.maker)
    chain.revoke(chain.there)
    assert stands(chain) == {"12-1": (Stands.NO_SALE, None), "12-2": (Stands.TILL_LOST, None)}


def test_another_till_takes_no_promise_back(chain: Chain) -> None:
    promised = promise(chain, chain.here, 60)
    chain.there.take_back(promised)
    chain.receive()
    assert stands(chain) == {"12-1": (Stands.WITH_HOLDER, "07-2")}


def test_a_till_that_hq_trusts_no_more_keeps_nobody_waiting(chain: Chain) -> None:
    promise(chain, chain.here, 60)
    promise(chain, chain.there, 50)
    chain.revoke(chain.here)
    give(chain, chain.maker)
    assert len(entrusted(chain, chain.there)) == 1
    assert stands(chain) == {"12-1": (Stands.TILL_LOST, "12-2"), "12-2": (Stands.ON_ITS_WAY, "12-2")}


def test_what_only_a_person_can_end_is_said(chain: Chain) -> None:
    promise(chain, chain.here, 60)
    chain.maker.refund(chain.sale, 100)
    chain.maker.sell(ALICE, LOT, 50, RISK)
    chain.receive()
    assert stands(chain) == {"12-1": (Stands.NOTHING_LEFT, "07-2")}
    promise(chain, chain.there, 50, "07-2-000004")
    assert stands(chain)["12-2"] == (Stands.STAYS, "07-2")
    chain.revoke(chain.maker)
    assert stands(chain) == {"12-1": (Stands.NOTHING_LEFT, "07-2"), "12-2": (Stands.HOLDER_LOST, "07-2")}


def test_a_right_with_a_lost_till_is_waited_for_by_a_person(chain: Chain) -> None:
    chain.revoke(chain.maker)
    promise(chain, chain.here, 60)
    assert stands(chain) == {"12-1": (Stands.HOLDER_LOST, "07-2")}


def test_another_till_s_promise_is_nobody_else_s_to_keep(chain: Chain) -> None:
    promised = promise(chain, chain.here, 60)
    chain.there.keep(promised, chain.sale, 60)
    chain.receive()
    assert chain.reasons() == ["not_understood"]
    assert stands(chain) == {"12-1": (Stands.WITH_HOLDER, "07-2")}


def test_a_promise_that_is_kept_twice_is_set_aside(chain: Chain) -> None:
    promised = promise(chain, chain.here, 10)
    give(chain, chain.maker)
    chain.here.apply(chain.hq.directives(chain.here)[-1])
    for _ in range(2):
        chain.here.keep(promised, chain.sale, 10)
    chain.receive()
    assert chain.reasons() == ["operation_repeated"]


@pytest.mark.parametrize("slip", ["", "no slip at all", "07-2"])
def test_what_a_till_that_lies_has_promised_stops_nobody(chain: Chain, slip: str) -> None:
    promise(chain, chain.here, 60, slip)
    assert stands(chain) == {}
    assert chain.reasons() == []


def test_a_promise_that_moves_value_is_set_aside(chain: Chain) -> None:
    chain.here.load(ALICE, 10)
    chain.here.move((held(ALICE, LotId("12-1/1/2"), -5), spent(ALICE, LotId("12-1/1/2"), 5)), kind="promise")
    chain.receive()
    assert chain.reasons() == ["wrong_side"]
