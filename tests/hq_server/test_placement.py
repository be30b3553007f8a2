"""Placing: what of a member lies ready where, decided purely, and carried out by HQ when something is posted."""

import pytest

from hq_server.placement import Ahead, AskBack, Move, PlaceAhead, Stand, moves
from hq_server.storage import sqlite
from hq_server.valuing import Placement, Rules
from ledger.ids import LotId, Place
from ledger.slices import Asset
from protocol.bodies import Directive, Order, Recall, Transfer, Why
from tests.hq_server.forger import ALICE, Keeper, part
from tests.hq_server.office import PROGRAMME, STAMP, Office

LOT = LotId("07-2/1/2")
AHEAD = Ahead(100, 1000, 2)
RULES = Rules(PROGRAMME, Placement(AHEAD, Ahead(30, 1000, 1), Ahead(0, 0, 0)))


def stand(place: str, held: int = 0, under_way: int = 0, total: int = 0, asked_keep: int | None = None) -> Stand:
    return Stand(Place(place), 1, held, under_way, total, AHEAD, asked_keep)


A, B, C = Place("07-1"), Place("07-2"), Place("07-3")


@pytest.mark.parametrize(
    ("at_hq", "stands", "expected"),
    [
        (500, [stand(A)], [PlaceAhead(A, 1, 100)]),
        (500, [stand(A), stand(B), stand(C)], [PlaceAhead(A, 1, 100), PlaceAhead(B, 1, 100)]),
        (150, [stand(A), stand(B)], [PlaceAhead(A, 1, 100), PlaceAhead(B, 1, 50)]),
        (0, [stand(A)], []),
        (500, [stand(A, held=50)], []),
        (500, [stand(A, held=49)], [PlaceAhead(A, 1, 51)]),
        (500, [stand(A, held=20, under_way=40)], []),
        (500, [stand(A, held=130)], [AskBack(A, 1, 100)]),
        (500, [stand(A, held=130, asked_keep=100)], []),
        (500, [stand(A, held=130, asked_keep=120)], [AskBack(A, 1, 100)]),
        (0, [stand(A), stand(B), stand(C, held=1)], [AskBack(C, 1, 0)]),
        (500, [stand(A, total=960)], [PlaceAhead(A, 1, 40)]),
        (500, [stand(A, total=1000)], []),
    ],
)
def test_what_moves(at_hq: int, stands: list[Stand], expected: list[Move]) -> None:
    assert list(moves(at_hq, stands)) == expected


@pytest.fixture
def office() -> Office:
    return Office(rules=RULES)


def till(office: Office, place: str, epoch: int = 1, mode: str = "transfer") -> Keeper:
    keeper = Keeper(place, epoch, seed=int(place[-1]) + 10 * epoch, mode=mode)
    office.enrol(keeper)
    keeper.open()
    return keeper


def receive(office: Office, *keepers: Keeper) -> None:
    for keeper in keepers:
        office.receive(keeper)
        office.assert_conserved()


def carry_out(office: Office, keeper: Keeper, number: int) -> Order:
    """The till does what it was told last, as a true one would; that order must have this number."""
    last = office.directives(keeper, 0)[-1]
    directive = last.open().body_as(Directive)
    assert directive.number == number
    keeper.apply(last)
    if isinstance(directive.order, Recall):
        lying = {key.lot: units for key, units in office.mirror(keeper.place).items()}
        beyond = sum(lying.values()) - directive.order.keep
        keeper.give(ALICE, *(part(lot, beyond) for lot in lying))
    receive(office, keeper)
    return directive.order


def test_what_is_beyond_the_share_goes_home_and_where_the_member_came_last_it_lies_ready(office: Office) -> None:
    first, second = till(office, "07-2"), till(office, "12-1")
    first.load(ALICE, 250)
    receive(office, first)
    assert carry_out(office, first, 2) == Recall(ALICE, Asset.MONEY, 100)
    assert (office.at("07-2", ALICE), office.at("hq", ALICE)) == (100, 150)
    second.load(ALICE, 10)
    receive(office, second)
    order = carry_out(office, second, 2)
    assert isinstance(order, Transfer)
    assert (order.why, order.operation_id) == (Why.GRANT, "")
    assert [office.at(place, ALICE) for place in ("07-2", "12-1", "hq")] == [100, 100, 60]
    assert not office.suspense()


