"""A lead lends and takes back in its own book: each draw and each return once, and nobody whom HQ does not trust."""

from pathlib import Path

import msgspec
import pytest

from ledger.ids import ChainId, Place
from ledger.slices import Asset, Purse
from protocol.bodies import Block, Enrol, Revoke, Why
from protocol.conversation import Draw, NoDraw, NotDrawn, Records
from protocol.records import SignedRecord
from protocol.rejections import Rejection
from protocol.transfers import given_in, units_of
from tests.chains.company import ALICE, BOB, POINTS_TOO
from tests.hq_server.forger import Keeper
from tests.terminal.one_store import (
    A,
    OneStore,
    as_listed,
    chain_of,
    has,
    units_given,
    with_alices_money,
    with_third_till,
)

DRAW = Draw("sale-0001", ALICE.token, A, Asset.MONEY, 100, 1)


@pytest.fixture
def store(tmp_path: Path) -> OneStore:
    return with_alices_money(tmp_path)


@pytest.fixture
def keeper(store: OneStore) -> Keeper:
    return with_third_till(store)


def told(said: SignedRecord | NotDrawn) -> NoDraw:
    assert isinstance(said, NotDrawn), said
    return NoDraw(said.code)


# Draws


def test_a_draw_leaves_the_lead_before_it_is_said_and_names_its_taker(store: OneStore) -> None:
    gift = store.lend(120_00)
    passage = gift.passage
    assert (passage.to, passage.to_epoch) == ("07-2", 1)
    assert (passage.transfer.why, passage.transfer.operation_id) == (Why.DRAW, "sale-0001")
    assert (units_of(passage.transfer), has(store.lead)) == (120_00, 380_00)
    assert store.lead.chain()[-1] == gift.signed
    store.prove()


def test_the_same_draw_gets_the_same_record_also_after_a_restart(store: OneStore) -> None:
    first = store.draw(120_00)
    assert store.draw(120_00) == first
    store.lead.restart()
    assert store.draw(120_00) == first
    assert store.draw(130_00) == first, "a sale has one draw, whatever it wants by now"
    assert (has(store.lead), units_given(store.lead)) == (380_00, 120_00)
    store.prove()


def test_two_tills_may_draw_under_one_name(store: OneStore, keeper: Keeper) -> None:
    mine, other = store.draw(100), store.draw_as(ChainId(keeper.place, 1), DRAW)
    assert isinstance(mine, SignedRecord)
    assert isinstance(other, SignedRecord)
    assert mine != other
    assert units_given(store.lead) == 200
    store.prove()


def test_a_till_in_a_new_epoch_draws_anew_under_the_same_name(store: OneStore, keeper: Keeper) -> None:
    store.draw_as(ChainId(keeper.place, 1), DRAW)
    again = Keeper(keeper.place, epoch=2, seed=14)
    store.name_lead(others=[as_listed(again)])
    given = store.draw_as(ChainId(keeper.place, 2), DRAW)
    assert isinstance(given, SignedRecord)
    passage = given_in(given.open())
    assert passage is not None
    assert passage.to_epoch == 2
    store.prove()


def test_what_is_given_pays_in_the_programmes_order_and_no_more_than_was_asked(store: OneStore) -> None:
    store.lead.load(ALICE, "1000.00")
    gift = store.lend(600_00)
    assert [(one.purse, one.lot, one.units) for one in gift.passage.transfer.parts] == [
        ("principal", "07-1/1/3", 499_00),
        ("principal", "07-1/1/4", 1_00),
        ("principal", "07-1/1/5", 100_00),
    ]
    rest = store.lend(2000_00, "sale-0002")
    assert units_of(rest.passage.transfer) == 1050_00, "less than was asked is given, as it is no less than the least"
    store.prove()


@pytest.mark.parametrize("least", [500_01, 600_00])
def test_less_than_the_least_is_not_given_and_nothing_changes(least: int, store: OneStore) -> None:
    before = store.lead.chain()
    assert told(store.draw(600_00, least)) is NoDraw.NOT_ENOUGH
    assert told(store.draw(1, 1, by=BOB)) is NoDraw.NOT_ENOUGH
    assert (store.lead.chain(), has(store.lead)) == (before, 500_00)
    assert isinstance(store.draw(600_00, 500_00), SignedRecord), "a no binds nobody: the same sale may ask again"
    store.prove()


def test_points_are_lent_like_money_and_neither_for_the_other(tmp_path: Path) -> None:
    store = OneStore(tmp_path, POINTS_TOO)
    store.lead.load(ALICE, "500.00")
    store.lead.charge(ALICE, "400.00")
    assert (has(store.lead), has(store.lead, Asset.POINTS)) == (160_55, 120)
    given = store.draw(100, 100, asset=Asset.POINTS)
    assert isinstance(given, SignedRecord)
    passage = given_in(given.open())
    assert passage is not None
    assert {one.purse for one in passage.transfer.parts} == {Purse.POINTS}
    assert (has(store.lead), has(store.lead, Asset.POINTS)) == (160_55, 20)
    assert told(store.draw(21, 21, "sale-0002", Asset.POINTS)) is NoDraw.NOT_ENOUGH
    store.prove()


