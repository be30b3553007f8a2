"""What was not touched is clean, and an export says nothing that it should not."""

from pathlib import Path

from hq_server.exporting import export_headquarters
from ledger.journal_sqlite import transaction
from offline_queue.auditing.audit import audit
from offline_queue.auditing.report import as_text
from offline_queue.export_file import ExportReader
from offline_queue.export_items import AcknowledgementRow, KeeperRow, RecordRow
from protocol.records import RecordKind
from tests.audit.halves import HQ_PUBLIC_KEY, Halves, said, traded
from tests.chains.company import MEMBERS, SCHEME, number


def test_both_halves_of_a_day_are_clean_alone_and_together(halves: Halves) -> None:
    assert halves.audit_till() == []
    assert halves.audit_hq() == []
    assert halves.audit_both() == []


def test_they_are_clean_without_any_key_too_and_the_report_says_what_was_not_proved(halves: Halves) -> None:
    report = audit([halves.export_till()]).report
    assert report.exit_code == 0
    assert "not vouched for by HQ" in as_text(report)
    assert "HQ's key is not known" in as_text(report)


def test_an_order_of_hqs_in_the_tills_own_chain_vouches_for_its_key(halves: Halves) -> None:
    chain = audit([halves.export_till()], HQ_PUBLIC_KEY).report.exports[0].chains[0]
    assert chain.vouched_by == "hq/1/2"
    assert chain.signatures_checked == chain.records == 11


def test_hqs_own_chain_tells_its_key_when_nobody_else_does(halves: Halves) -> None:
    report = audit([halves.export_till(), halves.export_hq()]).report
    assert report.exit_code == 0
    assert HQ_PUBLIC_KEY.public_bytes_raw().hex() in as_text(report)
    assert "compare it with the one that HQ publishes" in as_text(report)


def test_a_quick_audit_checks_one_signature_of_each_chain(halves: Halves) -> None:
    report = audit([halves.export_till(), halves.export_hq()], HQ_PUBLIC_KEY, quick=True).report
    assert report.exit_code == 0
    assert {chain.signatures_checked for export in report.exports for chain in export.chains} == {1}


def test_a_till_that_was_never_on_the_line_is_clean_by_itself(tmp_path: Path) -> None:
    halves = Halves(tmp_path)
    halves.trade()
    halves.close()
    assert halves.audit_till() == []


def test_records_that_hq_holds_and_has_not_posted_are_no_finding(tmp_path: Path) -> None:
    halves = Halves(tmp_path)
    halves.enrol()
    halves.trade()
    halves.hold()
    halves.close()
    report = audit([halves.export_hq()], HQ_PUBLIC_KEY).report
    assert report.exit_code == 0
    assert any("11 records of 07-2/1 are held and not yet posted" in note for note in report.notes)


def test_a_book_whose_log_was_left_behind_is_exported_whole_and_left_as_it_is(halves: Halves, tmp_path: Path) -> None:
    """As after kill -9: the last commits lie in the log, and folding them in is not the auditor's part."""
    killed = traded(folder(tmp_path / "killed"), close=False)
    for name in ("till.db", "till.db-wal"):
        copied = (killed.till_file.parent / name).read_bytes()
        (halves.till_file.parent / name).write_bytes(copied)
    killed.close()
    before = {file.name: file.read_bytes() for file in halves.till_file.parent.iterdir()}
    assert len(before["till.db-wal"]) > 100_000
    assert halves.audit_till() == []
    assert before == {file.name: file.read_bytes() for file in halves.till_file.parent.iterdir()}


def test_an_export_holds_no_card_number_no_track_and_no_pairing_code(tmp_path: Path) -> None:
    halves = traded(tmp_path, close=False)
    halves.hq.keeping(lambda keepers: keepers.offer(halves.place, "07", b"pairing-ID", 0))
    halves.close()
    exported = halves.export_till().read_bytes() + halves.export_hq().read_bytes()
    assert b"pairing-ID" in halves.hq_file.read_bytes()
    assert b"pairing-ID" not in exported
    assert b"6222****" in exported
    for serial in (417, 418, 419):
        card = number(serial)
        assert card.digits.encode() not in exported
        assert SCHEME.track2(card).encode()[-12:] not in exported
    assert all(member.token.encode() in exported for member in MEMBERS)


def test_hq_is_exported_while_it_is_open_too(tmp_path: Path) -> None:
    halves = traded(tmp_path, close=False)
    out = tmp_path / "open.counterfoil"
    with transaction(halves.hq._connection):
        export_headquarters(halves.hq._connection, out, now_ms=halves.till.now_ms)
    halves.close()
    assert said(audit([out], HQ_PUBLIC_KEY)) == []


def test_an_export_has_the_records_byte_for_byte_and_hqs_word(halves: Halves) -> None:
    halves_till = halves.reopen_till()
    records = halves_till.chain()
    halves_till.store.close()
    with halves.export_till().open("rb") as stream:
        reader = ExportReader(stream)
        items = list(reader.items())
    assert reader.head.place == "07-2"
    assert [item.signed for item in items if isinstance(item, RecordRow)] == records
    assert [item.which for item in items if isinstance(item, AcknowledgementRow)] == ["furthest", "last"]
    assert not any(isinstance(item, KeeperRow) for item in items)


def test_two_exports_of_one_till_at_two_times_are_clean_together(tmp_path: Path) -> None:
    halves = traded(tmp_path)
    earlier = halves.export_till("earlier.counterfoil")
    till = halves.reopen_till()
    till.close_day()
    till.store.close()
    assert said(audit([earlier, halves.export_till(), halves.export_hq()], HQ_PUBLIC_KEY)) == []


def test_a_clock_that_was_doubted_and_confirmed_moves_nothing(tmp_path: Path) -> None:
    halves = traded(tmp_path, close=False)
    halves.till.now_ms -= 3_600_000
    halves.till.load(MEMBERS[0], "1.00")
    halves.send()
    halves.till.load(MEMBERS[0], "1.00")
    halves.send()
    kinds = [signed.open().kind for signed in halves.till.chain()]
    halves.close()
    assert kinds.count(RecordKind.CLOCK) == 2
    assert halves.audit_till() == halves.audit_hq() == halves.audit_both() == []


def folder(path: Path) -> Path:
    path.mkdir()
    return path
