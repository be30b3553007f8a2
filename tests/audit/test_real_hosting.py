"""A hosted store with the real books of its till, its place at HQ and HQ: nothing is found, whoever audits what."""

from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkout.requests import Entry, PresentedCard, Sale
from checkout.results import Decline
from checkout.sold import Paid, PaidWith
from hq_server.exporting import export_headquarters
from hq_server.storage.sqlite import HqStore
from ledger.ids import ChainId, RecordRef
from ledger.journal_sqlite import transaction
from loyalty.evaluation import Item
from offline_queue.auditing.audit import audit
from offline_queue.book_rows import read_rows
from offline_queue.doubts import Given, Hearer, check_directive
from offline_queue.exporting import heading, save_export
from offline_queue.outbox import Stamp
from protocol.conversation import Records
from protocol.hosting import AskedBody
from protocol.records import SignedRecord
from terminal.answers import Answer, Outcome
from terminal.asking import Asked, Identity
from terminal.exporting import TABLES
from terminal.hosted_words import request_of
from tests.audit.halves import HQ_KEY, HQ_PUBLIC_KEY, RULES
from tests.audit.test_floor_limit import FLOOR
from tests.chains.company import ALICE, BOB, POINTS_TOO, units
from tests.chains.till import NO_HQ, NOON, Request, Till, Void, asked

PROGRAMME = msgspec.structs.replace(POINTS_TOO, floor_limit=FLOOR)


class HostedShop:
    """Till 05-1 and its place 05-1@hq, each with its own book, and HQ that holds both chains."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_ms = folder, NOON
        self.hq = HqStore.open(folder / "hq.db", HQ_KEY.sign, RULES)
        self.hq.begin(HQ_PUBLIC_KEY.public_bytes_raw(), "0.1.0", self.stamp())
        self.agent, self.host = self._till("1", 50), self._till("1@hq", 60)

    def stamp(self) -> Stamp:
        self.now_ms += 1000
        return Stamp(self.now_ms, "2026-11-22", "hosted")

    def do(self, request: Request) -> Answer:
        """Asked at the till, done at HQ, and told to the till again."""
        return self.hear(request, self.answer(self.ask(request)))

    def ask(self, request: Request) -> SignedRecord:
        signed = self.agent.store.hosted.ask(asked(request, self.agent.moment()))
        assert isinstance(signed, SignedRecord), signed
        return signed

    def answer(self, ask: SignedRecord, *, or_cancel: bool = False) -> SignedRecord:
        body, moment, store = ask.open().body_as(AskedBody), self.host.moment(), self.host.store
        known = request_of(body, PROGRAMME.card_kinds)
        assert known is not None
        if or_cancel:
            answer = store.hosting.call_off(ask.open(), ask.hash, "called_off", moment, NO_HQ)
        else:
            answer = store.perform(Asked(*known, ask.hash, moment, NO_HQ, warrant=ask))
        assert isinstance(answer, Answer), answer
        ref = RecordRef.parse(answer.record)
        assert ref is not None
        return self.host.store.hosting.record(ref)

    def hear(self, request: Request, told: SignedRecord) -> Answer:
        answer = self.agent.store.hosted.tell(request.operation_id, told, self.agent.moment(), NO_HQ)
        assert answer is not None
        return answer

    def send(self) -> None:
        for till in (self.agent, self.host):
            place = till.identity.place
            assert self.hq.take(Records(place, 1, tuple(till.chain())), self.stamp()) is None
            while self.hq.post(place, 1, self.stamp()).has_more:
                pass

    def exports(self) -> list[Path]:
        self.now_ms += 3_600_000
        files = [self.folder / f"{name}-{self.now_ms}" for name in ("hq", "agent", "host")]
        with transaction(self.hq._connection):
            export_headquarters(self.hq._connection, files[0], now_ms=self.now_ms)
        for till, file in zip((self.agent, self.host), files[1:], strict=True):
            with transaction(till.store._connection):
                rows = read_rows(till.store._connection, TABLES)
                save_export(file, heading(till.identity.place, self.now_ms), rows)
        return files

    def _till(self, number: str, seed: int) -> Till:
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        who = Identity("05", number, key.public_key().public_bytes_raw(), "0.1.0")
        till = Till(self.folder / f"{number}.db", identity=who, key=key, programme=PROGRAMME)
        self.hq.keeping(lambda keepers: keepers.offer(who.place, "05", bytes(10), self.now_ms))
        order = self.hq.keeping(lambda keepers: keepers.enrol(who.place, who.public_key, self.stamp()))
        given = check_directive(order, Hearer(*ChainId(who.place, 1), HQ_PUBLIC_KEY))
        assert isinstance(given, Given), given
        assert till.store.hq.apply(given, till.moment()) is None
        return till


@pytest.fixture
def shop(tmp_path: Path) -> HostedShop:
    return HostedShop(tmp_path)


def number(answer: Answer) -> str:
    assert answer.outcome is Outcome.DONE, answer
    assert answer.receipt_number is not None
    return answer.receipt_number


def day(shop: HostedShop) -> None:
    """Everything that a till can ask for, by real rules; some of it declined, called off, or not heard of yet."""
    agent = shop.agent
    number(shop.do(agent.load_of(ALICE, "500.00", pos_ref="T-1")))
    items = (Item("A1", units("60.00")), Item("B2", units("40.00"), group="pharmacy"))
    parts = (Paid(PaidWith.STORED_VALUE, units("70.00")), Paid(PaidWith.CASH, units("30.00")))
    sale = number(shop.do(agent.sale_of(ALICE, items, *parts)))
    number(shop.do(agent.sale_of(ALICE, (Item("A1", units("1.00")),), Paid(PaidWith.POINTS, units("1.00")))))
    number(shop.do(agent.refund_of(sale, units("25.00"))))
    voided = number(shop.do(agent.charge_of(ALICE, "12.50")))
    whole = Void(agent._id(""), voided, units("12.50"), "C01", None)
    number(shop.do(whole))
    no = shop.do(agent.charge_of(BOB, "20.00"))
    assert no.outcome is Outcome.DECLINED
    late = agent.charge_of(ALICE, "3.00")
    called_off = shop.hear(late, shop.answer(shop.ask(late), or_cancel=True))
    assert called_off.decline == Decline.CANCELLED
    swiped = PresentedCard(BOB, Entry.SWIPED)
    short = Sale.charge(agent._id(""), swiped, units("20.00"), "C01", floor_limit=units("20.00"))
    number(shop.do(short))
    shop.ask(agent.charge_of(ALICE, "4.00"))
    shop.answer(shop.ask(agent.charge_of(ALICE, "5.00")))


def test_a_days_books_are_clean_whoever_audits_what(shop: HostedShop) -> None:
    day(shop)
    shop.send()
    files = shop.exports()
    for count in range(1, len(files) + 1):
        for chosen in combinations(files, count):
            report = audit(chosen, HQ_PUBLIC_KEY).report
            assert report.found == (), [path.name for path in chosen]
    assert not [note for note in audit(files, HQ_PUBLIC_KEY).report.notes if "asked or told" in note]


def test_what_hq_has_of_the_till_may_be_behind_what_it_has_of_its_own_place(shop: HostedShop) -> None:
    """An ask overtakes the records before it, and the place's records are at HQ before the till's are."""
    shop.send()
    day(shop)
    place = shop.host.identity.place
    assert shop.hq.take(Records(place, 1, tuple(shop.host.chain())), shop.stamp()) is None
    hq, agent, host = shop.exports()
    for files in ([hq], [host], [hq, agent, host]):
        assert audit(files, HQ_PUBLIC_KEY).report.found == ()
