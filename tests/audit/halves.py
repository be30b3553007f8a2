"""A till and HQ, each with its own file: the two halves of one book, to be exported, tampered with and audited."""

import re
import shutil
from copy import copy
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.exporting import export_file
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Rules
from offline_queue.auditing.audit import Audited, audit
from offline_queue.doubts import Hearer, check_acknowledgement, check_directive
from offline_queue.outbox import Stamp
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.conversation import Records
from protocol.records import SignedRecord
from terminal.exporting import export_till
from terminal.hq_file import HqFile, write_hq_file
from terminal.slip_job import SlipStep
from tests.chains.company import ALICE, BOB, CAROL, PROGRAMME
from tests.chains.till import IDENTITY, NOON, Till

HQ_KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
HQ_PUBLIC_KEY = HQ_KEY.public_key()
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32)
PLACE = IDENTITY.place
SETTINGS = 'store = "07"\ntill = "2"\nchain_name = "Made up"\nstore_name = "Seven"\n'
HQ_STAMP = Stamp(NOON, "2026-11-22", "transfer")


RULES = Rules(PROGRAMME)
CHANGES_ROWS = re.compile("insert|update|delete")


class Halves:
    """Till 07-2 and HQ in one folder. Both stores are open until close(); exports are made of closed files."""

    place = PLACE

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.till_file, self.hq_file = folder / "data" / "till.db", folder / "hq.db"
        self.till_file.parent.mkdir()
        (folder / "till.toml").write_text(SETTINGS, encoding="utf-8")
        self.till = Till(self.till_file)
        self.hq = HqStore.open(self.hq_file, HQ_KEY.sign, RULES)
        self.hq.begin(HQ_PUBLIC_KEY.public_bytes_raw(), "0.1.0", HQ_STAMP)

    def copied(self, folder: Path) -> "Halves":
        """The same two files, closed, in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        copied = copy(self)
        copied.till, copied.folder = copy(self.till), folder
        copied.till_file, copied.hq_file = folder / "data" / "till.db", folder / "hq.db"
        return copied

    def enrol(self) -> None:
        """HQ takes the till in, and the till records that."""
        self.hq.keeping(lambda keepers: keepers.offer(PLACE, "07", bytes(10), NOON))
        self.obey(self.hq.keeping(lambda keepers: keepers.enrol(PLACE, IDENTITY.public_key, HQ_STAMP)))

    def obey(self, order: SignedRecord) -> None:
        given = check_directive(order, Hearer(PLACE, 1, HQ_PUBLIC_KEY))
        assert not isinstance(given, str), given
        assert self.till.store.hq.apply(given, self.till.moment()) is None

    def trade(self) -> None:
        """A day with loads, charges, a decline, prints and its close."""
        till = self.till
        till.load(ALICE, "500.00")
        till.load(BOB, "20.00")
        till.charge(ALICE, "12.50")
        till.ask(till.charge_of(CAROL, "1.00"))
        till.step(1, SlipStep.STARTED)
        till.step(1, SlipStep.PRINTED)
        till.close_day()
        till.charge(ALICE, "500.00")
        till.charge(BOB, "3.00")

    def send(self) -> None:
        """The till's records go up, HQ posts them, and its acknowledgement comes down."""
        self.hold()
        self.post()
        self.acknowledge(self.hq.acknowledgement(PLACE, 1, self.till.now_ms))

    def post(self) -> None:
        """HQ posts what it holds, and places anew what was moved."""
        while self.hq.post(PLACE, 1, self.stamp()).has_more:
            continue

    def hold(self) -> None:
        """The till's records go up, and HQ only holds them."""
        held = self.hq.acknowledgement(PLACE, 1, self.till.now_ms).held
        assert self.hq.take(Records(PLACE, 1, tuple(self.till.store.records(held))), self.stamp()) is None

    def acknowledge(self, said: Acknowledgement) -> None:
        signed = seal_acknowledgement(said, HQ_KEY.sign)
        checked = check_acknowledgement(signed, Hearer(PLACE, 1, HQ_PUBLIC_KEY))
        assert isinstance(checked, Acknowledgement)
        assert self.till.store.believe(signed, checked, self.till.moment()) is None

    def close(self) -> None:
        self.till.store.close()
        self.hq.close()

    def reopen_till(self) -> Till:
        """The till as it was left, its clock and its operations moved on."""
        till = Till(self.till_file)
        till.now_ms, till.operations = self.till.now_ms + 60_000, self.till.operations
        return till

    def reopen_hq(self) -> HqStore:
        return HqStore.open(self.hq_file, HQ_KEY.sign, RULES)

    def stamp(self) -> Stamp:
        return Stamp(self.till.now_ms, "2026-11-23", "transfer")

    def know_hq_by(self, key: bytes) -> None:
        """What enrolment leaves in the till's folder."""
        write_hq_file(self.till_file.parent, HqFile("https://hq.example.com", key, 1))

    def export_till(self, name: str = "till.counterfoil") -> Path:
        out = self.folder / name
        out.unlink(missing_ok=True)
        self.till.now_ms += 1000
        export_till(self.folder / "till.toml", out, now_ms=self.till.now_ms)
        return out

    def export_hq(self, name: str = "hq.counterfoil") -> Path:
        out = self.folder / name
        out.unlink(missing_ok=True)
        self.till.now_ms += 1000
        export_file(self.hq_file, out, now_ms=self.till.now_ms)
        return out

    def audit_till(self) -> list[str]:
        return said(audit([self.export_till()], HQ_PUBLIC_KEY))

    def audit_hq(self) -> list[str]:
        return said(audit([self.export_hq()], HQ_PUBLIC_KEY))

    def audit_both(self) -> list[str]:
        return said(audit([self.export_till(), self.export_hq()], HQ_PUBLIC_KEY))


def traded(folder: Path, *, close: bool = True) -> Halves:
    """Two halves after a day of trade, all of it sent."""
    halves = Halves(folder)
    halves.enrol()
    halves.trade()
    halves.send()
    if close:
        halves.close()
    return halves


def forked(folder: Path) -> tuple[Halves, Path]:
    """A till is copied, and both copies sell: HQ hears of one, then of the other. The second copy's file."""
    halves = traded(folder)
    second_file = folder / "copy.db"
    shutil.copy(halves.till_file, second_file)
    halves.till, halves.hq = halves.reopen_till(), halves.reopen_hq()
    halves.till.charge(BOB, "5.00")
    halves.send()
    second = Till(second_file)
    second.now_ms, second.operations = halves.till.now_ms, 100
    second.charge(BOB, "7.00")
    halves.hq.take(Records(PLACE, 1, tuple(second.chain())), halves.stamp())
    second.store.close()
    halves.close()
    return halves, second_file


def said(audited: Audited) -> list[str]:
    """The findings without the names of files, and what could not be used."""
    report = audited.report
    return [str(one.finding) for one in report.found] + [one.unusable for one in report.exports if one.unusable]


def tamper(file: Path, *statements: str) -> None:
    """What a database administrator does: the triggers go, and then anything does."""
    book = apsw.Connection(str(file))
    tamper_open(book, *statements)
    book.close()


def tamper_open(book: apsw.Connection, *statements: str) -> None:
    """The same to a file that is open."""
    for (trigger,) in book.execute("select name from sqlite_schema where type = 'trigger'").fetchall():
        book.execute(f"drop trigger {trigger}")
    for statement in statements:
        before = book.total_changes()
        book.execute(statement)
        assert book.total_changes() > before or not CHANGES_ROWS.match(statement), f"nothing changed: {statement}"
