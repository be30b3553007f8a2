"""A book that is not the latest of its chain sells nothing: a marker and witnesses tell, and an old copy is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import msgspec
import pytest

from ledger.ids import HEADQUARTERS, Place
from ledger.journal_sqlite import BookUnusable, transaction
from ledger.slices import Asset
from offline_queue.doubts import Doubt
from offline_queue.marker_file import Mark
from protocol.acknowledgements import VERSION, Acknowledgement, seal_acknowledgement
from protocol.bodies import PrintBody, Why
from protocol.conversation import Draw, NotDrawn
from protocol.records import RecordKind
from protocol.rejections import Fault, Rejection
from terminal.answers import Answer, BookState, Problem
from terminal.slip_job import SlipState, SlipStep
from terminal.store import TillStore
from tests.chains.company import ALICE, PROGRAMME
from tests.chains.headquarters import HQ_KEY, Headquarters
from tests.chains.till import IDENTITY, Till, asked
from tests.terminal.one_store import chain_of, with_alices_money

LEAD = Place("07-1")


@dataclass
class Shelved:
    """A marker in memory: what a file beside the book would say."""

    mark: Mark | None = None
    written: list[int] = field(default_factory=list)
    is_closed: bool = False

    def read(self) -> Mark | None:
        return self.mark

    def write(self, mark: Mark) -> None:
        self.mark = mark
        self.written.append(mark.sequence)

    def close(self) -> None:
        self.is_closed = True


class Marked:
    """A till whose store marks its head behind each call, as its thread has it do."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.marker = folder, Shelved()
        self.till = Till(folder / "till.db", marker=self.marker)
        self.load("500.00")

    def load(self, amount: str) -> Answer:
        loaded = self.till.load(ALICE, amount)
        self.till.store.trust.mark()
        return loaded

    def charge(self, amount: str) -> Answer:
        charged = self.till.charge(ALICE, amount)
        self.till.store.trust.mark()
        return charged

    def copy(self) -> None:
        """Somebody saves the file."""
        self.till.store.close()
        shutil.copy(self.folder / "till.db", self.folder / "saved.db")
        self.till.start()

    def restore(self) -> None:
        """Somebody puts the saved file back, and the program starts."""
        self.till.store.close()
        for left in self.folder.glob("till.db*"):
            left.unlink()
        shutil.copy(self.folder / "saved.db", self.folder / "till.db")
        self.till.start()

    def word(self, held: int | None = None, held_hash: bytes | None = None) -> Acknowledgement:
        """What a witness that holds so many records of this chain signs; None: all of them."""
        chain = self.till.chain()
        held = len(chain) if held is None else held
        known = chain[held - 1].hash if 0 < held <= len(chain) else bytes(32)
        who = IDENTITY.place, IDENTITY.epoch
        return Acknowledgement(VERSION, 1, *who, held, held_hash or known, held, 0, bytes(32), self.till.now_ms)

    def hears(self, said: Acknowledgement, by: Place = HEADQUARTERS) -> Doubt | None:
        store, moment = self.till.store, self.till.moment()
        if by == HEADQUARTERS:
            return store.believe(seal_acknowledgement(said, HQ_KEY.sign), said, moment)
        return store.compare_copy(said, by, moment)

    def state(self) -> BookState:
        return self.till.store.trust.state

    def is_stopped(self, problem: Problem) -> bool:
        """Whether nothing at all is added to the chain by any hand; somebody has set the clock back, too."""
        till, chain = self.till, self.till.chain()
        till.now_ms -= 3_600_000
        assert till.ask(till.charge_of(ALICE, "1.00")) is problem
        assert till.ask(till.load_of(ALICE, "1.00")) is problem
        assert till.store.close_day(till.moment()) is problem
        assert till.store.take_step(1, SlipStep.STARTED, (), till.moment()) is None
        return till.chain() == chain


@pytest.fixture
def shop(tmp_path: Path) -> Marked:
    return Marked(tmp_path)


def test_a_new_book_is_sure_and_each_commit_is_marked(shop: Marked) -> None:
    assert shop.state() is BookState.SURE
    before = len(shop.marker.written)
    shop.charge("1.00")
    shop.charge("2.00")
    assert len(shop.marker.written) == before + 2
    last = shop.till.chain()[-1]
    assert shop.marker.mark == Mark(IDENTITY.place, IDENTITY.epoch, last.open().sequence, last.hash)


def append_in_vain(shop: Marked) -> None:
    """A record that is rolled back."""
    store, body = shop.till.store, PrintBody("07-2-000001", 1, SlipStep.STARTED, ())
    with suppress(RuntimeError), transaction(store._connection):
        store.append(store.head(), RecordKind.PRINT, body, shop.till.moment())
        raise RuntimeError


def test_what_was_rolled_back_is_not_marked(shop: Marked) -> None:
    known = shop.marker.mark
    append_in_vain(shop)
    shop.till.store.trust.mark()
    assert shop.marker.mark == known


