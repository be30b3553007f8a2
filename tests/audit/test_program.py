"""counterfoil-audit and counterfoil-till export, as an auditor runs them."""

# ruff: noqa: S608 - the statements are the story, and nobody else's words are in them

import json
import sys
from pathlib import Path

from hardware_mocks.program import run_command
from tests.audit.halves import HQ_PUBLIC_KEY, Halves, forked, tamper
from tests.chains.company import BOB
from tests.chains.till import PUBLIC_KEY

KEY = HQ_PUBLIC_KEY.public_bytes_raw().hex()


def run(*words: object, module: str = "offline_queue.audit_program") -> tuple[int, str]:
    ended = run_command(sys.executable, "-m", module, *map(str, words))
    return ended.returncode, ended.stdout + ended.stderr


def test_a_clean_audit_ends_with_0_and_says_what_was_checked(halves: Halves) -> None:
    code, text = run(halves.export_till(), halves.export_hq(), "--hq-key", KEY)
    assert code == 0, text
    assert "07-2/1: 11 records, 11 signatures checked" in text
    assert "enrolled by hq/1/2" in text
    assert "hq/1: 2 records" in text
    assert text.splitlines()[-1] == "no findings"


def test_a_finding_ends_with_1_and_stands_on_one_line(halves: Halves) -> None:
    tamper(halves.till_file, f"update slices set units = 99999 where account = '{BOB.account}'")
    code, text = run(halves.export_till(), "--hq-key", KEY)
    assert code == 1
    (line,) = [line for line in text.splitlines() if "99999" in line]
    assert "07-2/1/4: at 07-2/1 the book has 99999 units as the principal that account" in line
    assert "the chain proves 1700 units (the book was changed by hand or damaged; the records are right)" in line


def test_the_report_as_json_has_every_finding_and_its_meaning(halves: Halves) -> None:
    tamper(halves.till_file, f"update slices set units = 99999 where account = '{BOB.account}'")
    code, text = run(halves.export_till(), "--hq-key", KEY, "--json")
    report = json.loads(text)
    assert (code, report["version"], report["exit_code"]) == (1, 1, 1)
    assert report["found"][0]["sort"] == "book_differs"
    assert report["found"][0]["at"] == "07-2/1/4"
    assert report["found"][0]["means"]
    assert report["exports"][0]["chains"][0]["vouched_by"] == "hq/1/2"


def test_what_is_no_export_or_no_key_ends_with_2(halves: Halves) -> None:
    assert run(halves.till_file)[0] == 2
    code, text = run(halves.export_till(), "--hq-key", "beef")
    assert code == 2
    assert "a public key is 64 hexadecimal digits" in text


def test_a_till_is_exported_by_its_own_program_and_the_export_is_clean(halves: Halves) -> None:
    out = halves.folder / "out.counterfoil"
    code, text = run("export", halves.folder / "till.toml", out, module="terminal")
    assert code == 0, text
    assert run(out, "--hq-key", KEY)[0] == 0


def test_a_till_that_runs_is_not_exported_and_the_words_say_what_to_do(tmp_path: Path) -> None:
    halves = Halves(tmp_path)
    out = tmp_path / "out.counterfoil"
    code, text = run("export", tmp_path / "till.toml", out, module="terminal")
    halves.close()
    assert code == 1
    assert "is in use: the program that keeps it is running. End it first." in text
    assert not out.exists()


def test_a_till_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    (tmp_path / "till.toml").write_text('store = "07"\ntill = "2"\nchain_name = "M"\nstore_name = "S"\n')
    (tmp_path / "data").mkdir()
    code, text = run("export", tmp_path / "till.toml", tmp_path / "out", module="terminal")
    assert code == 1
    assert "till.db is not there" in text
    assert list((tmp_path / "data").iterdir()) == []


def test_a_proof_of_a_fork_is_written_where_it_is_asked_for_and_convicts(tmp_path: Path) -> None:
    halves, _ = forked(tmp_path)
    folder = tmp_path / "proofs"
    code, text = run(halves.export_hq(), "--forks", folder, "--hq-key", KEY)
    assert code == 1
    (proof,) = folder.iterdir()
    assert f"proof of a fork: {proof}" in text
    code, text = run(proof, "--hq-key", KEY)
    assert code == 1
    assert "proof of a fork at 07-2" in text
    assert f"the key {PUBLIC_KEY.public_bytes_raw().hex()} signed two records of this number" in text


def test_without_a_fork_no_folder_is_made(halves: Halves) -> None:
    assert run(halves.export_till(), "--forks", halves.folder / "proofs")[0] == 0
    assert not (halves.folder / "proofs").exists()
