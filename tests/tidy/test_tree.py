"""The whole tree keeps each check, and each check finds the fault when it is there."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

from tests.tidy.sources import PACKAGES, ROOT, SETTINGS
from tests.tidy.tree_checks import (
    left_in_text,
    missing_documents,
    odd_lock_lines,
    odd_skip_lines,
    shared_names,
    unused_modules,
)

PROGRAMS = [
    line.partition("=")[2].partition(":")[0].strip()
    for line in SETTINGS["options.entry_points"]["console_scripts"].strip().splitlines()
]
LOCKS = sorted((ROOT / "requirements").iterdir())
PIN = "click==8.1 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "0a" * 32


def write(root: Path, **files: str) -> Path:
    """Small files: `ledger__used="..."` is ledger/used.py."""
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_every_module_is_imported_or_is_a_program() -> None:
    assert not unused_modules(ROOT, PACKAGES, PROGRAMS)


def test_a_module_that_only_its_test_imports_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        ledger__used="",
        ledger__dead="",
        ledger__program="from . import used",
        hardware_mocks__wires="",
        tests__test_dead="from ledger import dead\nfrom hardware_mocks.wires import Wire",
    )
    assert unused_modules(tmp_path, ["ledger", "hardware_mocks"], ["ledger.program"]) == ["ledger.dead"]


def test_each_top_level_name_is_ours_alone_and_comes_from_this_tree() -> None:
    assert not shared_names(PACKAGES, importlib.metadata.packages_distributions())
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin == str(ROOT / name / "__init__.py")


def test_a_name_that_another_distribution_installs_is_found() -> None:
    shared = shared_names(
        ["drivers", "ledger", "terminal"],
        {"drivers": ["counterfoil", "counterfoil"], "terminal": ["counterfoil", "terminal"]},
    )
    assert shared == ["ledger", "terminal"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_pinned_packages_and_hashes_only(lock: Path) -> None:
    assert not odd_lock_lines(lock.read_text(encoding="utf-8"))


def test_the_tests_add_to_what_runs_and_change_nothing_of_it() -> None:
    runtime, test = (pins(ROOT / "requirements" / name) for name in ("runtime.txt", "test.txt"))
    assert runtime <= test
    assert any(pin.startswith("setuptools==") for pin in runtime)


def pins(lock: Path) -> set[str]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {line.split(" ")[0] for line in lines if not line.startswith(" ")}


@pytest.mark.parametrize("odd", ["--index-url https://example.org", "click", "click @ https://example.org/click.whl"])
def test_an_address_or_an_unpinned_name_in_a_lock_is_found(odd: str) -> None:
    assert odd_lock_lines(f"{PIN}\n{odd}") == [odd]


def test_every_allowed_skip_names_the_command_that_removes_it() -> None:
    assert not odd_skip_lines((ROOT / "tests" / "allowed_skips.txt").read_text(encoding="utf-8"))
    assert odd_skip_lines("# a comment\nno card reader\tapt-get install pcscd\nno line") == ["no line"]


def test_no_file_is_unfinished_or_names_a_registry() -> None:
    assert not left_in_text(ROOT)


def test_what_is_left_over_in_any_kind_of_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/bin/sh\n# TO" + "DO: all\n")
    (tmp_path / "page.html").write_text("<script src=https://registry.npm" + "js.org/x.js>\n")
    (tmp_path / "list.md").write_text("<" * 7 + " HEAD\none\n=======\nother\n" + ">" * 7 + " other\n")
    (tmp_path / "picture.png").write_bytes(b"\0TO" + b"DO")
    both = ["list.md:1: " + "<" * 7, "list.md:5: " + ">" * 7]
    assert left_in_text(tmp_path) == [*both, "page.html:1: npm" + "js.", "run:2: TO" + "DO"]


def test_every_link_between_documents_leads_somewhere() -> None:
    assert not missing_documents(ROOT)


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "api.md").write_text(
        "[up](../README.md#start) and [out](https://example.org)\n```\n[x](y)\n```\n"
    )
    (tmp_path / "README.md").write_text("[api](docs/api.md), [gone](docs/gone.md), see `CHANGES.md`\n")
    assert missing_documents(tmp_path) == ["README.md: docs/gone.md", "README.md: CHANGES.md"]
