"""Swipe bytes to a committed, signed decision, against one bare FULL commit of the same disk, in turn.

    .venv/bin/python -m bench.sale [--sales N]

Bare: one row into a table of its own, write-ahead log, synchronous=FULL. Sale: the bytes of a swipe through the
decoder, the card's proof, the use case, the book's rules, entries, slices, receipt number, slip job, signed record and
answer, in one commit, and the marker behind it. Only the ratio means anything: the two alternate, so both see the same
weather. It is of this disk: what a sale takes of the processor (median) is the same on any, and weighs less the longer
a commit takes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import apsw

from checkout.load import load
from checkout.requests import Entry, Load, PresentedCard, Sale, Tender
from checkout.sale import sale
from drivers.events import Tracks
from drivers.magstripe.decoder import SwipeDecoder
from drivers.profiles import GENERIC_READER
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import swiped
from ledger.cards import Card, CardScheme
from ledger.ids import OperationId
from loyalty.programme import Programme
from offline_queue.keys import till_key
from offline_queue.marker_file import MarkerFile
from terminal.answers import Answer, HqState, HqStatus
from terminal.asking import Asked, Identity, Moment
from terminal.config import read_toml
from terminal.store import TillStore

HQ = HqStatus(HqState.NEVER, None)
LOTS = 3
"""What a member has at a till: three loads, each with principal and bonus."""
LOADED = 1_000_000
PRICE = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sales", type=int, default=1000)
    count = parser.parse_args().sales
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sale, bare = _sale(Path(folder), stack), _bare(Path(folder))
        sales, commits = [], []
        for number in range(count):
            commits.append(_timed(bare, number))
            sales.append(_timed(sale, number))
    print(f"{count} of each, in turn; milliseconds")
    print(f"{'':24}{'median':>10}{'p99':>10}{'processor':>12}")
    for name, times in (("bare FULL commit", commits), ("swipe to committed sale", sales)):
        print(f"{name:24}{_median(times) * 1e3:10.3f}{_p99(times) * 1e3:10.3f}{_processor(times) * 1e3:12.3f}")
    print(f"{'ratio':24}{_median(sales) / _median(commits):10.2f}{_p99(sales) / _p99(commits):10.2f}")


def _sale(folder: Path, stack: ExitStack) -> Callable[[int], None]:
    store = DemoStore(folder)
    store.settings()
    programme = read_toml(folder / "programme.toml", Programme)
    scheme = store.scheme()
    key = till_key(folder)
    identity = Identity("07", "1", key.public_key().public_bytes_raw(), "bench")
    book = TillStore.open(folder / "till.db", identity, key.sign, programme, marker=MarkerFile(folder / "till.head"))
    stack.callback(book.close)
    book.begin(_now(), "transfer")
    data = swiped(GENERIC_READER, None, store.track2(1), None)
    decoder = SwipeDecoder(GENERIC_READER)
    for number in range(LOTS):
        request = Load(OperationId(f"load-{number:04}"), _present(scheme, decoder, data), LOADED, Tender.CASH, "")
        book.perform(Asked(request, load, b"", _now(), HQ))

    def sell(number: int) -> None:
        request = Sale.charge(OperationId(f"charge-{number:06}"), _present(scheme, decoder, data), PRICE, "")
        answer = book.perform(Asked(request, sale, b"", _now(), HQ))
        assert isinstance(answer, Answer)
        assert answer.receipt_number is not None
        book.trust.mark()

    return sell


def _present(scheme: CardScheme, decoder: SwipeDecoder, data: bytes) -> PresentedCard:
    [tracks] = decoder.receive(data)
    assert isinstance(tracks, Tracks)
    card = scheme.read_tracks(tracks.track1, tracks.track2)
    assert isinstance(card, Card)
    return PresentedCard(card, Entry.SWIPED)


def _bare(folder: Path) -> Callable[[int], None]:
    connection = apsw.Connection(str(folder / "bare.db"))
    for pragma in ("locking_mode=exclusive", "journal_mode=wal", "synchronous=full"):
        connection.execute(f"pragma {pragma}")
    connection.execute("create table rows (number integer primary key, content blob) strict")

    def commit(number: int) -> None:
        connection.execute("begin immediate")
        connection.execute("insert into rows values (?, ?)", (number, b"x" * 600))
        connection.execute("commit")

    return commit


def _now() -> Moment:
    return Moment(time.time_ns() // 1_000_000, "2026-11-22T12:00:00+08:00")


class Took(NamedTuple):
    """Seconds by the clock, and of them those in which the processor worked for it."""

    clock: float
    processor: float


def _timed(work: Callable[[int], None], number: int) -> Took:
    clock, processor = time.perf_counter(), time.process_time()
    work(number)
    return Took(time.perf_counter() - clock, time.process_time() - processor)


def _median(times: list[Took]) -> float:
    return statistics.median(one.clock for one in times)


def _p99(times: list[Took]) -> float:
    return sorted(one.clock for one in times)[int(len(times) * 0.99)]


def _processor(times: list[Took]) -> float:
    return statistics.median(one.processor for one in times)


if __name__ == "__main__":
    main()