def test_many_lots_are_lent_in_one_record_of_bounded_size(store: OneStore) -> None:
    for _ in range(230):
        store.lead.load(ALICE, "1.00")
    gift = store.lend(730_00)
    assert (len(gift.passage.transfer.parts), units_of(gift.passage.transfer)) == (200, 698_00)
    assert store.take(gift) is None
    store.prove()


def test_a_blocked_card_draws_nothing(store: OneStore) -> None:
    store.order(store.lead, Block((ALICE.token,)))
    before = store.lead.chain()
    assert told(store.draw(1)) is NoDraw.BLOCKED
    assert store.lead.chain() == before


STRANGERS = {
    "a till that is not in the roster": ChainId(Place("07-9"), 1),
    "an epoch before the one that HQ trusts": ChainId(Place("07-2"), 0),
    "an epoch after it": ChainId(Place("07-2"), 2),
    "the lead itself": ChainId(Place("07-1"), 1),
    "another store's": ChainId(Place("12-1"), 1),
}


@pytest.mark.parametrize("chain", STRANGERS.values(), ids=STRANGERS.keys())
def test_whom_hq_does_not_trust_gets_nothing_and_leaves_nothing(chain: ChainId, store: OneStore) -> None:
    before = store.lead.chain()
    assert store.lead.store.lending.key_of(chain) is None
    assert told(store.draw_as(chain, DRAW)) is NoDraw.FENCED
    fault = store.hear(Records(*chain, tuple(store.till.chain())))
    assert fault is not None
    assert fault.rejection is Rejection.FENCED
    assert (store.lead.chain(), store.copies(chain), has(store.lead)) == (before, 0, 500_00)


def test_a_till_that_hq_has_struck_off_draws_no_more(store: OneStore, keeper: Keeper) -> None:
    chain = ChainId(keeper.place, 1)
    assert isinstance(store.draw_as(chain, DRAW), SignedRecord)
    store.name_lead()
    before = store.lead.chain()
    asked = msgspec.structs.replace(DRAW, operation_id="sale-0002")
    assert told(store.draw_as(chain, asked)) is NoDraw.FENCED
    assert store.hear(keeper.batch()) is not None
    assert store.lead.chain() == before


@pytest.mark.parametrize("lead", [None, "07-2", "07-9"], ids=["nobody", "the other till", "nobody who is there"])
def test_a_till_that_is_the_lead_no_longer_lends_nothing(lead: str | None, store: OneStore) -> None:
    store.name_lead(lead)
    before = store.lead.chain()
    assert told(store.draw(1)) is NoDraw.FENCED
    assert store.copy() is not None
    assert store.lead.chain() == before
    store.lead.restart()
    assert told(store.draw(1)) is NoDraw.FENCED


def test_a_revoked_lead_lends_nothing_until_it_is_taken_in_again(store: OneStore) -> None:
    store.order(store.lead, Revoke(0))
    before = store.lead.chain()
    assert store.lead.store.lending.key_of(chain_of(store.till)) is None
    assert told(store.draw(1)) is NoDraw.FENCED
    assert store.lead.chain() == before
    store.order(store.lead, Enrol(store.lead.identity.public_key))
    assert isinstance(store.draw(1), SignedRecord)


def test_who_is_lead_is_known_after_a_restart(store: OneStore) -> None:
    for till in (store.lead, store.till):
        till.restart()
        lead, witness = till.store.lending.led()
        assert (lead and lead.place, lead and lead.keeper.public_key) == ("07-1", store.lead.identity.public_key)
        assert witness is None


# What was given and did not arrive is said again


def test_gifts_are_listed_for_each_till_in_their_order_from_where_it_is(store: OneStore, keeper: Keeper) -> None:
    gifts = []
    for number in range(3):
        gifts.append(store.draw(100, operation_id=f"sale-000{number}"))
        store.draw_as(ChainId(keeper.place, 1), msgspec.structs.replace(DRAW, operation_id=f"sale-000{number}"))
    lending, chain = store.lead.store.lending, chain_of(store.till)
    assert lending.gifts(chain, 0, 10) == tuple(gifts)
    assert lending.gifts(chain, 0, 2) == tuple(gifts[:2])
    first = gifts[0]
    assert isinstance(first, SignedRecord)
    assert lending.gifts(chain, first.open().sequence, 10) == tuple(gifts[1:])
    assert lending.gifts(ChainId(Place("07-2"), 2), 0, 10) == ()


def test_the_word_on_a_neighbour_says_what_is_held_and_what_was_given_last(store: OneStore) -> None:
    lending, chain = store.lead.store.lending, chain_of(store.till)
    said = lending.acknowledgement(chain, 5)
    assert (said.keeper, said.epoch, said.held, said.directive) == ("07-2", 1, 0, 0)
    gift = store.lend(100)
    assert store.copy() is None
    said = lending.acknowledgement(chain, 6)
    head = store.till.chain()[-1]
    assert (said.held, said.held_hash) == (head.open().sequence, head.hash)
    assert (said.directive, said.directive_hash) == (gift.signed.open().sequence, gift.signed.hash)
    assert store.till.store.compare_copy(said, Place("07-1"), store.till.moment()) is None
