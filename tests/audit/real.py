"""HQ and two tills with their real stores, and between them whoever carries what one has to say to the other."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkout.load import load
from checkout.requests import Entry, Load, PresentedCard, Sale, Tender
from checkout.sale import sale
from hq_server.exporting import export_headquarters
from hq_server.storage.drawing import Short
from hq_server.storage.sqlite import HqStore
from ledger.cards import Card
from ledger.ids import AccountId, ChainId, OperationId, Place
from ledger.journal_sqlite import transaction
from ledger.slices import Asset
from loyalty.programme import Programme
from offline_queue.auditing.audit import audit
from offline_queue.auditing.report import Report
from offline_queue.book_rows import read_rows
from offline_queue.doubts import Given, Hearer, check_directive
from offline_queue.exporting import heading, save_export
from offline_queue.outbox import Stamp
from protocol.conversation import Draw, NotDrawn, Records
from protocol.records import SignedRecord
from terminal.answers import Answer, DayClose, Outcome
from terminal.asking import Asked, Identity, Moment, fingerprint
from terminal.exporting import TABLES
from terminal.modes import MODES
from terminal.store import TillStore
from terminal.wanting import Want
from tests.audit.halves import HQ_KEY, HQ_PUBLIC_KEY, RULES
from tests.chains.company import PROGRAMME, units
from tests.chains.till import NO_HQ, NOON, Request, asked, moment

SYNC_ROUNDS_MAX = 20


class RealCompany:
    """Tills 07-2 and 08-1. Nothing is said between them and HQ but by carry()."""

    def __init__(self, folder: Path, programme: Programme = PROGRAMME) -> None:
        self.folder, self._programme = folder, programme
        self.now_ms, self.operations = NOON, 0
        rules = msgspec.structs.replace(RULES, programme=programme)
        self.hq = HqStore.open(folder / "hq.db", HQ_KEY.sign, rules)
        self.hq.begin(HQ_PUBLIC_KEY.public_bytes_raw(), "0.1.0", self.stamp())
        self.tills: dict[Place, TillStore] = {}
        for number, (store, till) in enumerate((("07", "2"), ("08", "1")), start=20):
            self._enrol(store, till, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
        self.carry()

    def moment(self) -> Moment:
        self.now_ms += 1000
        return moment(self.now_ms)

    def stamp(self) -> Stamp:
        self.now_ms += 1000
        return Stamp(self.now_ms, "2026-11-22", "transfer")

    def load(self, place: str, who: Card, amount: str) -> Answer:
        request = Load(self._operation(), _swiped(who), units(amount), Tender.CASH, "C01", None)
        answer = self.tills[Place(place)].perform(
            Asked(request, load, fingerprint("Load", request), self.moment(), NO_HQ)
        )
        return _done(answer)

    def charge(self, place: str, who: Card, amount: str) -> Answer:
        """A sale; what is missing is drawn from HQ, which recalls it from the other till."""
        request = Sale.charge(self._operation(), _swiped(who), units(amount), "C01", None)
        asked = Asked(request, sale, fingerprint("Sale", request), self.moment(), NO_HQ)
        wanted = self.tills[Place(place)].perform_or_want(asked, MODES["transfer"])
        if not isinstance(wanted, Want):
            return _done(wanted)
        order = self.draw(place, Draw(request.operation_id, who.token, *wanted))
        assert isinstance(order, SignedRecord), order
        self._obey(Place(place), before=order)
        answer = self.tills[Place(place)].settle(self._checked(place, order), asked)
        return _done(answer)

    def ask(self, place: str, request: Request) -> Answer:
        """Anything that is done with what lies here."""
        return _done(self.tills[Place(place)].perform(asked(request, self.moment())))

    def draw(self, place: str, asked: Draw) -> SignedRecord | NotDrawn:
        chain = ChainId(Place(place), 1)
        drawn = self.hq.draw(chain, asked, self.stamp())
        if isinstance(drawn, Short):
            self.hq.recall(asked, drawn.holders, self.stamp())
            for holder in drawn.holders:
                self._carry(holder.keeper, frozenset({AccountId(asked.account)}))
            drawn = self.hq.draw(chain, asked, self.stamp())
        assert not isinstance(drawn, Short), drawn
        return drawn

    def call_home(self, place: Place, who: Card, asset: Asset = Asset.MONEY) -> None:
        """HQ recalls all of it, and keeps it for now."""
        asked = Draw("operation-home", who.token, who.account, asset, 1, 1)
        self.hq.recall(asked, (ChainId(place, 1),), self.stamp())
        self._carry(place, frozenset({who.account}))

    def close_day(self, place: str) -> None:
        assert isinstance(self.tills[Place(place)].close_day(self.moment()), DayClose)

    def close(self) -> None:
        self.hq.close()
        for till in self.tills.values():
            till.close()

    def carry(self, *places: str) -> None:
        """Orders down and records up, until nobody has anything more to say. Of all tills, or of these."""
        for _ in range(SYNC_ROUNDS_MAX):
            said = [self._carry(Place(place)) for place in places or self.tills]
            if not any(said):
                return
        raise AssertionError("they never come to an end")

    def report(self) -> Report:
        return audit([self.export_hq(), *map(self.export_till, self.tills)], HQ_PUBLIC_KEY).report

    def export_hq(self) -> Path:
        out = self.folder / f"hq-{self.moment().now_ms}"
        with transaction(self.hq._connection):
            export_headquarters(self.hq._connection, out, now_ms=self.now_ms)
        return out

    def export_till(self, place: str) -> Path:
        out = self.folder / f"{place}-{self.moment().now_ms}"
        with transaction(self.tills[Place(place)]._connection):
            save_export(out, heading(place, self.now_ms), read_rows(self.tills[Place(place)]._connection, TABLES))
        return out

    def _carry(self, place: Place, in_hand: frozenset[AccountId] = frozenset()) -> bool:
        till, obeyed = self.tills[place], self._obey(place)
        held = self.hq.acknowledgement(place, 1, self.now_ms).held
        records = tuple(till.records(held))
        assert self.hq.take(Records(place, 1, records), self.stamp()) is None
        posted = 0
        while (step := self.hq.post(place, 1, self.stamp(), in_hand)).records:
            posted += step.records
        return bool(obeyed or records or posted)

    def _obey(self, place: Place, before: SignedRecord | None = None) -> int:
        """The till carries out what HQ has ordered, or only what comes before one order; how many orders."""
        till = self.tills[place]
        orders = self.hq.keeping(lambda keepers: keepers.directives(place, 1, till.hq.known().directive))
        due = orders if before is None else orders[: orders.index(before)]
        for order in due:
            assert till.hq.apply(self._checked(place, order), self.moment()) is None
        return len(due)

    def _enrol(self, store: str, till: str, key: Ed25519PrivateKey) -> None:
        who = Identity(store, till, key.public_key().public_bytes_raw(), "0.1.0")
        place = who.place
        self.tills[place] = TillStore.open(self.folder / f"{place}.db", who, key.sign, self._programme)
        self.tills[place].begin(self.moment(), "transfer")
        self.hq.keeping(lambda keepers: keepers.offer(place, store, bytes(10), self.now_ms))
        self.hq.keeping(lambda keepers: keepers.enrol(place, who.public_key, self.stamp()))

    def _checked(self, place: str, order: SignedRecord) -> Given:
        given = check_directive(order, Hearer(Place(place), 1, HQ_PUBLIC_KEY))
        assert isinstance(given, Given), given
        return given

    def _operation(self) -> OperationId:
        self.operations += 1
        return OperationId(f"operation-{self.operations}")


def _swiped(who: Card) -> PresentedCard:
    return PresentedCard(who, Entry.SWIPED)


def _done(answer: object) -> Answer:
    assert isinstance(answer, Answer), answer
    assert answer.outcome is not Outcome.DECLINED, answer
    return answer
