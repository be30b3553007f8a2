"""What stores have let go at their own risk, in plain arithmetic: within its bounds, agreed to, and in no balance."""

from __future__ import annotations

from collections import Counter

from checkout.requests import Sale
from checkout.sold import at_risk
from hq_server.storage.sqlite import HqStore
from ledger.ids import AccountId, ChainId, RecordRef
from loyalty.programme import FloorLimit
from terminal.answers import Answer
from terminal.store import TillStore

_ALL = AccountId("")


class LetGo:
    """Budgets count what was let go, whatever came back; a claim is open until refunds have closed it."""

    def __init__(self, floor: FloorLimit | None) -> None:
        self._floor = floor
        self._used: Counter[tuple[ChainId, str, AccountId]] = Counter()
        """By the book, the business date and the account; of the whole till by none."""
        self.open: Counter[tuple[str, AccountId]] = Counter()
        """Claims by store and account."""
        self.sales = self.units = 0

    def sold(self, request: Sale, answer: Answer) -> int:
        """A sale was done; what of it was let go. Raises AssertionError."""
        units, account = at_risk(answer.paid), request.presented.card.account
        if not units:
            return 0
        floor = self._floor
        assert floor is not None, f"{answer} lets go, and the programme has no floor limit"
        assert units == request.floor_limit, f"{units} were let go, and the cashier agreed to {request.floor_limit}"
        assert units <= floor.sale_units, f"{units} were let go in one sale"
        ref = RecordRef.parse(answer.record)
        assert ref is not None, f"{answer} names no record"
        book = ChainId(ref.keeper, ref.epoch)
        for whose, most in ((account, floor.card_day_units), (_ALL, floor.till_day_units)):
            self._used[book, answer.business_date, whose] += units
            used = self._used[book, answer.business_date, whose]
            assert used <= most, f"{book} has let go {used} on {answer.business_date}: {whose or 'its own budget'}"
        self.open[book.store, account] += units
        self.sales, self.units = self.sales + 1, self.units + units
        return units

    def undone(self, original: str, account: AccountId, units: int) -> None:
        """Of the sale with this slip so much was taken back: the claim is smaller by that."""
        key = _store(original), account
        self.open[key] -= units
        assert self.open[key] >= 0, f"more is taken back of {original} than its store had let go"

    def check_book(self, book: TillStore) -> None:
        """A till's budgets, when nobody waits for an answer, are what it said that it let go. Raises AssertionError."""
        place, budgets = ChainId(book.identity.place, book.identity.epoch), book._decisions._shelf.floor_limits
        for (where, day, whose), units in self._used.items():
            if where == place:
                used = budgets.used(day, whose)
                found = used.of_card if whose else used.at_till
                assert found == units, (
                    f"{place} counts {found} for {whose or 'itself'} on {day}, and has let go {units}"
                )

    def check_hq(self, book: HqStore, unheard: Counter[tuple[str, AccountId]], aside: set[AccountId]) -> None:
        """When all is said, HQ shows what stores bear, and whose it is, as far as it could hear. Raises AssertionError.

        `unheard` is what silent tills have let go beyond that; of `aside` something stands in suspense.
        """
        due = Counter({who: units - unheard[who] for who, units in self.open.items() if who[1] not in aside})
        due.update({who: -units for who, units in unheard.items() if who not in self.open and who[1] not in aside})
        shown, by_store = book.showing(lambda showing: (showing.exposure.all(), showing.exposure.by_store()))
        found, stores = Counter[tuple[str, AccountId]](), Counter[str]()
        for line in shown.lines:
            found[line.store, AccountId(line.account)] += 0 if line.account in aside else line.open
        for (store, _), units in due.items():
            stores[store] += units
        if not aside:
            assert by_store == dict(+stores), f"HQ shows {by_store} at risk, and open are {+stores}"
        if shown.total == len(shown.lines):
            assert +found == +due, f"HQ shows {+found} at risk, and open are {+due}"


def _store(name: str) -> str:
    """Of a keeper, or of a slip."""
    return name.partition("-")[0]
