"""Sales that tills refused though their members had enough in all: each counted once, by store and business date."""

from collections import Counter
from typing import Any, TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.results import Decline
from hq_server.placing_figures import Figures, Refused, RefusedDay
from ledger.ids import AccountId
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import LotOpened
from protocol.records import RecordKind
from tests.hq_server.forger import ALICE, BOB, DATE, Keeper, part
from tests.hq_server.lead_shop import Shop
from tests.hq_server.office import NOON_MS, NOTHING_PLACED, STAMP, Office
from tests.hq_server.test_store_modes import enrolled

NEXT_DATE = "2026-11-23"


class Two:
    """Tills 07-2 and 12-1, each with an open book that HQ has."""

    def __init__(self) -> None:
        self.office = Office(rules=NOTHING_PLACED)
        self.here, self.there = enrolled(self.office, "07-2", 7), enrolled(self.office, "12-1", 8)

    def receive(self) -> None:
        for till in (self.there, self.here):
            self.office.receive(till)


@pytest.fixture
def two() -> Two:
    return Two()


def figures(office: Office, since: str = DATE) -> Figures:
    return office.store.showing(lambda showing: showing.placing(since, NOON_MS - 1, lambda _: True))


def refused(office: Office, since: str = DATE) -> dict[str, Refused]:
    """In money, by store."""
    return {one.store: one.refused for one in figures(office, since).by_store() if one.refused.sales}


def refused_points(office: Office) -> dict[str, Refused]:
    return {one.store: one.refused_points for one in figures(office).by_store() if one.refused_points.sales}


def earn(
    till: Keeper, account: AccountId, points: int, expires_on: str | None = None, purse: Purse = Purse.POINTS
) -> None:
    lot = till.next_lot()
    legs = Leg(account, purse, lot, Side.ISSUED, -points), Leg(account, purse, lot, Side.HELD, points)
    till.move(legs, opens=(LotOpened(account, purse, lot, till.place.partition("-")[0], DATE, expires_on),))


def test_a_no_counts_where_the_member_has_enough_in_all(two: Two) -> None:
    two.there.load(ALICE, 500)
    two.here.load(ALICE, 20)
    two.here.decline(ALICE, 300, 20)
    two.here.decline(BOB, 300)
    two.receive()
    assert refused(two.office) == {"07": Refused(1, 300, 280)}
    assert figures(two.office).days == [RefusedDay(DATE, Refused(1, 300, 280), Refused())]


@pytest.mark.parametrize(("asked", "counts"), [(520, True), (521, False)])
def test_enough_in_all_is_enough_to_the_cent(two: Two, asked: int, *, counts: bool) -> None:
    two.there.load(ALICE, 500)
    two.here.load(ALICE, 20)
    two.here.decline(ALICE, asked, 20)
    two.receive()
    assert refused(two.office) == ({"07": Refused(1, asked, asked - 20)} if counts else {})


@pytest.mark.parametrize("why", [Decline.NOT_ENOUGH, Decline.NOT_ENOUGH_HERE, Decline.LIES_ELSEWHERE])
def test_hq_believes_its_book_more_than_the_word_with_which_the_till_says_no(why: Decline, two: Two) -> None:
    two.there.load(ALICE, 500)
    two.here.decline(ALICE, 300, decline=why)
    two.receive()
    assert refused(two.office) == {"07": Refused(1, 300, 300)}


@pytest.mark.parametrize("why", sorted(set(Decline) - {"not_enough", "not_enough_here", "lies_elsewhere"}))
def test_no_other_no_is_for_want_of_value_here(why: str, two: Two) -> None:
    two.there.load(ALICE, 500)
    two.here.decline(ALICE, 300, decline=why)
    two.receive()
    assert refused(two.office) == {}


def test_what_a_till_could_not_have_meant_is_counted_nowhere_and_stops_nothing(two: Two) -> None:
    two.there.load(ALICE, 500)
    two.here.decline(ALICE, 300, 300)
    two.here.decline(ALICE, 300, -1)
    two.here.decline(ALICE, 10**12 + 1)
    two.here.decline(ALICE, 300, rule="charge_max")
    two.here.decline(ALICE, 300, business_date="yesterday")
    two.here.decline(ALICE, 300, decline="unheard_of")
    two.here.write(RecordKind.DECLINED, msgspec.Raw(msgspec.msgpack.encode({"kind": 7})))
    two.receive()
    assert refused(two.office, since="") == {}
    assert two.office.view(two.here).posted == len(two.here.chain)


