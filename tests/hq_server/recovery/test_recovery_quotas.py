"""HQ was put back from a copy: what promotions may give is what it was, as far as HQ can know."""

import pytest

from hq_server.promotions import IsFunded, NotFunded
from hq_server.recovery import Cause, Ended
from ledger.ids import LotId, Place, quota_of
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import Lead, Transfer
from protocol.records import RecordKind
from tests.hq_server.forger import Keeper
from tests.hq_server.funding import Funding
from tests.hq_server.office import STAMP
from tests.hq_server.recovery.restorable import Restorable, enrolled


@pytest.fixture
def kind() -> type[Restorable]:
    return Funding


def test_what_is_funded_lies_at_hq_and_at_tills_and_adds_up(office: Funding, other: Keeper) -> None:
    till = enrolled(office, "07-2", 7)
    assert office.fund(8) is IsFunded.NOW
    assert (office.gifts(till), office.gifts(other)) == (2, 2)
    assert (office.quota().funded, office.quota().at_hq, office.quota().under_way) == (8, 4, 4)
    office.adopt_old(other)
    office.receive(other)
    seen = office.quota()
    assert (seen.at_hq, seen.under_way, [(one.place, one.units) for one in seen.places]) == (4, 2, [("08-1", 2)])
    office.assert_conserved()


@pytest.mark.parametrize("mode", ["hosted", ""])
def test_a_till_that_draws_for_each_sale_has_nothing_ready(office: Funding, mode: str) -> None:
    keeper = Keeper("07-2", mode=mode)
    office.enrol(keeper)
    keeper.open()
    office.adopt(keeper)
    assert office.fund(8) is IsFunded.NOW
    assert (office.gifts(keeper), office.quota().at_hq) == (0, 8)


def test_for_a_store_with_a_lead_its_share_lies_there_alone(office: Funding, other: Keeper) -> None:
    lead, follower = enrolled(office, "07-1", 1), enrolled(office, "07-2", 7)
    named = Lead(Place("07-1"), "https://10.0.7.1:8460")
    office.store.keeping(lambda keepers: keepers.lead("07", named, STAMP, None))
    office.fund(8)
    assert [office.gifts(till) for till in (lead, follower, other)] == [2, 0, 2]


def test_a_tills_place_at_hq_has_nothing_ready_in_whatever_mode_its_store_is_run(
    office: Funding, other: Keeper
) -> None:
    hosted = enrolled(office, "07-2@hq", 7)
    office.fund(8)
    assert (office.gifts(hosted), office.gifts(other)) == (0, 4)


def test_a_promotion_that_is_not_there_or_has_no_limit_is_not_funded(office: Funding) -> None:
    assert office.fund(8, "other") is NotFunded.PROMOTION_UNKNOWN
    assert office.fund(8, "thanks") is NotFunded.NO_LIMIT
    assert not office.own(1, RecordKind.FUNDED)


def test_hq_stands_by_what_it_gave_of_a_quota_and_forgot(office: Funding, other: Keeper) -> None:
    office.fund(8)
    office.copy()
    office.fund(16)
    office.adopt_old(other)
    assert office.quota().funded == 24
    assert office.gifts(other) == 12, "what was left of the first eight, and four of the others"
    office.restore()
    assert office.quota().at_hq == 4
    assert office.fund(8) is NotFunded.RECOVERING
    office.adopt(other)
    assert office.end() is Ended.ENDED
    seen = office.quota()
    assert (seen.funded, seen.unfunded) == (8, 4)
    assert (seen.at_hq, [one.units for one in seen.places]) == (0, [12])
    office.assert_conserved()
    assert not office.suspense()


def test_what_was_funded_after_the_copy_is_given_all_the_same_and_pays_for_nothing_else(
    office: Funding, other: Keeper
) -> None:
    office.copy()
    office.fund(8)
    office.adopt_old(other)
    assert office.gifts(other) == 4
    (gift,) = (one for one in office.orders(other) if isinstance(one, Transfer))
    office.restore()
    office.adopt(other)
    assert office.end() is Ended.ENDED
    assert (office.quota().funded, office.quota().unfunded) == (0, 4), "so much HQ hears of what it has forgotten"
    assert [one.units for one in office.quota().places] == [4]
    quota, lot = quota_of("first-8"), LotId(gift.parts[0].lot)
    other.move((Leg(quota, Purse.QUOTA, lot, Side.HELD, -1), Leg(quota, Purse.QUOTA, lot, Side.SPENT, 1)), kind="sale")
    office.receive(other)
    assert office.fund(20) is IsFunded.NOW
    seen = office.quota()
    assert (seen.funded, seen.unfunded) == (20, 4)
    assert seen.used == 1, "a gift was given that nobody knows to be funded, and no other pays for it"
    assert not office.own(2, RecordKind.NETTED)
    assert not office.suspense()


def test_nothing_is_funded_while_hq_recovers(office: Funding) -> None:
    office.store.recover(Cause.PERSON, 0, STAMP)
    assert office.fund(8) is NotFunded.RECOVERING
    assert not office.own(2, RecordKind.FUNDED)


def test_what_is_sent_again_is_funded_once_also_after_a_start_and_a_recovery(office: Funding) -> None:
    assert office.fund(8, operation_id="autumn-01") is IsFunded.NOW
    assert office.fund(8, operation_id="autumn-01") is IsFunded.BEFORE
    office.copy()  # and HQ starts anew
    assert office.fund(8, operation_id="autumn-01") is IsFunded.BEFORE
    office.fund(1)
    office.restore()
    assert office.fund(8, operation_id="autumn-01") is IsFunded.BEFORE, "it says what was done, and does nothing"
    assert office.end() is Ended.ENDED
    assert office.fund(8, operation_id="autumn-01") is IsFunded.BEFORE
    assert office.quota().funded == 8


def test_another_funding_under_a_known_operation_id_is_a_conflict(office: Funding) -> None:
    office.fund(8, operation_id="autumn-01")
    assert office.fund(9, operation_id="autumn-01") is NotFunded.OPERATION_CONFLICT
    assert office.fund(8, "other", operation_id="autumn-01") is NotFunded.OPERATION_CONFLICT
    assert office.quota().funded == 8
    assert len(office.own(1, RecordKind.FUNDED)) == 1
