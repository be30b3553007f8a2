"""A till's file as an auditor gets it: a copy, the public key, and nothing of the till's running."""

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.audit import compare, replay
from protocol.bodies import Opened
from protocol.chain import verify_each
from protocol.records import Record, RecordKind, SignedRecord
from protocol.replaying import lines
from tests.chains.book_reading import read_book


def prove(data: Path) -> list[Record]:
    """The chain of the book in `data`, oldest first, after everything in the file was seen to agree.

    The file is copied as it lies there: a till that was killed has left its last commits beside it.
    """
    with tempfile.TemporaryDirectory() as folder:
        for file in data.glob("till.db*"):
            shutil.copy(file, folder)
        with closing(apsw.Connection(f"{folder}/till.db")) as book:
            return _prove(book)


def _prove(book: apsw.Connection) -> list[Record]:
    assert book.execute("pragma integrity_check").get == "ok"
    assert book.execute("pragma foreign_key_check").get is None
    signed = [SignedRecord(*row) for row in book.execute("select content, signature from records order by sequence")]
    records = [one.open() for one in signed]
    opened = records[0].body_as(Opened)
    verify_each(signed, Ed25519PublicKey.from_public_bytes(opened.public_key))
    replayed = replay(lines(signed))
    findings = [*replayed.findings, *compare(replayed.book, read_book(book, records[0].keeper))]
    assert not findings, "\n".join(map(str, findings))
    return records


def kinds(records: list[Record]) -> list[RecordKind]:
    return [record.kind for record in records]
