"""What every suite shares: thorough tests wait to be asked, a CI takes no silent skip, and each suite says its time."""

from __future__ import annotations

import gc
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Generator
from itertools import compress
from operator import not_
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

import hypothesis
import pytest
import pytest_asyncio

from offline_queue import logs

if TYPE_CHECKING:
    from playwright.async_api import Browser

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it, for this user alone
MEMORY_BYTES_MIN = 2 << 30
NO_CERTIFICATES = Path(__file__).with_name("no_certificates")
"""It is not there."""
SECONDS: defaultdict[str, float] = defaultdict(float)
TESTS: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="also run what is marked thorough")


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # thousands of tests are collected, and stay: to look for garbage meanwhile takes half as long again
    logs.set_up()  # as in a shop: a library's own way to show a fault takes seconds, and shows every variable
    set_up_folders(config)
    set_up_examples(config)
    worker = getattr(config, "workerinput", None)
    if worker and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.args[:] = suites_from_another(int(worker["workerid"].removeprefix("gw")), worker["workercount"])


def suites_from_another(worker: int, workers: int) -> list[str]:
    """All suites, beginning with another for each worker.

    In a fresh clone pytest first rewrites every file's asserts, and keeps that for the next to come. Workers that go
    through the files side by side would all do all of it, which takes each of them ten seconds.
    """
    suites = sorted(str(path) for path in Path(__file__).parent.iterdir() if any(path.glob("**/test_*.py")))
    first = len(suites) * worker // workers
    return suites[first:] + suites[:first]


def set_up_folders(config: pytest.Config) -> None:
    """Books of tests lie in memory where there is room: half of a run would be waiting for a disk that syncs.

    Those of scenarios lie on a disk, as in a shop (their conftest.py), and with --thorough those of all.
    """
    if not config.getoption("--thorough") and MEMORY.is_dir() and disk_usage(MEMORY).free > MEMORY_BYTES_MIN:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def set_up_examples(config: pytest.Config) -> None:
    """A busy machine is no fault, so examples have no deadline of their own; the test has (pytest-timeout).

    No program of a test trusts the world's certificate authorities, so none reads them at its start: that is a sixth
    of a start, and there are hundreds. Stories of TLS name the certificate that they trust.
    """
    os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = str(NO_CERTIFICATES)
    examples = 1000 if config.getoption("--thorough") else 30
    hypothesis.settings.register_profile("counterfoil", hypothesis.settings(), deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("counterfoil")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long checks of style and types first, so that they run beside the stories; thorough ones only when asked."""
    items.sort(key=lambda item: (suite_of(item.nodeid) != "lint", item.path))  # workers have to agree
    if not config.getoption("--thorough"):
        is_to_wait = [item.get_closest_marker("thorough") is not None for item in items]
        config.hook.pytest_deselected(items=list(compress(items, is_to_wait)))
        items[:] = compress(items, map(not_, is_to_wait))


def pytest_collection_finish() -> None:
    """Garbage is looked for again, and never among what was there before the first test."""
    gc.freeze()
    gc.enable()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all stories of a worker, whichever pages they open."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - most suites have no page

    from tests.browsing import ARGUMENTS, browser_program  # noqa: PLC0415 - the same

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=browser_program(), args=ARGUMENTS)
        yield opened
        await opened.close()


def suite_of(nodeid: str) -> str:
    """The folder under tests/ that a test lies in."""
    first, _, rest = nodeid.removeprefix("tests/").partition("/")
    return first if rest else "(none)"


def allowed_skips() -> frozenset[str]:
    lines = ALLOWED_SKIPS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def refuse_skip(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Under CI=true a skip is a failure, unless its reason stands in allowed_skips.txt."""
    if not report.skipped or hasattr(report, "wasxfail") or os.environ.get("CI") != "true":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason not in allowed_skips():
        report.outcome = "failed"
        report.longrepr = f"A skip must not pass for a check: {reason!r} is not in {ALLOWED_SKIPS.name}."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SECONDS[suite_of(report.nodeid)] += report.duration
    TESTS[suite_of(report.nodeid)] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("seconds by suite")
    for suite, seconds in sorted(SECONDS.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{seconds:8.1f}  {suite} ({TESTS[suite]} tests)")
