"""Which sales another till may undo, and how people read of it."""

import msgspec
import pytest

from checkout.requests import Original
from checkout.sold import Paid, PaidWith
from hq_server.record_views import Summary, summary
from hq_server.rights import may_move
from ledger.ids import LotId
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import Directive, Order
from protocol.originals import original_of
from protocol.records import RecordKind
from protocol.rights import RIGHT_LOTS_MAX, Entrust, GiveRight
from tests.hq_server.forger import ALICE, BOB, Keeper, issued, spent

LOT = LotId("07-2/1/2")


@pytest.fixture
def sale() -> Original:
    """Alice has bought for 100, and earned 5 points."""
    original = original_of(Keeper().sell(ALICE, LOT, 100, earned=5).open(), [])
    assert original is not None
    return original


def test_what_touched_too_many_lots_is_its_own_tills_to_undo(sale: Original) -> None:
    lots = [Leg(ALICE, Purse.PRINCIPAL, LotId(f"07-2/1/{number}"), Side.SPENT, 1) for number in range(RIGHT_LOTS_MAX)]
    assert may_move(sale)
    assert may_move(msgspec.structs.replace(sale, spent=tuple(lots), issued=()))
    assert not may_move(msgspec.structs.replace(sale, spent=tuple(lots))), "its points are one more"


@pytest.mark.parametrize(
    "lie",
    [
        {"spent": (spent(BOB, LOT, 100),)},
        {"spent": (spent(ALICE, LOT, -1),)},
        {"issued": (issued(ALICE, LOT, 1),)},
        {"paid": (Paid(PaidWith.CASH, 101), Paid(PaidWith.STORED_VALUE, -1))},
        {"paid": (Paid(PaidWith.POINTS, 100, -1),)},
    ],
)
def test_what_no_honest_till_has_left_is_not_another_tills_to_undo(sale: Original, lie: dict[str, object]) -> None:
    assert not may_move(msgspec.structs.replace(sale, **lie))


def test_people_read_which_right_went_where() -> None:
    keeper, hq = Keeper(), Keeper("hq")
    sale = keeper.sell(ALICE, LOT, 100)
    given = keeper.give_right(sale)
    orders: list[Order] = [GiveRight("07-2/1/1"), Entrust("operation-1", keeper.raw_key, given)]
    bodies = [Directive("12-1", 1, number, order) for number, order in enumerate(orders)]
    directives = [hq.write(RecordKind.DIRECTIVE, body) for body in bodies]
    applied = keeper.apply(directives[1])
    slip = ("07-2/1/1", "07-2-000001")
    assert [summary(signed.open()) for signed in (given, *directives, applied)] == [
        Summary("right_given", ALICE, told=slip),
        Summary("give_right", told=("12-1/1", "0", "07-2/1/1")),
        Summary("entrust", ALICE, told=("12-1/1", "1", *slip)),
        Summary("entrust", ALICE, told=("hq/1/2", *slip)),
    ]
