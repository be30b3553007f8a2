"""Books of tests are copied from the first of their kind: the same pages, in a third of the time or less.

SQLite reads its schema anew at each of the hundred statements that make a book, which takes it some eight
milliseconds, and a run makes thousands of books. Suites that take this into their conftest.py look at what is in a
book; how one is made is seen in tests/ledger. Books on a file system of their own, as those of power cuts, and those
of programs, are made as ever.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw
import pytest

from ledger import journal_sqlite

BY_SQLITE = ("", "unix")
_make = journal_sqlite._migrate
_made: dict[tuple[str, ...], apsw.Connection] = {}


@pytest.fixture(autouse=True)
def quick_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_sqlite, "_migrate", _copy_or_make)


def _copy_or_make(connection: apsw.Connection, schemas: Sequence[str]) -> None:
    is_new = not connection.execute("select count(*) from sqlite_schema").get
    if not is_new or connection.open_vfs not in BY_SQLITE:
        _make(connection, schemas)
        return
    if tuple(schemas) not in _made:
        made = apsw.Connection(":memory:")
        _make(made, schemas)
        _made[tuple(schemas)] = made
    with connection.backup("main", _made[tuple(schemas)], "main") as copying:
        copying.step()
