"""HQ with tills that get lost: their machines are replaced or revoked, and two people write off what lay there."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hq_server.exporting import export_headquarters
from hq_server.write_offs import Decided, WriteOffView
from ledger.ids import HEADQUARTERS, AccountId, ChainId
from ledger.journal_sqlite import transaction
from ledger.slices import Purse
from offline_queue.auditing.audit import audit
from offline_queue.outbox import Stamp
from protocol.records import RecordKind, SignedRecord
from protocol.write_offs import WrittenOff
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.office import HQ_KEY, NOON_MS, NOTHING_PLACED, Office

ANN, BEN = "ann", "ben"


class LossOffice(Office):
    """Nothing is placed ahead, and nothing recalled: what lies at a till stays until somebody moves it."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        super().__init__(path, rules=NOTHING_PLACED)
        self.now_ms = NOON_MS

    def stamp(self) -> Stamp:
        return Stamp(self.now_ms, "2026-11-22", "hq")

    def replace(self, keeper: Keeper) -> Keeper:
        """Another machine in this till's place."""
        another = Keeper(keeper.place, keeper.epoch + 1, seed=keeper.epoch + 100)
        self.enrol(another)
        return another

    def revoke(self, keeper: Keeper) -> None:
        self.store.keeping(lambda keepers: keepers.revoke(keeper.place, keeper.epoch, self.stamp()))

    def decide(self, keeper: Keeper, by: str) -> Decided:
        """One person's word, and the step that may follow from it in the same commit."""
        return self.store.write_off(ChainId(keeper.place, keeper.epoch), by, self.stamp())[0]

    def write_off(self, keeper: Keeper) -> WriteOffView:
        """Two people's word, and all steps that follow from it."""
        assert [self.decide(keeper, by) for by in (ANN, BEN)] == [Decided.SECOND_PERSON_WANTED, Decided.AGREED]
        self.post(keeper)
        return self.lost(keeper)

    def lost(self, keeper: Keeper) -> WriteOffView:
        said = self.view(keeper).write_off
        assert said is not None, "somebody has proposed it"
        return said

    def paid(self, keeper: Keeper) -> int:
        """What the company has paid of money, in units."""
        return self.lost(keeper).paid_money

    def audited(self) -> list[str]:
        """What an auditor finds in HQ's book alone."""
        book = self.store._connection
        with TemporaryDirectory() as folder, transaction(book):
            out = Path(folder) / "hq.counterfoil"
            export_headquarters(book, out, now_ms=NOON_MS)
            return [str(one.finding) for one in audit([out], HQ_KEY.public_key()).report.found]

    def written(self) -> list[WrittenOff]:
        """HQ's records that write off."""
        records = (signed.open() for signed in self.store.records(HEADQUARTERS, 1))
        return [one.body_as(WrittenOff) for one in records if one.kind is RecordKind.WRITTEN_OFF]

    def parts(self) -> Counter[tuple[str, str]]:
        """All that they have written off, by purse and lot."""
        sums: Counter[tuple[str, str]] = Counter()
        for one in (part for body in self.written() for part in body.parts):
            sums[one.purse, one.lot] += one.units
        return sums

    def money(self, account: AccountId = ALICE) -> int:
        """What a member has, as HQ counts it: at all places, and under way."""
        places = self.store.showing(lambda showing: showing.balances(account))
        under_way = self.store.showing(lambda showing: showing.lots.under_way(account))
        return sum(one.principal + one.bonus for one in places) + sum(
            under_way.get(purse, 0) for purse in (Purse.PRINCIPAL, Purse.BONUS)
        )

    def assert_adds_up(self, *lost: Keeper) -> None:
        """Of each lot all that was issued or paid is somewhere, and what is kept beside the entries is their sum."""
        self.assert_conserved()
        page = self.store.showing(lambda showing: showing.lots.page())
        assert page.unexplained == []
        for sums in page.purses:
            assert sums.issued + sums.owed + sums.risk == sums.held + sums.under_way + sums.spent
            assert min(sums.held, sums.under_way, sums.risk) >= 0
        assert sum(one.held for one in page.places) == sum(one.held for one in page.purses)
        assert min([one.held for one in page.places], default=0) >= 0
        views = [self.lost(keeper) for keeper in lost]
        money = [one.risk for one in page.purses if one.purse != Purse.POINTS]
        assert sum(money) == sum(view.paid_money for view in views)
        assert sum(one.risk for one in page.purses) - sum(money) == sum(view.paid_points for view in views)
        for view in views:
            assert 0 <= view.paid_money <= view.money
            assert 0 <= view.paid_points <= view.points
        for keeper in lost:
            assert self.view(keeper).money == self._counted_at(keeper, Purse.PRINCIPAL)

    def _counted_at(self, keeper: Keeper, purse: Purse) -> int:
        """What is at a lost place, or under way to it, and was not written off; added up anew."""
        book = self.store._connection
        query = "select account, lot, units from slices where place = ? and epoch = ? and purse = ?"
        lies = Counter({(a, lot): units for a, lot, units in book.execute(query, (keeper.place, keeper.epoch, purse))})
        query = (
            "select account, lot, under_way, written_off from lost_slices where keeper = ? and epoch = ? and purse = ?"
        )
        rows = {(a, lot): rest for a, lot, *rest in book.execute(query, (keeper.place, keeper.epoch, purse))}
        return sum(max(lies[key] + rows.get(key, (0, 0))[0] - rows.get(key, (0, 0))[1], 0) for key in {*lies, *rows})


def funded(office: Office, keeper: Keeper, *units: int) -> Keeper:
    """Enrolled, and what it has loaded for Alice is known to HQ."""
    office.enrol(keeper)
    keeper.open()
    for one in units:
        keeper.load(ALICE, one)
    office.receive(keeper)
    return keeper


def drawn(office: Office, keeper: Keeper, units: int) -> SignedRecord:
    given = office.draw(keeper, units, units, operation_id=f"draw-{keeper.place}-{units}")
    assert isinstance(given, SignedRecord), given
    return given
