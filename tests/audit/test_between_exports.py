"""Two halves held against each other: what one side lost, what it changed, and forks that convict."""

# ruff: noqa: S608 - the statements are the story, and nobody else's words are in them

import shutil
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.forks import write_proof
from offline_queue.export_file import ExportReader, write_export
from offline_queue.export_items import AcknowledgementRow, Exported, RecordRow
from offline_queue.exporting import heading
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.records import seal
from tests.audit.halves import HQ_KEY, HQ_PUBLIC_KEY, PLACE, STRANGER, Halves, forked, tamper, traded
from tests.chains.company import ALICE
from tests.chains.till import KEY


def found(*exports: Path, key: bool = True) -> list[tuple[str, str]]:
    report = audit(exports, HQ_PUBLIC_KEY if key else None).report
    return [(one.finding.sort, one.finding.at) for one in report.found]


def cut_off(file: Path, sequence: int) -> None:
    """The records behind this one are removed, and the book is put back to what it was then: consistent in itself."""
    tamper(
        file,
        f"delete from records where keeper = '07-2' and sequence > {sequence}",
        f"delete from entries where keeper = '07-2' and sequence > {sequence}",
        f"delete from transactions where keeper = '07-2' and sequence > {sequence}",
        "delete from slices",
        "insert into slices select account, purse, lot, keeper, epoch, sum(units) from entries where side = 'held'"
        " group by account, purse, lot, keeper, epoch having sum(units) > 0",
    )


def test_a_till_that_lost_its_last_records_is_betrayed_by_what_hq_confirmed(halves: Halves) -> None:
    cut_off(halves.till_file, 9)
    assert found(halves.export_till()) == [(Sort.MISSING, "07-2/1/10 to 07-2/1/11")]


def test_without_hqs_word_the_other_half_tells(halves: Halves) -> None:
    cut_off(halves.till_file, 9)
    tamper(halves.till_file, "delete from acknowledgements")
    assert found(halves.export_till("alone.counterfoil")) == []
    hq = halves.export_hq()
    assert found(halves.export_till(), hq) == [(Sort.MISSING, "07-2/1/10 to 07-2/1/11")]


def test_an_hq_that_lost_records_it_had_confirmed_is_betrayed_by_the_till(halves: Halves) -> None:
    cut_off(halves.hq_file, 9)
    tamper(halves.hq_file, "update progress set posted = 9")
    assert found(halves.export_hq("alone.counterfoil")) == []
    assert found(halves.export_till(), halves.export_hq()) == [(Sort.MISSING, "07-2/1/10 to 07-2/1/11")]


def test_an_export_that_was_made_before_hq_confirmed_is_not_accused(tmp_path: Path) -> None:
    halves = traded(tmp_path)
    earlier_hq, earlier_till = halves.export_hq("h.counterfoil"), halves.export_till("t.counterfoil")
    halves.till = halves.reopen_till()
    halves.hq = halves.reopen_hq()
    halves.till.charge(ALICE, "1.00")
    halves.send()
    halves.close()
    assert found(earlier_hq, earlier_till, halves.export_till(), halves.export_hq()) == []


def test_an_acknowledgement_that_hq_did_not_sign_is_named(halves: Halves) -> None:
    book = apsw.Connection(str(halves.till_file))
    said = Acknowledgement(1, 1, PLACE, 1, 0, bytes(32), 0, 0, bytes(32), 0)
    forged = seal_acknowledgement(said, STRANGER.sign)
    book.execute("update acknowledgements set content = ?, signature = ?", (forged.content, forged.signature))
    book.close()
    at = {at for sort, at in found(halves.export_till()) if sort == Sort.ACKNOWLEDGEMENT}
    assert at == {"07-2, acknowledgement 'last'", "07-2, acknowledgement 'furthest'"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"held_hash": bytes(32)}, "07-2/1/11"),
        ({"held": 12}, "07-2/1/12"),
        ({"held": 3, "posted": 3}, "07-2/1/3"),
        ({"posted": 12}, "07-2/1/11"),
        ({"directive_hash": bytes(32)}, "hq/1"),
    ],
)
def test_a_word_of_hqs_that_the_chain_contradicts_is_named(
    halves: Halves, changes: dict[str, object], named: str
) -> None:
    true = halves.reopen_hq().acknowledgement(PLACE, 1, halves.till.now_ms)
    with halves.export_hq().open("rb") as stream:
        reader = ExportReader(stream)
        items = list(reader.items())
    said = seal_acknowledgement(replace(true, **changes), HQ_KEY.sign)
    odd = halves.folder / "odd.counterfoil"
    with odd.open("wb") as out:
        write_export(out, reader.head, [*items, AcknowledgementRow("last", said.content, said.signature)])
    assert [at for _, at in found(odd)] == [named]