def test_a_book_that_the_marker_has_seen_longer_is_an_old_copy_and_stays_one(shop: Marked) -> None:
    shop.copy()
    shop.charge("400.00")
    mark = shop.marker.mark
    shop.restore()
    assert (shop.state(), shop.till.store.trust.by) == (BookState.BEHIND, None)
    assert shop.is_stopped(Problem.BOOK_BEHIND), "400.00 lies here once more"
    shop.hears(shop.word())
    shop.till.store.trust.mark()
    assert (shop.state(), shop.marker.mark) == (BookState.BEHIND, mark), "an HQ that knows less does not end it"
    shop.till.restart()
    assert shop.is_stopped(Problem.BOOK_BEHIND)


def test_a_start_marks_what_a_power_cut_has_left_unmarked(shop: Marked) -> None:
    before = shop.marker.mark
    shop.copy()
    shop.charge("1.00")
    shop.till.store.close()
    shop.marker.mark = before
    shop.till.start()
    shop.till.store.trust.mark()
    shop.restore()
    assert shop.state() is BookState.BEHIND


def test_before_a_book_is_begun_no_call_marks_it(shop: Marked) -> None:
    shop.copy()
    shop.charge("1.00")
    known = shop.marker.mark
    old = TillStore.open(shop.folder / "saved.db", IDENTITY, shop.till.key.sign, PROGRAMME, marker=shop.marker)
    old.trust.mark()
    old.close()
    assert shop.marker.mark == known


def test_what_was_done_is_still_told_by_an_old_copy(shop: Marked) -> None:
    done = shop.charge("1.00")
    shop.copy()
    shop.charge("400.00")
    shop.restore()
    assert shop.state() is BookState.BEHIND
    again = shop.till.ask(shop.till.charge_of(ALICE, "1.00", done.operation_id))
    assert isinstance(again, Answer)
    assert (again.replayed, again.receipt_number) == (True, done.receipt_number)


def test_without_a_marker_nothing_moves_until_a_witness_answers(shop: Marked) -> None:
    job = shop.till.store.slips_waiting()[0].number
    assert shop.till.store.take_step(job, SlipStep.STARTED, (), shop.till.moment()) is not None
    shop.marker.mark = None
    shop.till.restart()
    assert shop.state() is BookState.UNCONFIRMED
    assert shop.is_stopped(Problem.BOOK_UNCONFIRMED)
    shop.till.store.trust.mark()
    assert shop.marker.mark is None, "a book that nobody has confirmed confirms itself at the next start"
    assert shop.hears(shop.word(1)) is None
    assert shop.state() is BookState.SURE
    last = shop.till.chain()[-1].open()
    assert last.body_as(PrintBody).step == SlipStep.UNKNOWN, "the slip that was cut off is in question now"
    shop.charge("1.00")
    assert shop.marker.mark is not None


