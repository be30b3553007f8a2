"""The export file: a copy that is not whole says so, a stranger's file is refused in plain words."""

import io
from pathlib import Path

import apsw
import pytest

from offline_queue.auditing.audit import audit
from offline_queue.auditing.report import as_text
from offline_queue.export_file import FIRST_LINE, ITEM_BYTES_MAX, ExportFault, ExportReader, encode_item, write_export
from offline_queue.export_items import Content, Damage, End, Exported, SliceRow
from offline_queue.exporting import ExportRefused, save_export
from tests.audit.halves import HQ_PUBLIC_KEY, Halves

HEAD = Exported("book", "07-2", 1_795_320_000_000, "mia", "counterfoil 0.1.0")
ITEMS = [SliceRow("435a872421af559bdaa702b6", "principal", "07-2/1/2", "07-2", 1, 100 + n) for n in range(5)]


def written() -> bytes:
    out = io.BytesIO()
    assert write_export(out, HEAD, ITEMS) == 7
    return out.getvalue()


def read(data: bytes) -> list[object]:
    reader = ExportReader(io.BytesIO(data))
    return [reader.head, *reader.items()]


def framed(*items: Exported | SliceRow | End) -> bytes:
    return b"".join(len(data).to_bytes(4, "big") + data for data in map(encode_item, items))


def test_what_was_written_is_read() -> None:
    assert read(written()) == [HEAD, *ITEMS]


def test_a_file_that_is_cut_short_anywhere_says_so() -> None:
    whole = written()
    for length in range(len(whole)):
        with pytest.raises(ExportFault, match="not an export" if length < len(FIRST_LINE) else "cut short after"):
            read(whole[:length])


def test_a_byte_that_changed_on_the_way_is_found_wherever_it_is() -> None:
    whole = written()
    for offset in range(len(whole)):
        with pytest.raises(ExportFault):
            read(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])


def test_what_is_good_before_a_cut_is_read() -> None:
    reader = ExportReader(io.BytesIO(written()[:-10]))
    got: list[Content] = []
    with pytest.raises(ExportFault, match="cut short after 6 items"):
        got.extend(reader.items())
    items = ExportReader(io.BytesIO(written()[:-10])).items()
    assert [next(items) for _ in ITEMS] == ITEMS


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an export"),
        (b"SQLite format 3\0" + bytes(100), "not an export"),
        (b"counterfoil export 2\n" + bytes(10), "newer version"),
        (FIRST_LINE.rstrip(b"\n") + bytes(100), "not an export"),
        (FIRST_LINE + b"\xff\xff\xff\xff", "is damaged after 0 items"),
        (FIRST_LINE + (ITEM_BYTES_MAX + 1).to_bytes(4, "big") + bytes(ITEM_BYTES_MAX + 1), "is damaged"),
        (FIRST_LINE + b"\0\0\0\1\xc1", "is damaged"),
        (FIRST_LINE + b"\0\0\x75\x30" + b"\x91" * 30_000, "is damaged"),
        (FIRST_LINE + framed(ITEMS[0]), "does not say what it is"),
        (FIRST_LINE + framed(HEAD, HEAD), "begins anew"),
        (FIRST_LINE + framed(HEAD, End(0, bytes(32))), "seal"),
        (written() + b"\0", "added behind its end"),
    ],
)
def test_what_is_no_export_is_refused_in_plain_words(data: bytes, words: str) -> None:
    with pytest.raises(ExportFault, match=words):
        read(data)


def test_a_stranger_among_the_exports_makes_the_audit_unusable_and_the_others_are_audited(halves: Halves) -> None:
    stranger = halves.folder / "notes.txt"
    stranger.write_text("no export\n", encoding="utf-8")
    report = audit([halves.export_till(), stranger, halves.folder / "gone"], HQ_PUBLIC_KEY).report
    assert report.exit_code == 2
    text = as_text(report)
    assert "11 records, 11 signatures checked" in text
    assert "notes.txt: CANNOT BE USED: it is not an export of counterfoil" in text
    assert "gone: CANNOT BE USED: it cannot be read: No such file or directory" in text


def test_an_export_that_is_cut_short_is_audited_as_far_as_it_goes(halves: Halves) -> None:
    whole = halves.export_till()
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) * 2 // 3])
    report = audit([whole], HQ_PUBLIC_KEY).report
    assert report.exit_code == 2
    assert report.found == ()
    assert "cut short" in as_text(report)
    assert 3 < report.exports[0].chains[0].signatures_checked < 11


def test_text_from_a_file_does_nothing_to_a_terminal(halves: Halves) -> None:
    odd = halves.folder / "odd.counterfoil"
    with odd.open("wb") as out:
        write_export(out, HEAD, [Damage("\x1b[2J", "a\nb")])
    text = as_text(audit([odd]).report)
    assert "\x1b" not in text
    assert r"\x1b[2J: a\x0ab" in text


def test_an_export_is_never_written_over_another(tmp_path: Path) -> None:
    out = tmp_path / "export"
    save_export(out, HEAD, ITEMS)
    before = out.read_bytes()
    with pytest.raises(ExportRefused, match="is there already"):
        save_export(out, HEAD, [])
    assert out.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["export"]


def test_an_export_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="cannot be written"):
        save_export(tmp_path / "no-such-folder" / "export", HEAD, ITEMS)


def test_a_row_that_is_too_large_for_an_item_is_damage_and_the_rest_is_exported(halves: Halves) -> None:
    book = apsw.Connection(str(halves.till_file))
    book.execute("drop trigger records_are_fixed")
    book.execute("update records set content = zeroblob(1000000) where sequence = 4")
    book.close()
    found = [str(one.finding) for one in audit([halves.export_till()], HQ_PUBLIC_KEY).report.found]
    assert found[0].startswith("records: row 07-2/1/4 has values that no row can have")
    assert found[1].startswith("07-2/1/4: is not there")
