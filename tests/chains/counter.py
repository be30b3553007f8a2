"""What customers ask for at the counters of a chain: each request has an identity of its own."""

from checkout.requests import Entry, Load, PresentedCard, Sale, Tender, Undo
from checkout.sold import Paid, PaidWith
from ledger.cards import Card
from ledger.ids import OperationId
from loyalty.evaluation import Item
from tests.chains.till import Void


class Counter:
    """Words that are not asked yet. `operations`: how many identities were given."""

    def __init__(self) -> None:
        self.operations = 0

    def load(self, who: Card, units: int) -> Load:
        return Load(self._operation(), PresentedCard(who, Entry.SWIPED), units, Tender.CASH, "C01", None)

    def charge(self, who: Card, units: int) -> Sale:
        return Sale.charge(self._operation(), PresentedCard(who, Entry.SWIPED), units, "C01", None)

    def sale(self, who: Card, parts: dict[PaidWith, int]) -> Sale:
        """One thing, paid in these parts; those of nothing are left out."""
        paid = tuple(Paid(tender, units) for tender, units in parts.items() if units)
        items = (Item("tea", sum(part.units for part in paid)),)
        return Sale(self._operation(), PresentedCard(who, Entry.SWIPED), items, paid, "C01", None)

    def refund(self, receipt_number: str, units: int) -> Undo:
        return Undo(self._operation(), receipt_number, units, "C01", None)

    def void(self, receipt_number: str, units: int) -> Void:
        return Void(self._operation(), receipt_number, units, "C01", None)

    def _operation(self) -> OperationId:
        self.operations += 1
        return OperationId(f"operation-{self.operations}")
