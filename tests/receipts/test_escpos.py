"""The bytes of a job."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from checkout.slip_facts import SlipFacts
from hardware_mocks.escpos_interpreter import EscPosInterpreter
from hardware_mocks.escpos_machine import SlipOut
from receipts.encoding import Codec
from receipts.escpos import FEED_TO_TEAR_BAR_ROWS, PaperSpec, render, unprintable
from receipts.layout import lay_out
from receipts.slip import Align, Line, Pair, Qr, Size, Title
from receipts.text import to_text
from tests.receipts.slips import COUNTRIES, LOAD, NARROW, SALE, TAIWAN, WIDE, Country

PAPER = PaperSpec(48, Codec.BIG5, "TM-T20II", native_qr=True, cut=True)
START = b"\x1b@\x1bR\x00"
CUT = b"\x1dVB\x00"
AIR = b"\x1bJ\x06"
DOTS_PER_COLUMN = 12


def printed(job: bytes, paper: PaperSpec) -> list[str]:
    """What stands on the paper of a printer that got this job."""
    printer = EscPosInterpreter(paper.columns * DOTS_PER_COLUMN, paper.codec)
    events = printer.receive(job)
    cut = [event.slip for event in events if isinstance(event, SlipOut)]
    assert len(cut) == len(events) == paper.cut, f"not understood: {events}"
    slip = cut[0] if cut else printer.tear_off()
    assert slip
    return slip.lines


def words(lines: list[str]) -> list[list[str]]:
    return [line.split() for line in lines]


def test_a_job_begins_with_a_reset_and_ends_past_the_knife() -> None:
    assert render((Line("hello"),), PAPER) == START + b"hello\n" + CUT


def test_a_printer_without_a_cutter_feeds_to_its_tear_bar() -> None:
    paper = PaperSpec(32, Codec.GB18030, "POS-5890", native_qr=False, cut=False)
    assert render((Line("hello"),), paper) == START + b"hello\n" + b"\x1bd" + bytes([FEED_TO_TEAR_BAR_ROWS])


def test_a_style_is_said_when_it_changes() -> None:
    slip = (Title("Big"), Line("small"), Line("still small"))
    big, small = b"\x1ba\x01\x1d!\x11\x1bE\x01Big\n" + AIR, b"\x1ba\x00\x1d!\x00\x1bE\x00small\nstill small\n"
    assert render(slip, PAPER) == START + big + small + CUT


def test_the_gap_before_a_big_value_is_not_big() -> None:
    job = render((Pair("Paid", "NT$5", Size.BIG, bold=True),), replace(PAPER, columns=20))
    gap = b"\x1d!\x00\x1bE\x00" + b" " * 8
    assert job == START + b"\x1d!\x00\x1bE\x01Paid" + gap + b"\x1d!\x11\x1bE\x01NT$5\n" + AIR + CUT


def test_lines_stand_where_they_should() -> None:
    slip = (Line("l"), Line("c", Align.CENTER), Line("r", Align.RIGHT))
    assert render(slip, PAPER) == START + b"l\n\x1ba\x01c\n\x1ba\x02r\n" + CUT


def test_a_printer_that_knows_qr_codes_draws_its_own() -> None:
    job = render((Qr("https://hq.example/r/31"),), PAPER)
    assert b"\x1d(k\x1a\x001P0https://hq.example/r/31" in job
    assert job.startswith(START + b"\x1ba\x01\n\x1d(k")
    assert job.endswith(b"1Q0\n" + CUT)


def test_a_printer_that_knows_none_gets_a_picture() -> None:
    job = render((Qr("https://hq.example/r/31"),), replace(PAPER, native_qr=False))
    assert b"\x1dv0\x00" in job
    assert b"https" not in job


def test_a_name_cannot_command_the_printer() -> None:
    facts = msgspec.structs.replace(SALE, cashier="\x1b@\x1dV\x00")
    slip = TAIWAN.slip(facts)
    assert render(slip, PAPER).count(b"\x1b@") == 1
    assert render(slip, PAPER).count(b"\x1dV") == 1
    assert unprintable(slip, PAPER) == "\x1b\x1d\x00"


def test_what_the_printer_lacks_is_known_before_the_job_is_sent() -> None:
    facts = msgspec.structs.replace(SALE, cashier="吳𠮷")
    assert unprintable(TAIWAN.slip(SALE), PAPER) == ""
    assert unprintable(TAIWAN.slip(facts), PAPER) == "𠮷"


def test_a_profile_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        render((Line("hello"),), replace(PAPER, escpos_profile="no such printer"))


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("facts", [SALE, LOAD])
def test_paper_says_what_the_screen_says(country: Country, width: int, facts: SlipFacts) -> None:
    slip = tuple(block for block in country.slip(facts, copy=True) if not isinstance(block, Qr))
    shown = to_text(lay_out(slip, width), width)
    assert words(printed(render(slip, country.paper(width)), country.paper(width))) == words(shown.splitlines())


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_printer_understands_every_byte(country: Country, width: int) -> None:
    assert printed(render(country.slip(SALE), country.paper(width)), country.paper(width))


def test_importing_receipts_does_not_import_the_library() -> None:
    program = "import sys, receipts.escpos; sys.exit('escpos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_rendering_leaves_no_folder_behind(tmp_path: Path) -> None:
    program = "from tests.receipts.test_escpos import *; render(TAIWAN.slip(SALE), PAPER)"
    environment = os.environ | {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=root, env=environment, check=True)
    assert not list(tmp_path.iterdir())