@pytest.mark.parametrize("by", [HEADQUARTERS, LEAD])
def test_a_book_is_not_confirmed_by_a_commit_that_comes_to_nothing(
    by: Place, shop: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: the slip that was cut off would be in question for nobody until the next start."""
    job = shop.till.store.slips_waiting()[0].number
    shop.till.store.take_step(job, SlipStep.STARTED, (), shop.till.moment())
    shop.marker.mark = None
    shop.till.restart()

    def is_full(*_: object) -> None:
        raise apsw.FullError

    with monkeypatch.context() as patch:
        patch.setattr(shop.till.store.slips, "move", is_full)
        with pytest.raises(apsw.FullError):
            shop.hears(shop.word(), by)
    assert shop.state() is BookState.UNCONFIRMED
    assert shop.is_stopped(Problem.BOOK_UNCONFIRMED)
    assert shop.hears(shop.word(), by) is None
    assert (shop.state(), shop.till.store.slips_waiting()[0].state) == (BookState.SURE, SlipState.UNKNOWN)


def test_a_lead_confirms_a_book_too(shop: Marked) -> None:
    shop.marker.mark = None
    shop.till.restart()
    assert shop.hears(shop.word(2), LEAD) is None
    assert shop.state() is BookState.SURE


WORDS: dict[str, tuple[Callable[[Marked], Acknowledgement], Doubt]] = {
    "more records": (lambda shop: shop.word(999), Doubt.AHEAD),
    "another record": (lambda shop: shop.word(2, bytes(31) + b"\1"), Doubt.OTHER_CHAIN),
}


@pytest.mark.parametrize("by", [HEADQUARTERS, LEAD])
@pytest.mark.parametrize(("word", "doubt"), WORDS.values(), ids=WORDS.keys())
@pytest.mark.parametrize("has_marker", [True, False])
def test_a_witness_that_has_what_is_not_here_stops_a_till_and_the_marker_remembers_it(
    word: Callable[[Marked], Acknowledgement], doubt: Doubt, by: Place, shop: Marked, *, has_marker: bool
) -> None:
    """Whoever restores the whole folder restores the marker with it: then only a witness can tell."""
    if not has_marker:
        shop.marker.mark = None
        shop.till.restart()
    told: list[BookState] = []
    shop.till.store.when_doubted(lambda: told.append(shop.state()))
    assert shop.hears(word(shop), by) is doubt
    assert (shop.state(), shop.till.store.trust.by, told) == (BookState.BEHIND, by, [BookState.BEHIND])
    assert shop.is_stopped(Problem.BOOK_BEHIND)
    shop.till.restart()
    assert shop.state() is BookState.BEHIND
    assert shop.is_stopped(Problem.BOOK_BEHIND)


def test_a_call_that_came_to_nothing_moves_no_mark_of_a_witness(shop: Marked) -> None:
    append_in_vain(shop)
    shop.hears(shop.word(999))
    mark = shop.marker.mark
    shop.till.store.trust.mark()
    assert (shop.marker.mark, mark and mark.sequence) == (mark, 999)


def test_what_hq_orders_is_not_carried_out_in_an_old_copy(shop: Marked) -> None:
    hq = Headquarters()
    hq.funds.add(ALICE.account, 100_00)
    shop.hears(shop.word(999))
    chain, moment = shop.till.chain(), shop.till.moment()
    drawn = hq.transfer(ALICE.account, 50_00, Why.DRAW, "sale-0001")
    assert shop.till.store.hq.apply(drawn, moment) is Doubt.AHEAD
    sale = shop.till.charge_of(ALICE, "1.00", "sale-0001")
    assert shop.till.store.settle(drawn, asked(sale, moment)) is Doubt.AHEAD
    assert shop.till.chain() == chain


def test_an_old_copy_lends_nothing_takes_nothing_back_and_takes_no_gift(tmp_path: Path) -> None:
    store = with_alices_money(tmp_path)
    gift = store.lend(100_00)
    for till in (store.lead, store.till):
        said = Acknowledgement(VERSION, 1, *chain_of(till), 999, bytes(32), 0, 0, bytes(32), 1)
        assert till.store.compare_copy(said, Place("07-3"), till.moment()) is Doubt.AHEAD
    chains = store.lead.chain(), store.till.chain()
    assert store.take(gift) is Doubt.AHEAD
    draw = Draw("sale-0002", ALICE.token, ALICE.account, Asset.MONEY, 50_00, 1)
    assert isinstance(store.draw_as(chain_of(store.till), draw), NotDrawn)
    assert store.copy() == Fault(Rejection.FENCED)
    assert store.lead.store.lending.key_of(chain_of(store.till)) is None
    assert (store.lead.chain(), store.till.chain()) == chains


def test_two_books_that_nobody_has_confirmed_confirm_each_other(tmp_path: Path) -> None:
    """All of a store's markers are gone, HQ is not there: with each waiting for the other it would never sell again."""
    store = with_alices_money(tmp_path)
    store.name_lead(witness="07-2")
    store.take(store.lend(100_00))
    lead, till = store.lead, store.till
    for one in (lead, till):
        one.marker = Shelved()
        one.restart()
        assert one.store.trust.state is BookState.UNCONFIRMED
    before = lead.chain()
    assert store.copy() == Fault(Rejection.GAP), "what went back can be taken later: the till says it again"
    assert isinstance(store.draw(1_00, operation_id="sale-0009"), NotDrawn)
    assert lead.chain() == before
    for upper, lower in ((till, lead), (lead, till)):
        assert upper.store.lending.key_of(chain_of(lower)) is not None
        word = upper.store.lending.acknowledgement(chain_of(lower), 1)
        assert lower.store.compare_copy(word, upper.identity.place, lower.moment()) is None
        assert lower.store.trust.state is BookState.SURE
    assert store.copy() is None
    assert store.has == (500_00, 0)


def test_an_empty_book_in_the_place_of_one_that_has_sold_is_refused(shop: Marked) -> None:
    shop.till.store.close()
    (shop.folder / "till.db").unlink()
    with pytest.raises(BookUnusable, match=r"has written 2 records, and its book is empty"):
        shop.till.start()
    shop.till.store.close()


def test_the_mark_of_the_machine_before_stops_no_new_one(shop: Marked) -> None:
    assert shop.marker.mark is not None
    shop.marker.mark = msgspec.structs.replace(shop.marker.mark, sequence=999)
    shop.till.store.close()
    (shop.folder / "till.db").unlink()
    shop.till.identity = msgspec.structs.replace(IDENTITY, epoch=2)
    shop.till.start()
    assert shop.state() is BookState.SURE
    shop.load("1.00")
    assert (shop.marker.mark.epoch, shop.marker.mark.sequence) == (2, 2)


def test_the_marker_is_given_free_with_the_book(shop: Marked) -> None:
    shop.till.store.close()
    assert shop.marker.is_closed
