"""The contracts of setup.cfg on a small tree where each is broken once: a contract that can't fail guards nothing."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FAULTS = [
    ("ledger", "loyalty"),
    ("loyalty", "checkout"),
    ("checkout", "protocol"),
    ("protocol", "offline_queue"),
    ("receipts", "drivers"),
    ("drivers", "offline_queue"),
    ("offline_queue", "receipts"),
    ("offline_queue", "terminal"),
    ("terminal", "hq_server"),
    ("hq_server", "terminal"),
    ("terminal", "hardware_mocks"),
    ("terminal", "simulation"),
    ("hq_server", "simulation"),
    ("offline_queue", "simulation"),
    ("simulation", "hardware_mocks"),
    ("simulation", "tests"),
    ("simulation", "aiohttp"),
    ("drivers", "ledger"),
    ("drivers", "loyalty"),
    ("drivers", "checkout"),
    ("drivers", "protocol"),
    ("receipts", "protocol"),
    ("terminal", "tests"),
    ("terminal", "serial"),
    ("hardware_mocks", "serial"),
    ("terminal", "smartcard"),
    ("terminal", "evdev"),
    ("receipts", "escpos"),
    ("receipts", "aiohttp"),
    ("terminal", "apsw"),
    ("hq_server", "sqlite3"),
    ("ledger", "apsw"),
    ("loyalty", "time"),
    ("checkout", "random"),
    ("protocol", "asyncio"),
    ("protocol", "logging"),
]
HOMES = [
    ("drivers", "serial"),
    ("receipts.escpos", "escpos"),
    ("terminal.api.sales", "aiohttp"),
    ("terminal.program", "aiohttp"),
    ("hardware_mocks.head_office", "aiohttp"),
    ("ledger.journal_sqlite", "apsw"),
    ("offline_queue.outbox", "apsw"),
    ("terminal.store", "apsw"),
    ("simulation.files", "apsw"),
]


def contracts() -> configparser.ConfigParser:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return settings


def plant(tree: Path, module: str, imported: str) -> None:
    path = tree.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(f"import {imported}\n", encoding="utf-8")


def check(tree: Path) -> str:
    shutil.copy(ROOT / "setup.cfg", tree)
    for package in contracts()["importlinter"]["root_packages"].split():
        (tree / package).mkdir(exist_ok=True)
        (tree / package / "__init__.py").touch()
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=tree, env={"COLUMNS": "200"}, capture_output=True, text=True, check=False
    ).stdout


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    tree = tmp_path_factory.mktemp("broken")
    for package, imported in FAULTS:
        plant(tree, f"{package}.reaches_for_{imported}", imported)
    return check(tree)


@pytest.mark.parametrize("name", [s for s in contracts().sections() if s.startswith("importlinter:contract:")])
def test_every_contract_can_break(broken: str, name: str) -> None:
    assert f"{contracts()[name]['name']} BROKEN" in broken


@pytest.mark.parametrize(("package", "imported"), FAULTS)
def test_a_reach_across_the_layers_is_found(broken: str, package: str, imported: str) -> None:
    assert f"{package}.reaches_for_{imported} -> {imported}" in broken


def test_a_library_may_be_used_in_its_home(tmp_path: Path) -> None:
    for module, library in HOMES:
        plant(tmp_path, module if "." in module else f"{module}.line", library)
    assert "0 broken" in check(tmp_path)
