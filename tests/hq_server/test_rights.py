"""The right to undo a sale in HQ's book: one till has it, or HQ; it moves by records that its giver can't make up."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkout.sold import Paid, PaidWith
from hq_server.storage.fetching import RightElsewhere, Unreported
from ledger.ids import ChainId, LotId
from protocol.bodies import RELAYED_BYTES_MAX, Directive, TransactionBody
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import RecordKind
from protocol.rights import Entrust, GiveRight, RightGiven
from tests.hq_server.forger import ALICE, BOB, Keeper, held, issued, spent
from tests.hq_server.office import STAMP
from tests.hq_server.three_tills import LOT, RISK, Chain, entrust_in


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_a_right_that_lies_at_hq_is_entrusted_as_its_giver_has_signed_it(chain: Chain) -> None:
    assert chain.holder(chain.here) == "07-2"
    given = chain.maker.give_right(chain.sale)
    chain.receive()
    assert entrust_in(chain.fetched(chain.here)) == Entrust("operation-1", chain.maker.raw_key, given)
    assert chain.hq.orders(chain.here) == [Entrust("operation-1", chain.maker.raw_key, given)]
    assert chain.holder(chain.maker) == "12-1"
    assert chain.reasons() == []


def test_a_right_goes_to_another_till_and_back_and_each_tells_what_it_has_undone(chain: Chain) -> None:
    first = chain.maker.refund(chain.sale, 10)
    chain.maker.give_right(chain.sale, first)
    chain.receive()
    chain.here.apply(chain.fetched(chain.here))
    second = chain.here.refund(chain.sale, 20)
    chain.receive()
    assert chain.holder(chain.maker) == "12-1"
    chain.here.give_right(chain.sale, first, second, moves=2)
    chain.receive()
    chain.maker.apply(chain.fetched(chain.maker, "operation-2"))
    third = chain.maker.refund(chain.sale, 30)
    last = chain.maker.give_right(chain.sale, first, second, third, moves=3)
    chain.receive()
    assert entrust_in(chain.fetched(chain.there)).given == last
    assert chain.reasons() == []
    chain.hq.assert_conserved()


def test_the_same_fetch_has_the_same_answer_and_one_right_is_entrusted_once(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "hq.db")
    chain.maker.give_right(chain.sale)
    chain.receive()
    first = chain.fetched(chain.here)
    assert chain.fetched(chain.here) == first
    chain.restart()
    assert chain.fetched(chain.here) == first
    assert chain.holder(chain.there) == "12-1"
    chain.here.apply(first)
    chain.here.give_right(chain.sale, moves=2)
    chain.receive()
    chain.fetched(chain.there, "operation-1")
    assert chain.fetched(chain.here) == first, "also when it has moved on"
    assert len(chain.hq.orders(chain.here)) == len(chain.hq.orders(chain.there)) == 1


def test_whoever_has_the_right_need_not_fetch_it(chain: Chain) -> None:
    assert chain.no(chain.maker) is NoDraw.BUSY
    chain.maker.give_right(chain.sale)
    chain.receive()
    chain.fetched(chain.maker)
    assert chain.no(chain.maker, "operation-2") is NoDraw.BUSY, "and one that is under way to it, neither"


def test_a_slip_that_its_till_may_still_report_is_unknown_only_while_that_one_is_on_line(chain: Chain) -> None:
    unposted = chain.maker.sell(ALICE, LOT, 10)
    told = chain.hq.fetch(chain.here, unposted)
    assert isinstance(told, Unreported)
    assert told.maker == ChainId(chain.maker.place, 1)
    assert (told.no(is_on_line=True).code, told.no(is_on_line=False).code) == (NoDraw.UNKNOWN, NoDraw.NOT_REACHED)
    chain.hq.store.keeping(lambda keepers: keepers.revoke(chain.maker.place, 1, STAMP))
    assert isinstance(chain.hq.fetch(chain.here, unposted, "operation-2"), NotDrawn), "HQ takes it no more"


def test_a_slip_of_more_digits_is_not_taken_for_one_that_has_passed(chain: Chain) -> None:
    chain.maker.receipts = 999_998
    chain.maker.sell(ALICE, LOT, 10)
    chain.receive()
    assert isinstance(chain.hq.fetch(chain.here, chain.maker.sell(ALICE, LOT, 10)), Unreported)


def test_what_is_no_sale_or_nobody_s_slip_is_unknown(chain: Chain) -> None:
    loaded, stranger = chain.maker.chain[1], Keeper("99-1", seed=3)
    stranger.open()
    for slip in (loaded, stranger.sell(ALICE, LOT, 10)):
        told = chain.hq.fetch(chain.here, slip)
        assert isinstance(told, NotDrawn), told
        assert told.code is NoDraw.UNKNOWN


def test_of_two_slips_with_one_number_the_first_is_meant(chain: Chain) -> None:
    chain.maker.receipts -= 1
    chain.maker.sell(ALICE, LOT, 7)
    chain.receive()
    assert chain.holder(chain.here) == "07-2"


def test_a_sale_that_is_undone_whole_is_unknown_wherever_that_was_done(chain: Chain) -> None:
    first = chain.maker.refund(chain.sale, 40)
    chain.maker.give_right(chain.sale, first)
    chain.receive()
    chain.here.apply(chain.fetched(chain.here))
    second = chain.here.refund(chain.sale, 60)
    chain.receive()
    assert chain.no(chain.there) is NoDraw.UNKNOWN
    chain.here.give_right(chain.sale, first, second, moves=2)
    chain.receive()
    assert chain.no(chain.there) is NoDraw.UNKNOWN
    assert chain.reasons() == [], "it may be given all the same: HQ had asked for it before"


def test_a_void_undoes_as_a_refund_does(chain: Chain) -> None:
    chain.maker.refund(chain.sale, 100, kind="void")
    chain.receive()
    assert chain.no(chain.here) is NoDraw.UNKNOWN


def test_what_was_let_go_at_a_stores_risk_is_its_own_tills_to_undo_until_that_is_taken_back(chain: Chain) -> None:
    chain.sale = chain.maker.sell(ALICE, LOT, 50, RISK)
    chain.receive()
    assert chain.no(chain.here) is NoDraw.UNKNOWN
    lie = chain.maker.give_right(chain.sale)
    chain.receive()
    assert chain.reasons() == ["right_differs"]
    chain.maker.give_right(chain.sale, chain.maker.refund(chain.sale, 5, RISK))
    chain.receive()
    assert entrust_in(chain.fetched(chain.here)).given != lie


@pytest.mark.parametrize("tender", ["cash", "nothing that there is"])
def test_what_a_till_that_lies_has_sold_stops_nobody(chain: Chain, tender: str) -> None:
    lots = [chain.maker.next_lot()]
    chain.maker.load(ALICE, 10)
    slip = msgspec.structs.replace(chain.sale.open().body_as(TransactionBody).slip, tender=tender)
    legs = (held(ALICE, lots[0], -10), spent(ALICE, lots[0], 10))
    chain.sale = chain.maker.move(legs, kind="sale", slip=slip)
    chain.receive()
    told = chain.hq.fetch(chain.here, chain.sale)
    assert isinstance(told, RightElsewhere if tender == "cash" else NotDrawn)


def test_a_sale_from_two_members_cards_does_not_move(chain: Chain) -> None:
    lot = chain.maker.next_lot()
    chain.maker.load(BOB, 10)
    chain.sale = chain.maker.move((held(BOB, lot, -10), spent(BOB, lot, 10)), kind="sale")
    chain.receive()
    assert chain.no(chain.here) is NoDraw.UNKNOWN


def test_a_till_that_is_revoked_gets_no_right_and_is_asked_for_none(chain: Chain) -> None:
    chain.hq.store.keeping(lambda keepers: keepers.revoke(chain.here.place, 1, STAMP))
    assert chain.no(chain.here) is NoDraw.FENCED
    chain.hq.store.keeping(lambda keepers: keepers.revoke(chain.maker.place, 1, STAMP))
    assert chain.no(chain.there) is NoDraw.NOT_REACHED


def test_a_right_is_called_home_once_until_that_is_carried_out(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "hq.db")
    missing = chain.hq.fetch(chain.here, chain.sale)
    assert isinstance(missing, RightElsewhere)
    assert missing.holder == ChainId(chain.maker.place, 1)
    assert chain.hq.store.call_right(missing, STAMP)
    chain.restart()
    assert not chain.hq.store.call_right(missing, STAMP)
    assert chain.hq.orders(chain.maker)[-1] == GiveRight("07-2/1/3")
    for directive in chain.hq.directives(chain.maker, after=0):
        chain.maker.apply(directive)
    chain.receive()
    assert chain.hq.orders(chain.maker).count(GiveRight("07-2/1/3")) == 1
    assert chain.hq.store.call_right(missing, STAMP), "it had none to give: it may have it by now"


def test_who_waits_for_a_right_hears_that_it_has_come(chain: Chain) -> None:
    chain.maker.give_right(chain.sale)
    assert chain.hq.take(chain.maker.batch()) is None
    assert chain.hq.store.post(chain.maker.place, 1, STAMP).accounts == {ALICE}


LIES: dict[str, dict[str, Any]] = {
    "more is left": {"paid": (Paid(PaidWith.STORED_VALUE, 101),)},
    "less is left": {"paid": (Paid(PaidWith.STORED_VALUE, 99),)},
    "it was paid in cash": {"paid": (Paid(PaidWith.CASH, 100),)},
    "another lot paid": {"spent": (spent(ALICE, LotId("07-2/1/9"), 100),)},
    "nothing was earned": {"issued": ()},
    "more was earned": {"issued": (issued(ALICE, LotId("07-2/1/3"), -6),)},
    "it was another day": {"business_date": "2026-11-21"},
    "it was another member": {"account": BOB},
    "it was another slip": {"receipt_number": "07-2-000001"},
    "the price was higher": {"total": 101},
    "it has moved before": {"moves": 2},
    "it never left": {"moves": 0},
    "no lot has terms": {"lots": ()},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_right_that_says_what_is_not_so_is_set_aside_and_changes_nothing(chain: Chain, lie: dict[str, Any]) -> None:
    chain.maker.give_right(chain.sale, **lie)
    chain.receive()
    assert chain.reasons() == ["right_differs"]
    assert chain.holder(chain.here) == "07-2"
    chain.maker.give_right(chain.sale)
    chain.receive()
    chain.fetched(chain.here)


def test_the_terms_of_a_lot_are_those_that_hq_knows(chain: Chain) -> None:
    right = chain.maker.give_right(chain.sale).open().body_as(RightGiven).right
    for lots in ((msgspec.structs.replace(right.lots[0], store="99"), right.lots[1]), (*right.lots, right.lots[0])):
        chain.maker = chain.maker.copy()
        del chain.maker.chain[3:]
        chain.maker.give_right(chain.sale, lots=lots)
        other = Chain()
        other.hq.receive(chain.maker)
        assert other.reasons() == ["right_differs"]


def test_what_its_holder_has_undone_since_is_not_left(chain: Chain) -> None:
    first = chain.maker.refund(chain.sale, 10)
    chain.maker.give_right(chain.sale)
    chain.receive()
    assert chain.reasons() == ["right_differs"]
    chain.maker.give_right(chain.sale, first)
    chain.receive()
    chain.here.apply(chain.fetched(chain.here))
    second = chain.here.refund(chain.sale, 20)
    chain.here.give_right(chain.sale, first, moves=2)
    chain.receive()
    assert chain.reasons() == ["right_differs", "right_differs"]
    chain.here.give_right(chain.sale, first, second, moves=2)
    chain.receive()
    chain.fetched(chain.there)


def test_nobody_gives_what_another_has(chain: Chain) -> None:
    chain.there.give_right(chain.sale)
    chain.receive()
    assert chain.holder(chain.here) == "07-2"
    given = chain.maker.give_right(chain.sale)
    chain.maker.give_right(chain.sale)
    chain.maker.give_right(chain.sale, moves=2)
    chain.there.give_right(chain.sale, moves=2)
    chain.receive()
    assert entrust_in(chain.fetched(chain.here)).given == given
    chain.maker.give_right(chain.sale, moves=2)
    chain.receive()
    assert chain.holder(chain.there) == "12-1"
    chain.here.give_right(chain.sale, moves=2)
    chain.receive()
    chain.maker.give_right(chain.sale)
    chain.receive()
    assert chain.reasons() == ["right_not_theirs"] * 6
    assert {line.account for line in chain.hq.suspense()} == {ALICE}


def test_a_right_to_what_is_not_posted_or_no_sale_is_set_aside(chain: Chain) -> None:
    for name in ("07-2/1/4", "07-2/1/2", "nothing"):
        chain.maker.give_right(chain.sale, record=name)
    chain.maker.write(RecordKind.RIGHT_GIVEN, Paid(PaidWith.CASH, 1))
    chain.receive()
    assert chain.reasons() == ["right_differs", "right_differs", "not_understood", "not_understood"]


def test_a_right_to_a_sale_that_was_itself_set_aside_is_none(chain: Chain) -> None:
    chain.maker.give_right(chain.maker.sell(ALICE, LOT, 1000))
    chain.receive()
    assert chain.reasons() == ["below_zero", "right_differs"]


def test_a_right_that_no_directive_could_quote_is_set_aside(chain: Chain) -> None:
    signed = chain.maker.give_right(chain.sale)
    right = signed.open().body_as(RightGiven).right
    del chain.maker.chain[3:]
    lot = right.lots[0]
    more = 1 + (RELAYED_BYTES_MAX - len(signed.content)) // len(msgspec.msgpack.encode(lot))
    chain.maker.give_right(chain.sale, lots=(*right.lots, *[lot] * more))
    chain.receive()
    assert chain.reasons() == ["hq_cannot_take"]


def test_a_refund_by_a_till_without_the_right_is_posted_and_costs_its_holder_nothing(chain: Chain) -> None:
    """What a till has signed within its place is fact; the auditor names it."""
    chain.there.refund(chain.sale, 100)
    given = chain.maker.give_right(chain.sale)
    chain.receive()
    assert entrust_in(chain.fetched(chain.here)).given == given
    assert chain.reasons() == []
    assert chain.hq.at("12-2", ALICE) == 100


def test_it_takes_hqs_word_to_have_a_right(chain: Chain) -> None:
    given = chain.maker.give_right(chain.sale)
    order = Directive(chain.there.place, 1, 2, Entrust("operation-1", chain.maker.raw_key, given))
    forged = chain.there.copy().write(RecordKind.DIRECTIVE, order, keeper="hq", epoch=1, sequence=4)
    chain.there.apply(forged)
    chain.there.give_right(chain.sale, moves=2)
    chain.receive()
    assert chain.reasons() == ["right_not_theirs"]
    chain.fetched(chain.here)
