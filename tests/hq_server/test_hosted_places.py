"""The places that HQ keeps for a hosted store's tills: who is told of them, who is not, and what lies there."""

from http import HTTPStatus

import pytest

from hq_server.placement import NOTHING_AHEAD
from hq_server.record_views import Summary, summary
from hq_server.storage.hosting import KEPT_AT_HQ, Unhosted, run
from hq_server.storage.keepers import Keepers
from hq_server.valuing import Placement, Rules
from ledger.ids import ChainId, Place
from ledger.slices import Asset
from protocol.bodies import (
    Block,
    Enrol,
    Lead,
    NewEpoch,
    Order,
    Recall,
    Revoke,
    Roster,
    RunAs,
    Transfer,
    Unblock,
    Witness,
)
from protocol.records import RecordKind, SignedRecord
from tests.hq_server import hosted_shop
from tests.hq_server.forger import ALICE, BOB, Keeper, part
from tests.hq_server.hosted_shop import note, place_of, sell, till, wish
from tests.hq_server.lead_shop import ADDRESS, LEAD, Shop, listed
from tests.hq_server.office import NOTHING_PLACED, PROGRAMME, STAMP, Office
from tests.hq_server.people import ask
from tests.hq_server.serving import Serving
from tests.hq_server.test_placement import AHEAD
from tests.hq_server.test_store_modes import enrolled

RULES = Rules(PROGRAMME, Placement(AHEAD, AHEAD, AHEAD))


@pytest.fixture
def shop() -> Shop:
    """Store 07 of three tills, and HQ's own place for its first."""
    shop = Shop(Office(rules=NOTHING_PLACED))
    shop.office.enrol(place_of(shop.one))
    return shop


def hosted(shop: Shop) -> Keeper:
    return place_of(shop.one)


def changed(office: Office, store: str, mode: str) -> list[ChainId] | Unhosted | None:
    return office.store.keeping(lambda keepers: run(keepers, store, mode, STAMP))


def recalls(office: Office, keeper: Keeper) -> list[Order]:
    return [order for order in office.orders(keeper) if isinstance(order, Recall)]


# Who is told what


def test_the_enrolment_of_a_place_at_hq_says_that_hq_holds_its_key(shop: Shop) -> None:
    assert shop.office.orders(hosted(shop), 0) == [Enrol(hosted(shop).raw_key, hosted=True)]
    assert shop.office.orders(shop.one, 0) == [Enrol(shop.one.raw_key, hosted=False)]


def test_no_roster_names_it_and_it_gets_none(shop: Shop) -> None:
    shop.name(witness=Witness(Place("07-2"), ADDRESS))
    assert shop.last(shop.one).tills == listed(shop.one, shop.two, shop.three)
    assert shop.rosters(hosted(shop)) == []


def test_that_it_comes_or_goes_concerns_no_roster(shop: Shop) -> None:
    shop.name()
    shop.office.enrol(place_of(shop.two, seed=61))
    shop.revoke(hosted(shop))
    assert len(shop.rosters(shop.one)) == 1
    assert shop.office.orders(hosted(shop)) == [Revoke(0)]


@pytest.mark.parametrize("witness", [None, Witness(Place("07-1@hq"), ADDRESS)], ids=["lead", "witness"])
def test_it_leads_nothing_and_witnesses_nothing(shop: Shop, witness: Witness | None) -> None:
    lead = LEAD if witness else Lead(Place("07-1@hq"), ADDRESS)
    assert shop.name(lead, witness=witness) is None
    assert shop.rosters(shop.one) == []


def test_a_lead_gets_no_copies_of_its_chain(shop: Shop) -> None:
    shop.name()
    copied = shop.office.store.keeping(lambda keepers: keepers.copied_to(ChainId(shop.one.place, 1)))
    assert [chain.keeper for chain, _ in copied] == ["07-2", "07-3"]


def test_it_always_runs_hosted_whatever_the_store_is_told(shop: Shop) -> None:
    assert changed(shop.office, "07", "real_time") == [ChainId(Place(f"07-{till}"), 1) for till in (1, 2, 3)]
    late = place_of(shop.two, seed=61)
    shop.office.enrol(late)
    assert shop.office.orders(hosted(shop)) == shop.office.orders(late) == []


def test_it_refuses_lost_cards_like_all_tills(shop: Shop) -> None:
    shop.office.block("aa" * 12)
    late = place_of(shop.two, seed=61)
    shop.office.enrol(late)
    shop.office.store.keeping(lambda keepers: keepers.unblock("aa" * 12, STAMP))
    assert shop.office.orders(hosted(shop)) == [Block(("aa" * 12,)), Unblock(("aa" * 12,))]
    assert shop.office.orders(late) == [Block(("aa" * 12,)), Unblock(("aa" * 12,))]


# The mode


