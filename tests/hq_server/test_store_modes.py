"""A store is run in another way: HQ orders it, the store's tills carry it out, and what lies ready follows."""

from http import HTTPStatus

from hq_server.placement import Ahead
from hq_server.valuing import Placement, Rules
from ledger.slices import Asset
from protocol.bodies import Directive, Recall, RunAs
from protocol.conversation import Ordered
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.office import PROGRAMME, STAMP, Office
from tests.hq_server.people import ask, calling, hear
from tests.hq_server.serving import Caller, Serving
from tests.hq_server.test_placement import AHEAD

RULES = Rules(PROGRAMME, Placement(AHEAD, Ahead(30, 1000, 1), Ahead(0, 0, 0)))


def enrolled(office: Office, place: str, seed: int) -> Keeper:
    keeper = Keeper(place, seed=seed)
    office.enrol(keeper)
    keeper.open()
    return keeper


def test_every_till_of_the_store_is_told_and_no_other() -> None:
    office = Office(rules=RULES)
    one, two, other = (enrolled(office, place, seed) for seed, place in enumerate(("07-1", "07-2", "12-1"), start=7))
    told = office.store.keeping(lambda book: book.run("07", "real_time", STAMP))
    assert [chain.keeper for chain in told or ()] == ["07-1", "07-2"]
    assert office.orders(one) == office.orders(two) == [RunAs("real_time")]
    assert office.orders(other) == []


def test_a_till_that_is_enrolled_later_begins_in_the_stores_way() -> None:
    office = Office(rules=RULES)
    enrolled(office, "07-1", 7)
    office.store.keeping(lambda book: book.run("07", "real_time", STAMP))
    office.store.keeping(lambda book: book.run("07", "transfer", STAMP))
    assert office.orders(enrolled(office, "07-2", 8)) == [RunAs("transfer")]


def test_what_lies_ready_follows_the_new_way_as_soon_as_the_till_says_that_it_runs_so() -> None:
    office = Office(rules=RULES)
    till = enrolled(office, "07-1", 7)
    till.load(ALICE, 100)
    office.receive(till)
    office.store.keeping(lambda book: book.run("07", "real_time", STAMP))
    (signed,) = office.directives(till)
    assert office.orders(till) == [RunAs("real_time")], "what lies there is within the bounds of the old way"
    till.mode = "real_time"
    till.apply(signed)
    office.receive(till)
    assert office.orders(till, 2) == [Recall(ALICE, Asset.MONEY, 30)]


async def test_hq_runs_a_store_in_another_way_over_its_api(hq: Serving) -> None:
    async with calling(hq, traded()) as caller:
        status, said = await ask(hq, "POST", "/v1/stores/07/modes", {"mode": "real_time"})
        assert (status, [one["keeper"] for one in said["tills"]]) == (HTTPStatus.OK, ["07-2"])
        assert await order(caller) == RunAs("real_time")


async def order(caller: Caller) -> RunAs:
    while True:
        for signed in (await hear(caller, Ordered)).records:
            given = signed.open().body_as(Directive).order
            if isinstance(given, RunAs):
                return given


async def test_a_store_without_tills_and_a_way_that_nobody_knows_are_refused(hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/stores/99/modes", {"mode": "transfer"})
    assert (status, said["code"]) == (HTTPStatus.NOT_FOUND, "store_unknown")
    for mode in ("Hosted", "by_pigeon", 7, None):
        status, said = await ask(hq, "POST", "/v1/stores/07/modes", {"mode": mode})
        assert (status, said["code"]) == (HTTPStatus.BAD_REQUEST, "bad_request")
