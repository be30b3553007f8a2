"""Value goes from till to till: HQ posts both halves, whichever comes first, and waits for nobody in vain."""

import asyncio

import pytest

from hq_server.placement import Ahead
from hq_server.valuing import Placement, Rules
from hq_server.views import WaitView
from protocol.conversation import Records
from protocol.records import SignedRecord
from tests.hq_server.forger import ALICE, part, traded
from tests.hq_server.lead_shop import LOT, Shop
from tests.hq_server.office import NOTHING_PLACED, PROGRAMME, Office
from tests.hq_server.people import ask, calling
from tests.hq_server.serving import PATIENCE_S, Serving


@pytest.fixture
def shop() -> Shop:
    return Shop(Office(rules=NOTHING_PLACED))


def lent(shop: Shop, units: int = 60) -> SignedRecord:
    """The lead has 100 of Alice's and gives some of it; till 2 takes it."""
    shop.one.load(ALICE, 100)
    given = shop.one.give(ALICE, part(LOT, units), to="07-2")
    shop.two.take(given)
    return given


def test_a_transfer_between_tills_posts_when_the_giver_comes_first(shop: Shop) -> None:
    lent(shop)
    shop.office.receive(shop.one)
    assert (shop.office.at("07-1", ALICE), shop.office.at("07-2", ALICE)) == (40, 0)
    shop.office.assert_conserved()
    shop.office.receive(shop.two)
    assert (shop.office.at("07-1", ALICE), shop.office.at("07-2", ALICE)) == (40, 60)
    shop.office.assert_conserved()
    assert not shop.office.suspense()


def test_the_taker_waits_in_sight_for_its_giver_and_all_behind_it(shop: Shop) -> None:
    lent(shop)
    shop.two.charge(ALICE, shop.one.loaded[0], 60)
    shop.office.receive(shop.two)
    assert shop.office.waiting() == [WaitView("07-2/1/2", "07-1/1/3")]
    assert shop.office.view(shop.two).posted == 1
    shop.office.receive(shop.one)
    assert shop.office.waiting() == []
    assert shop.office.view(shop.two).posted == 3
    assert (shop.office.at("07-1", ALICE), shop.office.balance(ALICE)) == (40, 40)
    shop.office.assert_conserved()


def test_value_that_went_and_came_back_posts_in_any_order(shop: Shop) -> None:
    lent(shop)
    back = shop.two.give(ALICE, part(LOT, 60), to="07-1")
    shop.one.take(back)
    shop.office.receive(shop.two)
    shop.office.receive(shop.one)
    assert (shop.office.at("07-1", ALICE), shop.office.at("07-2", ALICE)) == (100, 0)
    assert shop.office.waiting() == []
    shop.office.assert_conserved()


def test_a_till_that_takes_what_was_given_to_another_or_twice_is_set_aside(shop: Shop) -> None:
    given = lent(shop)
    shop.two.take(given)
    shop.three.take(given)
    for till in (shop.one, shop.two, shop.three):
        shop.office.receive(till)
    assert [(line.record, line.reason) for line in shop.office.suspense()] == [
        ("07-2/1/3", "operation_repeated"),
        ("07-3/1/2", "not_understood"),
    ]
    shop.office.assert_conserved()


def test_a_till_that_gives_what_it_does_not_have_gives_nothing_and_neither_has_its_taker(shop: Shop) -> None:
    lent(shop, units=101)
    shop.office.receive(shop.one)
    shop.office.receive(shop.two)
    assert [(line.record, line.reason) for line in shop.office.suspense()] == [
        ("07-1/1/3", "below_zero"),
        ("07-2/1/2", "giver_set_aside"),
    ]
    assert shop.office.balance(ALICE) == 100


@pytest.mark.parametrize("revoked", ["before", "while it waits"])
def test_what_a_revoked_lead_lent_and_never_reported_stops_no_other_till(revoked: str, shop: Shop) -> None:
    """HQ takes nothing more from it, so that its record would be waited for in vain."""
    lent(shop)
    if revoked == "while it waits":
        shop.office.receive(shop.two)
        assert shop.office.waiting() == [WaitView("07-2/1/2", "07-1/1/3")]
    shop.revoke(shop.one)
    shop.two.load(ALICE, 7)
    shop.office.receive(shop.two)
    assert shop.office.waiting() == []
    assert [(line.record, line.reason) for line in shop.office.suspense()] == [("07-2/1/2", "giver_fenced")]
    assert shop.office.at("07-2", ALICE) == 7
    shop.office.assert_conserved()


