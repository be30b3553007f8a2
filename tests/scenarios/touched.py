"""What somebody does to the books who has the disks in his hands, and what the auditor says of it."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from hardware_mocks.demo_chain import DemoChain
from ledger.ids import HEADQUARTERS
from offline_queue.auditing.findings import Sort
from tests.scenarios.whole_chain import run_audit

MIDDLE = "select sequence, content from records where keeper = ? order by epoch, sequence limit 1 offset ?"
CONTENT = "select content from records where keeper = ? and sequence = ?"
TOGETHER = ""
"""Several exports show it when they are held against each other."""
SPOILED = {Sort.NOT_SIGNED, Sort.UNREADABLE}
FIFTY_MORE = (
    "insert into slices select account, purse, lot, ?, 1, 50 from lots order by lot limit 1"
    " on conflict do update set units = units + excluded.units returning lot"
)


class Named(NamedTuple):
    """What the auditor's program names, and in whose book."""

    export: str
    sort: str
    at: str


class Book(NamedTuple):
    """A keeper's file, and the name of its export."""

    keeper: str
    file: Path
    export: str

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """In the end the file is what it is now."""
        good = self.file.read_bytes()
        assert not self.file.with_name(f"{self.file.name}-wal").exists(), (
            "its program has ended, and left nothing behind"
        )
        try:
            yield
        finally:
            self.file.write_bytes(good)

    def flip_a_bit(self) -> str:
        """In the middle of a record in the middle of the keeper's own chain; the record."""
        with closing(apsw.Connection(str(self.file))) as book:
            ((records,),) = book.execute("select count(*) from records where keeper = ?", (self.keeper,))
            ((sequence, content),) = book.execute(MIDDLE, (self.keeper, records // 2))
        good, at = self.file.read_bytes(), -1
        while (at := good.find(content, at + 1)) >= 0:  # where a row was before its page was split, nobody reads it
            byte = at + len(content) // 2
            self.file.write_bytes(good[:byte] + bytes([good[byte] ^ 1]) + good[byte + 1 :])
            with closing(apsw.Connection(str(self.file))) as book:
                if list(book.execute(CONTENT, (self.keeper, sequence))) != [(content,)]:
                    return f"{self.keeper}/1/{sequence}"
        raise AssertionError("no record was changed")

    def add_to_a_balance(self) -> str:
        """A member has fifty units more of a lot at this place; the lot."""
        with closing(apsw.Connection(str(self.file))) as book:
            ((lot,),) = book.execute(FIFTY_MORE, (self.keeper,))
        return str(lot)


def books(chain: DemoChain) -> list[Book]:
    """Of tills, of places at HQ, and HQ's own. Every program has ended."""
    kept = {place: till.settings for place, till in chain.tills.items()} | chain.hosted
    tills = [
        Book(place, settings.parent / settings.stem / "till.db", f"{settings.parent.name}-{settings.stem}.counterfoil")
        for place, settings in kept.items()
    ]
    return [*tills, Book(HEADQUARTERS, chain.folder / "hq" / "hq.db", "hq.counterfoil")]


def named(chain: DemoChain, key: str) -> list[Named]:
    """What the auditor finds in all books together."""
    found = json.loads(run_audit(chain, key, "--json").stdout)["found"]
    return [Named(Path(one["export"] or TOGETHER).name, one["sort"], one["at"]) for one in found]


def each_touch_is_named(chain: DemoChain, key: str, *, all_of_them: bool) -> None:
    """A bit is flipped in a book, or a balance changed by hand: the auditor says in which, and where.

    In each book both, or only as many as there are kinds: the first till's, the last book before HQ's, and HQ's own.
    """
    touched = books(chain)
    flipped, edited = (touched, touched) if all_of_them else ([touched[0], touched[-1]], [touched[-2]])
    for book in flipped:
        with book.as_it_was():
            record = book.flip_a_bit()
            found = named(chain, key)
            assert any(one[::2] == (book.export, record) and one.sort in SPOILED for one in found), (record, found)
            assert {one.export for one in found} <= {book.export, TOGETHER}
    for book in edited:
        with book.as_it_was():
            lot = book.add_to_a_balance()
            assert set(named(chain, key)) == {Named(book.export, Sort.BOOK_DIFFERS, lot)}
    assert named(chain, key) == []