def test_a_fork_that_hq_keeps_is_named_and_its_proof_convicts_by_itself(tmp_path: Path) -> None:
    halves, _ = forked(tmp_path)
    audited = audit([halves.export_hq()], HQ_PUBLIC_KEY)
    assert [(one.finding.sort, one.finding.at) for one in audited.report.found] == [(Sort.FORKED, "07-2/1/12")]
    (fork,) = audited.forks
    proof = write_proof(tmp_path / "proofs", fork, heading("07-2", 0, "fork"))
    (convicted,) = audit([proof], HQ_PUBLIC_KEY).report.found
    assert (convicted.finding.sort, convicted.finding.at) == (Sort.FORKED, "07-2/1/12")
    assert KEY.public_key().public_bytes_raw().hex() in convicted.finding.what
    assert len(audit([proof]).report.found) == 1  # anyone can check it, without knowing HQ


def test_two_copies_of_a_till_are_a_fork_without_any_word_of_hqs(tmp_path: Path) -> None:
    halves, copy = forked(tmp_path)
    one = halves.export_till("one.counterfoil")
    shutil.copy(copy, halves.till_file)
    other = halves.export_till("other.counterfoil")
    sorts = found(one, other, key=False)
    assert (Sort.FORKED, "07-2/1/12") in sorts
    assert len(audit([one, other]).forks) == 1


def test_a_proof_that_was_made_up_convicts_nobody(tmp_path: Path) -> None:
    halves, _ = forked(tmp_path)
    (fork,) = audit([halves.export_hq()], HQ_PUBLIC_KEY).forks
    forged = fork.second.open()
    made_up = seal(forged, STRANGER.sign)
    proof = tmp_path / "made-up.counterfoil"
    rows = [RecordRow("07-2", 1, 12, "transaction", one.content, one.signature) for one in (fork.first, made_up)]
    with proof.open("wb") as out:
        write_export(out, Exported("fork", "07-2", 0, "mallory", "x"), rows)
    assert [one.finding.sort for one in audit([proof], HQ_PUBLIC_KEY).report.found] == [Sort.UNREADABLE]


def test_a_record_that_one_half_changed_is_named_in_that_half_and_shown_by_the_other(halves: Halves) -> None:
    book = apsw.Connection(str(halves.hq_file))
    book.execute("drop trigger records_are_fixed")
    book.execute("update records set content = cast(content || x'00' as blob) where keeper = '07-2' and sequence = 5")
    book.close()
    sorts = found(halves.export_till(), halves.export_hq())
    assert sorts[0] == (Sort.UNREADABLE, "07-2/1/5")
    assert (Sort.HALVES_DIFFER, "07-2/1/5") in sorts


def test_an_order_that_hqs_chain_no_longer_has_is_named(halves: Halves) -> None:
    hq = halves.export_hq("with.counterfoil")
    tamper(halves.hq_file, "delete from records where keeper = 'hq' and sequence = 2")
    assert found(halves.export_till("a.counterfoil"), hq) == []
    sorts = found(halves.export_till(), halves.export_hq())
    assert (Sort.WRONG_ORDER, "07-2/1/2") in sorts


def test_a_till_that_knows_hq_by_another_key_than_hqs_own_is_named(halves: Halves) -> None:
    stranger = STRANGER.public_key().public_bytes_raw()
    halves.know_hq_by(stranger)
    assert (Sort.WRONG_KEY, "hq") in found(halves.export_till(), halves.export_hq(), key=False)


def test_a_till_that_knows_hq_needs_no_other_word_to_vouch_for_its_key(halves: Halves) -> None:
    halves.know_hq_by(HQ_PUBLIC_KEY.public_bytes_raw())
    report = audit([halves.export_till()]).report
    assert report.exit_code == 0
    assert report.exports[0].chains[0].vouched_by == "hq/1/2"


def test_what_hq_took_after_a_revocation_is_named(tmp_path: Path) -> None:
    halves = traded(tmp_path, close=False)
    halves.hq.keeping(lambda keepers: keepers.revoke(PLACE, 1, halves.stamp()))
    halves.till.charge(ALICE, "1.00")
    late = halves.till.chain()[-1]
    halves.close()
    assert halves.audit_hq() == []
    book = apsw.Connection(str(halves.hq_file))
    row = ("07-2", 1, 12, "transaction", late.content, late.signature)
    book.execute("insert into records values (?, ?, ?, ?, ?, ?)", row)
    book.close()
    assert (Sort.AFTER_REVOCATION, "07-2/1/12") in found(halves.export_hq())
