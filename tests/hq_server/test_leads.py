"""A store has a lead: HQ names it, each till hears who its neighbours are, and value goes from till to till."""

from http import HTTPStatus

import pytest

from hq_server.placement import Ahead
from hq_server.storage.keepers import Keepers
from hq_server.valuing import Placement, Rules
from hq_server.views import WaitView
from ledger.ids import Place
from protocol.bodies import ROSTER_TILLS_MAX, Directive, Lead, Neighbour, Roster
from protocol.conversation import Ordered, Records
from protocol.records import SignedRecord
from tests.hq_server.forger import ALICE, Keeper, part, traded
from tests.hq_server.office import CODE, NOON_MS, NOTHING_PLACED, PROGRAMME, STAMP, Office
from tests.hq_server.people import ask, calling, hear
from tests.hq_server.serving import Serving
from tests.hq_server.test_store_modes import enrolled

ADDRESS = "http://192.168.1.10:8372"
LEAD = Lead(Place("07-1"), ADDRESS)
LOT = "07-1/1/2"


@pytest.fixture
def office() -> Office:
    return Office(rules=NOTHING_PLACED)


class Shop:
    """Store 07 with three tills, and one of another store."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.one, self.two, self.three, self.other = (
            enrolled(office, place, seed) for seed, place in enumerate(("07-1", "07-2", "07-3", "12-1"), start=7)
        )

    def name(self, lead: Lead | None = LEAD, store: str = "07") -> list[str] | None:
        told = self.office.store.keeping(lambda book: book.lead(store, lead, STAMP))
        return None if told is None else [chain.keeper for chain in told]

    def rosters(self, keeper: Keeper) -> list[Roster]:
        return [order for order in self.office.orders(keeper) if isinstance(order, Roster)]

    def last(self, keeper: Keeper) -> Roster:
        return self.rosters(keeper)[-1]


@pytest.fixture
def shop(office: Office) -> Shop:
    return Shop(office)


def listed(*keepers: Keeper) -> tuple[Neighbour, ...]:
    return tuple(Neighbour(one.place, one.epoch, one.raw_key) for one in keepers)


def keeping(office: Office, change: object) -> object:
    assert callable(change)
    return office.store.keeping(change)


# Who is told what


def test_every_till_of_the_store_is_told_who_leads_and_whom_to_believe_and_no_other(shop: Shop) -> None:
    assert shop.name() == ["07-1", "07-2", "07-3"]
    roster = Roster(LEAD, listed(shop.one, shop.two, shop.three))
    for till in (shop.one, shop.two, shop.three):
        assert shop.rosters(till) == [roster]
    assert shop.rosters(shop.other) == []


def test_another_lead_or_none_is_told_to_all(shop: Shop) -> None:
    shop.name()
    shop.name(Lead(Place("07-2"), "https://till-2.example"))
    shop.name(None)
    for till in (shop.one, shop.two, shop.three):
        assert [roster.lead and roster.lead.place for roster in shop.rosters(till)] == ["07-1", "07-2", None]
    assert shop.rosters(shop.other) == []


@pytest.mark.parametrize("place", ["07-9", "12-1", "hq"], ids=["unknown", "another store's", "HQ"])
def test_only_a_till_of_the_store_can_lead_it(place: str, shop: Shop) -> None:
    assert shop.name(Lead(Place(place), ADDRESS)) is None
    assert shop.rosters(shop.one) == []


def test_a_store_without_tills_has_nobody_to_tell(shop: Shop) -> None:
    assert shop.name(None, "99") is None


def test_a_store_that_never_had_a_lead_hears_of_no_neighbours(shop: Shop) -> None:
    enrolled(shop.office, "07-4", 20)
    keeping(shop.office, lambda book: book.revoke(Place("07-4"), 1, STAMP))
    assert shop.rosters(shop.one) == []


def test_a_till_that_is_enrolled_later_hears_of_the_others_and_they_of_it(shop: Shop) -> None:
    shop.name()
    new = enrolled(shop.office, "07-4", 20)
    roster = Roster(LEAD, listed(shop.one, shop.two, shop.three, new))
    assert shop.last(new) == shop.last(shop.one) == shop.last(shop.three) == roster
    assert shop.rosters(shop.other) == []


def test_a_till_with_a_new_key_is_believed_in_its_new_epoch_alone(shop: Shop) -> None:
    shop.name()
    again = Keeper("07-2", epoch=2, seed=30)
    shop.office.enrol(again)
    roster = Roster(LEAD, listed(shop.one, again, shop.three))
    assert shop.last(shop.one) == shop.last(again) == roster
    assert len(shop.rosters(shop.two)) == 1, "whoever has the old key is told nothing more"


def test_a_revoked_till_is_struck_off_and_told_nothing_more(shop: Shop) -> None:
    shop.name()
    keeping(shop.office, lambda book: book.revoke(Place("07-2"), 1, STAMP))
    assert shop.last(shop.one) == shop.last(shop.three) == Roster(LEAD, listed(shop.one, shop.three))
    assert len(shop.rosters(shop.two)) == 1


def test_a_till_whose_chain_has_forked_is_struck_off(shop: Shop) -> None:
    shop.name()
    twin = Keeper("07-2", seed=8)
    twin.chain = list(shop.two.chain)
    shop.two.load(ALICE, 1)
    twin.load(ALICE, 2)
    shop.office.receive(shop.two)
    shop.office.take(twin.batch())
    assert shop.last(shop.one) == Roster(LEAD, listed(shop.one, shop.three))
    told = len(shop.rosters(shop.one))
    shop.office.take(twin.batch())
    assert len(shop.rosters(shop.one)) == told, "whoever says it again changes nothing"


def test_a_fenced_lead_is_no_lead_until_its_place_has_another_key(shop: Shop) -> None:
    shop.name()
    keeping(shop.office, lambda book: book.revoke(Place("07-1"), 1, STAMP))
    assert shop.last(shop.two) == Roster(None, listed(shop.two, shop.three))
    assert not shop.office.view(shop.one).leads
    assert shop.name() is None, "nobody who is trusted keeps that place"
    again = Keeper("07-1", epoch=2, seed=31)
    shop.office.enrol(again)
    assert shop.last(shop.two) == Roster(LEAD, listed(again, shop.two, shop.three))
    assert shop.office.view(again).leads


def test_a_store_of_more_tills_than_a_roster_names_is_told_of_its_lead_and_of_as_many_as_fit(shop: Shop) -> None:
    def add(book: Keepers) -> None:
        for number in range(100, 100 + ROSTER_TILLS_MAX):
            place = Place(f"07-0{number}")
            book.offer(place, "07", CODE, NOON_MS)
            book.enrol(place, bytes([number % 256, number // 256]) * 16, STAMP)

    keeping(shop.office, add)
    shop.name(Lead(Place("07-3"), ADDRESS))
    roster = shop.last(shop.two)
    assert len(roster.tills) == ROSTER_TILLS_MAX
    assert listed(shop.three)[0] in roster.tills


# Over the API


async def test_hq_names_a_lead_over_its_api_and_tells_the_lines(hq: Serving) -> None:
    lead = traded(place="07-1", seed=11)
    await hq.enrol(lead)
    async with calling(hq, traded()) as caller:
        assert isinstance(await hear(caller, Ordered), Ordered)
        status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": "07-1", "address": ADDRESS})
        assert status == HTTPStatus.OK
        assert {one["keeper"]: one["leads"] for one in said["tills"]} == {"07-1": True, "07-2": False}
        (signed,) = (await hear(caller, Ordered)).records
        assert signed.open().body_as(Directive).order == Roster(LEAD, listed(lead, traded()))

        status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": None, "address": None})
        assert {one["leads"] for one in said["tills"]} == {False}
        (signed,) = (await hear(caller, Ordered)).records
        assert signed.open().body_as(Directive).order == Roster(None, listed(lead, traded()))


async def test_the_others_hear_at_once_that_one_was_revoked_or_came_in(hq: Serving) -> None:
    lead = traded(place="07-1", seed=11)
    await hq.enrol(lead)
    await ask(hq, "POST", "/v1/stores/07/leads", {"lead": "07-2", "address": ADDRESS})
    async with calling(hq, traded()) as caller:
        await hear(caller, Ordered)
        await ask(hq, "POST", "/v1/tills/07-1/revocations", {})
        (signed,) = (await hear(caller, Ordered)).records
        roster = signed.open().body_as(Directive).order
        assert isinstance(roster, Roster)
        assert [one.place for one in roster.tills] == ["07-2"]


WRONG = {
    "nothing": {},
    "a lead without an address": {"lead": "07-2", "address": None},
    "an address without a lead": {"lead": None, "address": ADDRESS},
    "half of it": {"lead": "07-2"},
    "more than it": {"lead": "07-2", "address": ADDRESS, "port": 1},
    "HQ": {"lead": "hq", "address": ADDRESS},
    "no place": {"lead": "07 2", "address": ADDRESS},
    "no address": {"lead": "07-2", "address": "192.168.1.10:8372"},
    "another scheme": {"lead": "07-2", "address": "ftp://192.168.1.10"},
    "a path": {"lead": "07-2", "address": f"{ADDRESS}/v1/line"},
    "a query": {"lead": "07-2", "address": f"{ADDRESS}?a=b"},
    "a password": {"lead": "07-2", "address": "http://a:b@192.168.1.10"},
    "a space": {"lead": "07-2", "address": "http://192.168.1.10 :8372"},
    "a line end": {"lead": "07-2", "address": f"{ADDRESS}\n"},
    "no host": {"lead": "07-2", "address": "http://"},
    "too long": {"lead": "07-2", "address": f"http://{'a' * 200}"},
    "a number": {"lead": 7, "address": ADDRESS},
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_said_as_it_should_be_changes_nothing(body: dict[str, object], hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/stores/07/leads", body)
    assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "bad_request")
    assert not (await hq.view(traded())).leads


@pytest.mark.parametrize("lead", ["07-9", "12-1"], ids=["unknown", "another store's"])
async def test_a_lead_that_is_not_there_is_a_problem(lead: str, hq: Serving) -> None:
    await hq.enrol(traded(place="12-1", seed=12))
    status, said = await ask(hq, "POST", "/v1/stores/07/leads", {"lead": lead, "address": ADDRESS})
    assert (status, said["code"]) == (HTTPStatus.NOT_FOUND, "place_unknown")


async def test_a_store_that_is_not_there_is_a_problem_and_so_is_a_stranger(hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/stores/99/leads", {"lead": None, "address": None})
    assert (status, said["code"]) == (HTTPStatus.NOT_FOUND, "store_unknown")
    async with hq.http.post(f"{hq.url}/v1/stores/07/leads", json={"lead": None, "address": None}) as answer:
        assert answer.status == HTTPStatus.UNAUTHORIZED


# Value goes from till to till


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
    keeping(shop.office, lambda book: book.revoke(Place("07-2"), 1, STAMP))
    assert shop.office.take(Records(shop.two.place, 1, tuple(shop.two.chain))) is not None