def test_a_store_is_run_hosted_only_when_hq_keeps_a_place_for_each_of_its_tills(shop: Shop) -> None:
    assert changed(shop.office, "07", "hosted") == Unhosted((Place("07-2@hq"), Place("07-3@hq")))
    assert RunAs("hosted") not in shop.office.orders(shop.one)
    shop.office.enrol(place_of(shop.two, seed=61))
    shop.revoke(shop.three)
    assert changed(shop.office, "07", "hosted") == [ChainId(Place("07-1"), 1), ChainId(Place("07-2"), 1)]
    assert shop.office.orders(shop.one)[-1] == shop.office.orders(shop.two)[-1] == RunAs("hosted")


def test_a_place_whose_keeper_was_revoked_does_not_count(shop: Shop) -> None:
    for number, keeper in enumerate((shop.two, shop.three)):
        shop.office.enrol(place_of(keeper, seed=61 + number))
    shop.revoke(place_of(shop.three))
    assert changed(shop.office, "07", "hosted") == Unhosted((Place("07-3@hq"),))


def test_a_store_without_tills_is_not_run_hosted_either(shop: Shop) -> None:
    assert changed(shop.office, "99", "hosted") is None


async def test_hq_says_over_its_api_which_places_are_wanting(hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/stores/07/modes", {"mode": "hosted"})
    assert (status, said["code"], said["retryable"]) == (HTTPStatus.CONFLICT, "not_hosted", False)
    assert {language: "07-2@hq" in text for language, text in said["message"].items()} == dict.fromkeys(
        ("zh-TW", "zh-CN", "en"), True
    )
    assert "07-2@hq" in said["detail"]
    assert (await ask(hq, "POST", "/v1/tills", {"place": "07-2@hq"}))[0] == HTTPStatus.CREATED
    await hq.enrol(place_of(Keeper()))
    status, said = await ask(hq, "POST", "/v1/stores/07/modes", {"mode": "hosted"})
    assert (status, [one["keeper"] for one in said["tills"]]) == (HTTPStatus.OK, ["07-2", "07-2@hq"])


async def test_of_many_places_that_are_wanting_a_few_are_named(hq: Serving) -> None:
    await hq.enrol(*(Keeper(f"08-{number}", seed=100 + number) for number in range(10, 20)))
    _, said = await ask(hq, "POST", "/v1/stores/08/modes", {"mode": "hosted"})
    assert "08-10@hq, 08-11@hq" in said["message"]["en"]
    assert "08-17@hq, +2." in said["message"]["en"]


# What lies there


def test_nothing_lies_ahead_in_a_hosted_store_by_any_rule() -> None:
    rules = Placement(AHEAD, AHEAD, AHEAD, AHEAD)
    for mode in KEPT_AT_HQ:
        assert {rules.ahead(asset, mode) for asset in Asset} == {NOTHING_AHEAD}


def test_what_lies_at_a_till_goes_home_as_soon_as_it_says_that_its_store_is_hosted() -> None:
    office = Office(rules=RULES)
    agent, host = enrolled(office, "07-1", 7), place_of(Keeper("07-1"))
    office.enrol(host)
    agent.load(ALICE, 100)
    office.receive(agent)
    changed(office, "07", "hosted")
    assert office.orders(agent) == [RunAs("hosted")], "what lies there is within the bounds of the old way"
    agent.mode = "hosted"
    agent.apply(office.directives(agent)[-1])
    office.receive(agent)
    assert office.orders(agent)[1:] == [Recall(ALICE, Asset.MONEY, 0)]


def test_what_a_hosted_stores_till_has_taken_while_its_line_was_down_goes_home() -> None:
    office = Office(rules=RULES)
    agent = Keeper("07-1", mode="hosted")
    office.enrol(agent, place_of(agent))
    agent.open()
    agent.load(ALICE, 80)
    office.receive(agent)
    assert office.orders(agent) == [Recall(ALICE, Asset.MONEY, 0)]


@pytest.mark.parametrize("mode", ["hosted", "transfer"], ids=["as it says", "though it says otherwise"])
def test_a_place_at_hq_has_nothing_ahead_and_what_a_sale_has_left_there_goes_home(mode: str) -> None:
    """Whatever its records say: HQ's key signs them, so that nothing is gained by placing there."""
    office = Office(rules=RULES)
    host, other = Keeper("07-1@hq", seed=60, mode=mode), enrolled(office, "12-1", 9)
    office.enrol(host)
    host.open()
    host.load(ALICE, 30)
    other.load(BOB, 500)
    other.give(BOB, part("12-1/1/2", 500))
    for keeper in (host, other):
        office.receive(keeper)
    assert recalls(office, host) == [Recall(ALICE, Asset.MONEY, 0)]
    given = draw(office, host)
    host.apply(given)
    host.charge(BOB, other.loaded[0], 10)
    office.receive(host)
    assert recalls(office, host)[1:] == [Recall(BOB, Asset.MONEY, 0)], "it has what it drew beyond the sale"
    assert not [order for order in office.orders(host) if isinstance(order, Transfer) and order.operation_id == ""]


def draw(office: Office, keeper: Keeper) -> SignedRecord:
    """What HQ gives it for a sale of Bob's."""
    drawn = office.draw(keeper, 40, 10, card=BOB, account=BOB)
    assert isinstance(drawn, SignedRecord)
    return drawn


def test_a_visit_at_a_place_at_hq_places_nothing_with_the_stores_lead_either() -> None:
    office = Office(rules=RULES)
    lead, host, other = enrolled(office, "07-1", 7), place_of(Keeper("07-2")), enrolled(office, "12-1", 9)
    office.enrol(host)
    office.store.keeping(lambda keepers: keepers.lead("07", Lead(lead.place, ADDRESS), STAMP))
    other.load(ALICE, 500)
    other.give(ALICE, part("12-1/1/2", 500))
    host.load(ALICE, 1)
    for keeper in (lead, host, other):
        office.receive(keeper)
    assert [type(order) for order in office.orders(lead)] == [Roster]


def test_what_a_till_asked_and_heard_is_held_and_posts_nothing() -> None:
    office, agent = Office(), till()
    host = place_of(agent)
    office.enrol(agent, host)
    hosted_shop.ask(agent)
    note(agent, sell(host))
    note(agent, host.decline(ALICE, 30))
    agent.write(RecordKind.ASKED, NewEpoch())
    agent.write(RecordKind.TOLD, NewEpoch())
    office.receive(agent)
    assert (office.view(agent).held, office.view(agent).posted) == (6, 6)
    assert office.balance(ALICE) == 0
    assert office.suspense() == []
    office.assert_conserved()


def test_hq_shows_what_was_asked_and_heard_and_moves_nothing_by_it() -> None:
    agent = till()
    host = place_of(agent)
    hosted_shop.ask(agent)
    agent.write(RecordKind.ASKED, wish(sold=None, kind="refund", account="", units=7, original="05-1@hq-000001"))
    note(agent, sell(host))
    note(agent, host.decline(ALICE, 30))
    agent.write(RecordKind.TOLD, NewEpoch())
    assert [summary(signed.open()) for signed in agent.chain[1:]] == [
        Summary("asked", ALICE, asked=40, told=("sale", "C01")),
        Summary("asked", asked=7, told=("refund", "05-1@hq-000001", "C01")),
        Summary("told", ALICE, asked=100, told=("05-1@hq/1/3", "sale")),
        Summary("told", ALICE, asked=30, why="not_enough_here", told=("05-1@hq/1/4", "sale")),
        Summary("unreadable"),
    ]


def test_a_keeper_of_the_place_is_found_by_the_till_alone(shop: Shop) -> None:
    def keeper_of(place: str) -> ChainId | None:
        def look(keepers: Keepers) -> ChainId | None:
            return keepers.open_keeper(Place(place))

        return shop.office.store.keeping(look)

    assert keeper_of("07-1@hq") == ChainId(Place("07-1@hq"), 1)
    assert keeper_of("07-2@hq") is None
    shop.office.enrol(place_of(shop.one, seed=70))
    assert keeper_of("07-1@hq") == ChainId(Place("07-1@hq"), 2)


def look(shop: Shop, keeper: Keeper) -> tuple[int, int] | None:
    return shop.office.store.look(ALICE, ChainId(keeper.place, keeper.epoch))[1]


def test_a_till_that_looks_is_told_how_much_of_its_own_place_is_known(shop: Shop) -> None:
    """Its later words are known to itself alone."""
    office, place, another = shop.office, hosted(shop), place_of(shop.one, seed=61)
    assert look(shop, shop.one) == (1, 0)
    assert look(shop, shop.two) == (0, 0), "it has no such place"
    place.load(ALICE, 50)
    office.receive(place)
    place.load(ALICE, 60)
    assert office.take(place.batch(first=3)) is None
    assert look(shop, shop.one) == (1, 2), "held is not posted"
    office.post(place)
    assert look(shop, shop.one) == (1, 3)
    assert look(shop, place) == (0, 0), "whoever keeps that place has none of its own"
    office.enrol(another)
    assert look(shop, shop.one) == (2, 0)


def test_while_something_is_under_way_to_the_till_or_its_place_hq_does_not_say_what_lies_where(shop: Shop) -> None:
    office, place = shop.office, hosted(shop)
    shop.two.load(ALICE, 100)
    shop.two.give(ALICE, part(shop.two.loaded[-1], 100))
    office.receive(shop.two)
    for taker in (place, shop.one):
        given = office.draw(taker, 40, 40, operation_id=f"operation-{taker.place}")
        assert isinstance(given, SignedRecord)
        assert [look(shop, one) for one in (shop.one, shop.two)] == [None, (0, 0)]
        taker.apply(given)
        office.receive(taker)
        assert look(shop, shop.one) == (1, len(place.chain))