def test_a_recall_that_nobody_has_carried_out_is_not_repeated(office: Office) -> None:
    first = till(office, "07-2")
    for _ in range(5):
        first.load(ALICE, 200)
        receive(office, first)
    assert office.orders(first) == [Recall(ALICE, Asset.MONEY, 100)]


def test_what_is_under_way_is_not_sent_again(office: Office) -> None:
    first, second = till(office, "07-2"), till(office, "12-1")
    first.load(ALICE, 300)
    receive(office, first)
    carry_out(office, first, 2)
    for _ in range(3):
        second.load(ALICE, 1)
        receive(office, second)
    assert [type(order) for order in office.orders(second)] == [Transfer]


def test_each_way_of_running_has_its_own_share(office: Office) -> None:
    first, real = till(office, "07-2"), till(office, "12-1", mode="real_time")
    hosted = till(office, "12-3", mode="hosted")
    real.now_ms = 2
    first.load(ALICE, 300)
    receive(office, first)
    carry_out(office, first, 2)
    real.load(ALICE, 1)
    hosted.load(ALICE, 1)
    receive(office, real)
    order = carry_out(office, real, 2)
    assert isinstance(order, Transfer)
    assert sum(one.units for one in order.parts) == 29
    receive(office, hosted)
    assert office.orders(hosted) == [Recall(ALICE, Asset.MONEY, 0)]


def test_the_bound_of_a_till_counts_all_members_and_what_is_under_way(office: Office) -> None:
    from_, to = till(office, "07-2"), till(office, "12-1")
    members = [f"member-{number:02}" for number in range(15)]
    for member in members:
        from_.load(type(ALICE)(member), 300)
        from_.give(type(ALICE)(member), part(f"07-2/1/{len(from_.chain)}", 200))
        to.load(type(ALICE)(member), 10)
    receive(office, from_, to)
    granted = [order for order in office.orders(to) if isinstance(order, Transfer)]
    given = sum(one.units for order in granted for one in order.parts)
    assert given + 15 * 10 == 1000


def test_what_lies_at_a_fenced_or_replaced_till_stays_there_and_it_gets_nothing(office: Office) -> None:
    old, gone, here = till(office, "07-2"), till(office, "07-3"), till(office, "12-1")
    old.load(ALICE, 250)
    gone.load(ALICE, 250)
    assert office.take(old.batch()) is None
    assert office.take(gone.batch()) is None
    till(office, "07-2", epoch=2)
    office.store.keeping(lambda book: book.revoke(gone.place, 1, STAMP))
    before = len(office.orders(old)), len(office.orders(gone))
    office.post(old)
    office.post(gone)
    here.load(ALICE, 90)
    receive(office, here)
    assert (len(office.orders(old)), len(office.orders(gone))) == before
    assert office.orders(here) == []


def test_no_more_members_are_placed_in_one_step_than_its_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "SETTLE_ACCOUNTS_MAX", 4)
    keeper = till(office, "07-2")
    for number in range(10):
        keeper.load(type(ALICE)(f"member-{number}"), 200)
    assert office.take(keeper.batch()) is None
    asked = []
    while True:
        step = office.store.post(keeper.place, 1, STAMP)
        asked.append(len(office.orders(keeper)))
        if not step.has_more:
            break
    assert asked == [4, 8, 10]
    assert office.store.settle(STAMP).ordered == set()


def test_what_somebody_waits_for_stays_until_that_is_over(office: Office) -> None:
    first, second = till(office, "07-2"), till(office, "12-1")
    first.load(ALICE, 90)
    second.load(ALICE, 10)
    receive(office, first, second)
    first.give(ALICE, part(LOT, 90))
    assert office.take(first.batch()) is None
    step = office.store.post(first.place, 1, STAMP, frozenset({ALICE}))
    assert (step.ordered, office.at("hq", ALICE)) == (set(), 90)
    office.store.settle(STAMP)
    assert office.at("hq", ALICE) == 0