def test_who_tries_three_times_is_one_customer_and_another_sale_is_another(two: Two) -> None:
    two.there.load(ALICE, 500)
    for _ in range(3):
        two.here.decline(ALICE, 300, pos_ref="P-1")
    two.here.decline(ALICE, 200, pos_ref="P-1")
    two.here.decline(ALICE, 300, pos_ref="P-2")
    for _ in range(3):
        two.here.decline(ALICE, 300)
    two.here.decline(ALICE, 200)
    two.receive()
    assert refused(two.office) == {"07": Refused(4, 300 + 300 + 300 + 200, 1100)}


def test_the_same_at_another_till_of_another_member_or_on_another_date_is_another_sale(two: Two) -> None:
    two.there.load(ALICE, 500)
    two.there.load(BOB, 500)
    two.there.decline(ALICE, 300, pos_ref="P-1")
    for account in (ALICE, BOB):
        two.here.decline(account, 300, pos_ref="P-1")
    two.here.decline(ALICE, 300, pos_ref="P-1", business_date=NEXT_DATE)
    two.receive()
    assert refused(two.office) == {"07": Refused(3, 900, 900), "12": Refused(1, 300, 300)}
    assert refused(two.office, since=NEXT_DATE) == {"07": Refused(1, 300, 300)}
    assert [day.business_date for day in figures(two.office).days] == [NEXT_DATE, DATE]


def test_repeats_are_remembered_for_a_tills_last_date_only(two: Two) -> None:
    two.there.load(ALICE, 500)
    for asked in (100, 200, 300):
        two.here.decline(ALICE, asked)
    two.there.decline(ALICE, 100)
    two.here.decline(ALICE, 100, business_date=NEXT_DATE)
    two.receive()
    known = list(two.office.store._connection.execute("select keeper, business_date, sale from refused_sales"))
    assert known == [("07-2", NEXT_DATE, "units 100"), ("12-1", DATE, "units 100")]


def test_it_is_what_hq_knows_when_it_posts_the_no(two: Two) -> None:
    two.here.decline(ALICE, 300, pos_ref="P-1")
    two.office.receive(two.here)
    two.there.load(ALICE, 500)
    two.receive()
    assert refused(two.office) == {}, "the load was earlier, and HQ heard of it too late"
    two.here.decline(ALICE, 300, pos_ref="P-1")
    two.there.charge(ALICE, two.there.loaded[0], 500)
    two.office.receive(two.here)
    two.receive()
    assert refused(two.office) == {"07": Refused(1, 300, 300)}, "the spend was earlier, and HQ heard of it too late"


def test_what_is_between_two_places_is_the_members_too() -> None:
    shop = Shop(Office(rules=NOTHING_PLACED))
    shop.one.load(ALICE, 300)
    shop.one.give(ALICE, part(shop.one.loaded[0], 300), to="07-2")
    shop.two.decline(ALICE, 300)
    shop.office.receive(shop.one)
    shop.office.receive(shop.two)
    assert refused(shop.office) == {"07": Refused(1, 300, 300)}


def test_what_hq_gave_too_late_is_the_members_too(two: Two) -> None:
    two.there.load(ALICE, 300)
    two.there.give(ALICE, part(two.there.loaded[0], 300))
    two.receive()
    two.office.draw(two.here, 300, 300)
    two.here.decline(ALICE, 300)
    two.receive()
    assert refused(two.office) == {"07": Refused(1, 300, 300)}


def test_what_lies_at_a_revoked_till_is_the_members_too(two: Two) -> None:
    two.there.load(ALICE, 300)
    two.receive()
    two.office.store.keeping(lambda book: book.revoke(two.there.place, 1, STAMP))
    two.here.decline(ALICE, 300)
    two.office.receive(two.here)
    assert refused(two.office) == {"07": Refused(1, 300, 300)}


@pytest.mark.parametrize(("expires_on", "counts"), [("2026-11-21", False), (DATE, True), (None, True)])
def test_what_has_expired_is_not_had(two: Two, expires_on: str | None, *, counts: bool) -> None:
    earn(two.there, ALICE, 300, expires_on, purse=Purse.BONUS)
    two.here.decline(ALICE, 300)
    two.receive()
    assert bool(refused(two.office)) is counts