def test_what_a_revoked_lead_had_and_lent_unreported_is_posted_by_its_takers_record(shop: Shop) -> None:
    """The taker brings the lead's signed gift, and it lay there: no sale of the taker's is set aside (decision 33)."""
    shop.one.load(ALICE, 100)
    shop.office.receive(shop.one)
    shop.two.take(shop.one.give(ALICE, part(LOT, 60), to="07-2"))
    shop.two.charge(ALICE, shop.one.loaded[0], 25)
    shop.three.take(shop.one.give(ALICE, part(LOT, 41), to="07-3"))
    shop.revoke(shop.one)
    for till in (shop.two, shop.three):
        shop.office.receive(till)
    assert [(line.record, line.reason) for line in shop.office.suspense()] == [("07-3/1/2", "giver_fenced")], (
        "no more is given than lay there"
    )
    assert [shop.office.at(place, ALICE) for place in ("07-1", "07-2", "07-3")] == [40, 35, 0]
    shop.office.assert_conserved()


def test_a_gift_waits_until_all_that_hq_holds_of_the_fenced_lead_is_posted(shop: Shop) -> None:
    """What is held before it may bring what it gives, and waits for another till itself."""
    shop.three.load(ALICE, 100)
    lot = "07-3/1/2"
    shop.one.take(shop.three.give(ALICE, part(lot, 100), to="07-1"))
    shop.office.receive(shop.one)
    shop.two.take(shop.one.give(ALICE, part(lot, 60), to="07-2"))
    shop.revoke(shop.one)
    shop.office.receive(shop.two)
    assert [line.record for line in shop.office.waiting()] == ["07-1/1/2", "07-2/1/2"]
    shop.office.receive(shop.three)
    assert (shop.office.waiting(), shop.office.suspense()) == ([], [])
    assert [shop.office.at(place, ALICE) for place in ("07-1", "07-2")] == [40, 60]
    shop.office.assert_conserved()


def test_what_a_revoked_lead_has_reported_is_taken_as_ever(shop: Shop) -> None:
    lent(shop)
    shop.office.receive(shop.one)
    shop.revoke(shop.one)
    shop.office.receive(shop.two)
    assert not shop.office.suspense()
    assert shop.office.at("07-2", ALICE) == 60
    shop.office.assert_conserved()


def test_what_a_till_has_from_the_lead_can_be_called_home_and_drawn_elsewhere(shop: Shop) -> None:
    lent(shop)
    shop.office.receive(shop.one)
    shop.office.receive(shop.two)
    for keeper in (shop.one, shop.two):
        keeper_has = shop.office.at(keeper.place, ALICE)
        keeper.give(ALICE, part(LOT, keeper_has))
        shop.office.receive(keeper)
    assert (shop.office.at("hq", ALICE), shop.office.balance(ALICE)) == (100, 100)
    assert isinstance(shop.office.draw(shop.other, 100, 100), SignedRecord)
    shop.office.assert_conserved()


def test_what_is_placed_ahead_for_a_member_of_the_store_lies_with_its_lead() -> None:
    shop = Shop(Office(rules=Rules(PROGRAMME, Placement(Ahead(30, 1000, 1), Ahead(30, 1000, 1), Ahead(0, 0, 0)))))
    shop.name()
    shop.office.receive(shop.one)
    shop.three.load(ALICE, 100)
    shop.three.give(ALICE, part("07-3/1/2", 100))
    shop.office.receive(shop.three)
    given = [order for keeper in (shop.one, shop.two, shop.three) for order in shop.office.orders(keeper)]
    assert [type(order).__name__ for order in given] == ["Roster", "Transfer", "Roster", "Roster"]
    shop.office.assert_conserved()


def test_a_batch_of_a_struck_off_till_is_not_taken(shop: Shop) -> None:
    shop.name()
    shop.revoke(shop.two)
    assert shop.office.take(Records(shop.two.place, 1, tuple(shop.two.chain))) is not None


@pytest.mark.parametrize("first", [(), ("07-2",)], ids=["the lead alone", "the till itself before it"])
async def test_a_till_that_waits_for_a_lead_goes_on_when_that_is_revoked(first: tuple[str, ...], hq: Serving) -> None:
    lead, till = traded(place="07-1", seed=11), traded()
    await hq.enrol(lead)
    till.take(lead.give(ALICE, part(LOT, 1), to="07-2"))
    till.load(ALICE, 7)
    async with calling(hq, till) as caller:
        await caller.say(till.batch())
        async with asyncio.timeout(PATIENCE_S):
            while (await ask(hq, "GET", "/v1/waiting"))[1]["lines"] == []:  # noqa: ASYNC110 - a test asks from outside
                await asyncio.sleep(0)
        for place in (*first, "07-1"):
            await ask(hq, "POST", f"/v1/tills/{place}/revocations", {})
        async with asyncio.timeout(PATIENCE_S):
            while (await hq.view(till)).posted < len(till.chain):  # noqa: ASYNC110 - the same
                await asyncio.sleep(0)
