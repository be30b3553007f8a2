"""HQ with promotions, which can be funded, and put back."""

from msgspec.structs import replace

from hq_server.promotions import IsFunded, NotFunded, PromotionView
from loyalty.promotions import Limit, Occasion, Promotion
from offline_queue.outbox import Stamp
from protocol.bodies import Transfer
from protocol.promotions import Funded
from tests.hq_server.forger import Keeper
from tests.hq_server.office import NOTHING_PLACED, STAMP
from tests.hq_server.recovery.restorable import Restorable

GIFT = Promotion("first-8", "開幕禮", Occasion.LOAD, 100_00, 20_00, limited_by=Limit.NUMBER)
ALWAYS = Promotion("thanks", "感謝", Occasion.LOAD, 100_00, 1_00)
PROGRAMME = replace(NOTHING_PLACED.programme, promotions=(GIFT, ALWAYS))


class Funding(Restorable):
    """Eight gifts are funded at a time, or as many as is said."""

    rules = replace(NOTHING_PLACED, programme=PROGRAMME)
    fundings = 0

    def fund(
        self,
        units: int,
        promotion: str = "first-8",
        *,
        operation_id: str = "",
        expires_on: str | None = None,
        stamp: Stamp = STAMP,
    ) -> IsFunded | NotFunded:
        """Each time under an operation id of its own, unless one is named."""
        self.fundings += 1
        body = Funded(operation_id or f"funding-{self.fundings}", promotion, units, expires_on, "ann")
        outcome = self.store.within(lambda: self.store.quotas.fund(body, stamp))
        self.store.settle(stamp)  # as the desk does
        return outcome

    def quota(self, today: str = STAMP.business_date) -> PromotionView:
        """It always adds up."""
        seen = self.store.within(lambda: self.store.quotas.all(today))[0]
        there = seen.at_hq + seen.under_way + sum(one.units for one in seen.places) + seen.ended
        assert seen.funded + seen.unfunded == seen.used + there
        return seen

    def gifts(self, keeper: Keeper) -> int:
        return sum(part.units for order in self.orders(keeper) if isinstance(order, Transfer) for part in order.parts)
