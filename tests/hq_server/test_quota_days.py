"""What of a promotion's quota has ended with its last day is shown apart, and is in nobody's way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from hq_server.storage.drawing import Short
from ledger.ids import ChainId, quota_of
from ledger.slices import Asset
from protocol.conversation import Draw, NotDrawn
from tests.hq_server.forger import Keeper
from tests.hq_server.funding import Funding
from tests.hq_server.office import STAMP
from tests.hq_server.recovery.restorable import enrolled

LAST = "2026-11-30"
AFTER = replace(STAMP, business_date="2026-12-01")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Funding]:
    office = Funding(tmp_path)
    yield office
    office.store.close()


@pytest.fixture
def till(office: Funding) -> Keeper:
    """It has four gifts that end, and as many are at HQ; eight that do not are at HQ, too."""
    till = enrolled(office, "07-2", 7)
    office.fund(8, expires_on=LAST)
    office.adopt_old(till)
    office.receive(till)
    office.fund(8)
    return till


@pytest.mark.usefixtures("till")
def test_from_the_day_after_on_it_lies_nowhere_and_is_counted_as_ended(office: Funding) -> None:
    last, after = office.quota(LAST), office.quota(AFTER.business_date)
    assert (last.at_hq, last.under_way, [one.units for one in last.places], last.ended) == (12, 0, [4], 0)
    assert (after.at_hq, after.under_way, after.places, after.ended) == (8, 0, [], 8)


def test_what_is_under_way_ends_too(office: Funding) -> None:
    enrolled(office, "07-2", 7)
    office.fund(8, expires_on=LAST)
    after = office.quota(AFTER.business_date)
    assert (after.funded, after.at_hq, after.under_way, after.ended) == (8, 0, 0, 8)


def test_a_till_with_ended_ones_is_given_others(office: Funding) -> None:
    till = enrolled(office, "07-2", 7)
    office.fund(8, expires_on=LAST)
    office.adopt_old(till)
    office.receive(till)
    office.fund(8, stamp=AFTER)
    assert office.gifts(till) == 4 + 4


def test_nobody_is_asked_for_what_has_ended(office: Funding) -> None:
    till, other = enrolled(office, "07-2", 7), enrolled(office, "08-1", 8)
    office.fund(16, expires_on=LAST)
    office.adopt_old(till)
    office.receive(till)
    office.adopt_old(other)
    office.receive(other)
    asked = Draw("draw-0001", "c0" * 12, quota_of("first-8"), Asset.QUOTA, 9, 9)
    chain = ChainId(other.place, other.epoch)
    assert isinstance(office.store.draw(chain, asked, STAMP), Short), "till 07-2 has some"
    assert isinstance(office.store.draw(chain, asked, AFTER), NotDrawn)
