"""Members, cards and the book's sums from the command line: a number is asked for, and is in no argument and no log."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.hq_process import PROGRAM, HqProcess
from hardware_mocks.program import run_command
from tests.hq_server.people import MING_DIGITS, account_of, number
from tests.hq_server.serving import settings_file

MING = account_of(1)
MASKED = f"6222****{number(1)[-4:]}"
FILE = f"{MING}\t{MASKED}\tmember\t王小明\t+886{MING_DIGITS}\t-\tstandard\t07\tzh-TW\n"


class Clerk:
    """Somebody at HQ's command line. `typed` is what was answered when a command asked, a line each."""

    def __init__(self, hq: HqProcess, settings: Path) -> None:
        self.hq, self._settings = hq, settings

    def run(self, *words: str, behind: tuple[str, ...] = (), typed: str = "") -> subprocess.CompletedProcess[str]:
        return run_command(*PROGRAM, *words, str(self._settings), *behind, "--url", self.hq.url, typed=typed)

    def join(self) -> subprocess.CompletedProcess[str]:
        return self.run("members", "join", behind=("--store", "07"), typed=f"{number(1)}\n王小明\n0912345678\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def clerk(tmp_path: Path, log: Path) -> Iterator[Clerk]:
    settings = settings_file(tmp_path)
    with HqProcess(settings, log) as hq:
        yield Clerk(hq, settings)


def test_a_member_joins_is_found_shown_and_erased(clerk: Clerk) -> None:
    joined = clerk.join()
    assert (joined.returncode, joined.stdout) == (0, FILE)
    assert clerk.run("members", "find", typed="0912345678\n").stdout == FILE
    assert clerk.run("members", "find", "--card", typed=f"{number(1)}\n").stdout == FILE
    nothing = "under way\tprincipal 0\tbonus 0\tpoints 0\n"
    assert clerk.run("members", "show", behind=(MING,)).stdout == FILE + nothing
    erased = clerk.run("members", "erase", behind=(MING,), typed="y\n")
    assert (erased.returncode, erased.stdout.splitlines()[-1].split("\t")[-1]) == (0, "erased")
    assert clerk.run("members", "show", behind=(MING,)).returncode == 1


def test_nobody_is_erased_by_a_slip_of_the_finger(clerk: Clerk) -> None:
    clerk.join()
    assert clerk.run("members", "erase", behind=(MING,), typed="n\n").returncode == 1
    assert clerk.run("members", "show", behind=(MING,)).stdout.startswith(FILE)


def test_a_member_may_have_no_phone(clerk: Clerk) -> None:
    joined = clerk.run("members", "join", behind=("--store", "07"), typed=f"{number(1)}\n王小明\n\n")
    assert joined.stdout.split("\t")[4] == "-"


@pytest.mark.parametrize(
    ("words", "behind", "typed", "said"),
    [
        (("members", "join"), ("--store", "07"), "6222\n王小明\n\n", "This is no number of our cards"),
        (("members", "join"), ("--store", "07"), f"{number(1)}\n王小明\n911\n", "This is no mobile number"),
        (("members", "join"), ("--store", "07-2"), f"{number(1)}\n王小明\n\n", "$.store"),
        (("members", "find"), (), "911\n", "This is no mobile number"),
        (("members", "show"), ("nobody",), "", "HQ knows no such member"),
        (("members", "erase"), ("../tills", "--yes"), "", "HQ knows no such member"),
        (("cards", "block"), (), "6222\n", "This is no number of our cards"),
        (("cards", "unblock"), (), "", "Aborted"),
    ],
)
def test_a_command_that_cannot_be_done_says_so(
    clerk: Clerk, words: tuple[str, ...], behind: tuple[str, ...], typed: str, said: str
) -> None:
    ended = clerk.run(*words, behind=behind, typed=typed)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_lost_card_is_blocked_and_found_again(clerk: Clerk) -> None:
    assert clerk.run("cards", "block", typed=f"{number(1)}\n").stdout == f"{MING}\t{MASKED}\tblocked\n"
    listed = clerk.run("cards", "list")
    assert listed.stdout == f"{MING}\t{MASKED}\tapplied 0\twaits -\n"
    assert listed.stderr == "1 blocked, 1 shown\n"
    assert clerk.run("cards", "unblock", typed=f"{number(1)}\n").stdout == f"{MING}\t{MASKED}\tgood again\n"
    assert clerk.run("cards", "list").stdout == ""


def test_the_book_is_added_up(clerk: Clerk) -> None:
    ended = clerk.run("conservation")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[0] == "principal\tissued 0\theld 0\tunder way 0\tspent 0\towed 0\tpaid 0"
    assert ended.stderr == "0 lots, 0 unexplained\n"
    assert clerk.run("waiting").stderr == "0 waiting, 0 shown\n"


def test_no_number_and_no_name_is_in_the_log_or_in_what_a_command_asks(clerk: Clerk, log: Path) -> None:
    said = [clerk.join(), clerk.join(), clerk.run("members", "find", typed="0912345678\n")]
    said += [clerk.run("cards", "block", typed=f"{number(1)}\n"), clerk.run("members", "show", behind=("0912345678",))]
    said.append(clerk.run("members", "erase", behind=(MING, "--yes")))
    clerk.hq.stop()
    logged = log.read_text("utf-8")
    assert "member joined" in logged
    assert "member erased" in logged
    for private in (number(1), MING_DIGITS, "小明"):
        assert private not in logged
    for ended in said:
        assert number(1) not in ended.stdout + ended.stderr
        assert MING_DIGITS not in ended.stderr
