"""What tests/conftest.py promises, seen in a run of its own on a small tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.sources import ROOT

STORIES = """
import pytest

def test_a_story(): pass
def test_a_skip(): pytest.skip("no card reader")
@pytest.mark.skip(reason="no card reader")
def test_a_marked_skip(): pass
@pytest.mark.xfail(reason="known")
def test_a_known_fault(): assert False
@pytest.mark.thorough
def test_a_long_story(): pass
"""


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    (tmp_path / "tests" / "ledger").mkdir(parents=True)
    for name in ("conftest.py", "allowed_skips.txt"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    (tmp_path / "tests" / "ledger" / "test_stories.py").write_text(STORIES, encoding="utf-8")
    return tmp_path


def run(tree: Path, *options: str, ci: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=tree,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_a_skip_is_a_skip_on_a_desk(small_tree: Path) -> None:
    status, said = run(small_tree, ci="")
    assert status == 0, said
    assert "1 passed, 2 skipped, 1 deselected, 1 xfailed" in said.splitlines()[-1]
    assert "ledger (3 tests)" in said


def test_every_kind_of_skip_fails_a_ci(small_tree: Path) -> None:
    """One in a test's body fails it; a marker's comes before the body and a whole file's before that: errors."""
    story = small_tree / "tests" / "ledger" / "test_whole_file.py"
    story.write_text("import pytest\npytest.importorskip('no_such_library')\n", encoding="utf-8")
    status, said = run(small_tree, "--numprocesses", "2", ci="true")
    assert status == 1
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in said.splitlines()[-1]
    assert "'no card reader' is not in allowed_skips.txt" in said
    assert "no_such_library" in said


def test_a_ci_lets_an_allowed_skip_be_and_runs_what_is_asked(small_tree: Path) -> None:
    (small_tree / "tests" / "allowed_skips.txt").write_text("no card reader\tapt-get install pcscd\n", encoding="utf-8")
    status, said = run(small_tree, "--thorough", ci="true")
    assert status == 0, said
    assert "2 passed, 2 skipped, 1 xfailed" in said.splitlines()[-1]