def test_a_blocked_card_has_nothing_to_spend(two: Two) -> None:
    two.there.load(ALICE, 300)
    two.office.block(ALICE)
    two.here.decline(ALICE, 300)
    two.receive()
    assert refused(two.office) == {}


def test_points_are_counted_apart_and_what_the_member_owes_is_not_had(two: Two) -> None:
    earn(two.there, ALICE, 50)
    two.here.decline(ALICE, 0, 10, points=50, decline=Decline.NOT_ENOUGH_POINTS)
    earn(two.there, BOB, 50)
    two.here.decline(BOB, 0, 10, points=50, decline=Decline.NOT_ENOUGH_POINTS)
    two.office.store._connection.execute("insert into debts values (?, 'points', '12-1/1/3', 1)", (BOB,))
    two.receive()
    assert refused_points(two.office) == {"07": Refused(1, 50, 40)}
    assert refused(two.office) == {}


def test_a_sale_that_needs_money_too_is_funded_only_with_both(two: Two) -> None:
    earn(two.there, ALICE, 50)
    two.there.load(ALICE, 100)
    for money in (100, 101):
        two.here.decline(ALICE, money, 10, points=50, decline=Decline.NOT_ENOUGH_POINTS)
    two.receive()
    assert refused_points(two.office) == {"07": Refused(1, 50, 40)}


Step: TypeAlias = tuple[Any, ...]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.integers(0, 1), st.sampled_from([ALICE, BOB]), st.integers(1, 300)),
        st.tuples(
            st.just("decline"),
            st.integers(0, 1),
            st.sampled_from([ALICE, BOB]),
            st.integers(1, 500),
            st.integers(0, 499),
            st.sampled_from([None, "P-1", "P-2"]),
        ),
        st.tuples(st.just("post"), st.integers(0, 1)),
        st.tuples(st.just("next_date"), st.integers(0, 1)),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_is_declined_and_posted_in_whatever_order_the_sums_are_a_plain_models(steps: list[Step]) -> None:
    two, model = Two(), Model()
    tills = two.here, two.there
    for step in steps:
        till = tills[step[1]]
        match step:
            case ("load", number, account, units):
                till.load(account, units)
                model.writes(number, ("load", account, units))
            case ("decline", number, account, asked, here, pos_ref) if here < asked:
                date = model.date(number)
                till.decline(account, asked, here, pos_ref=pos_ref, business_date=date)
                model.writes(number, ("decline", date, account, asked, here, pos_ref))
            case ("post", number):
                two.office.receive(till)
                model.posts(number)
            case ("next_date", number):
                model.dates[number] += 1
            case _:
                pass
    assert {one.store: one.refused for one in figures(two.office, since="").by_store() if one.refused.sales} == {
        store: Refused(*(sums[name] for name in ("sales", "asked", "missing"))) for store, sums in model.sums.items()
    }


class Model:
    """Balances as posted, and every sale that was counted ever."""

    def __init__(self) -> None:
        self.unposted: list[list[Step]] = [[], []]
        self.dates = [22, 22]
        self.has: Counter[str] = Counter()
        self.counted: set[object] = set()
        self.sums: dict[str, Counter[str]] = {}

    def date(self, number: int) -> str:
        return f"2026-{11 + self.dates[number] // 31}-{self.dates[number] % 31 + 1:02}"

    def writes(self, number: int, record: Step) -> None:
        self.unposted[number].append(record)

    def posts(self, number: int) -> None:
        for kind, *said in self.unposted[number]:
            if kind == "load":
                self.has[said[0]] += said[1]
                continue
            date, account, asked, here, pos_ref = said
            sale = (number, date, account, pos_ref or asked)
            if self.has[account] >= asked and sale not in self.counted:
                self.counted.add(sale)
                sums = self.sums.setdefault(("07", "12")[number], Counter())
                sums.update(sales=1, asked=asked, missing=asked - here)
        self.unposted[number].clear()


def test_what_went_wrong_most_comes_first(two: Two) -> None:
    for till, asked in ((two.here, 100), (two.there, 200)):
        till.load(BOB, 300)
        till.decline(BOB, asked)
    two.receive()
    assert [one.store for one in figures(two.office).by_store()] == ["12", "07"]
