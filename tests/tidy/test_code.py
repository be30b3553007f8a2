"""The whole tree keeps each check, and each check finds the fault when it is there."""

import pytest

from tests.tidy import code_checks
from tests.tidy.code_checks import CHECKS, Check
from tests.tidy.sources import parsed, sources

CLOCK, MODE = code_checks.reads_clock_or_chance, code_checks.compares_a_mode
SWALLOW, MOCK = code_checks.swallows_an_exception, code_checks.imports_a_mock_library
SILENCE, LONG = code_checks.silences_without_a_reason, code_checks.is_too_long

FAULTY = [
    (CLOCK, "from datetime import datetime\nat = datetime.now()"),
    (CLOCK, "import datetime as when\nat = when.datetime.utcnow()"),
    (CLOCK, "from dataclasses import field\nfrom datetime import date\nday = field(default_factory=date.today)"),
    (CLOCK, "import time"),
    (CLOCK, "from time import monotonic"),
    (CLOCK, "from uuid import uuid4"),
    (CLOCK, "import uuid\nid = uuid.uuid4()"),
    (CLOCK, "import os\nsalt = os.urandom(8)"),
    (CLOCK, "from os import urandom"),
    (CLOCK, "import random"),
    (CLOCK, "def salt():\n    import secrets"),
    (MODE, "if mode == 'transfer': ..."),
    (MODE, "if preset in ('real-time', 'x'): ..."),
    (MODE, "if 'proxy_run' != word: ..."),
    (MODE, "if mode is Mode.HOSTED: ..."),
    (MODE, "match preset:\n    case 'hosted' | 'x': ..."),
    (MODE, "match mode:\n    case Mode.TRANSFER: ..."),
    (SWALLOW, "try: f()\nexcept OSError: pass"),
    (SWALLOW, "try: f()\nexcept OSError:\n    'it may be gone'\n    ..."),
    (SWALLOW, "import contextlib\nwith contextlib.suppress(KeyError, Exception): f()"),
    (MOCK, "from unittest.mock import Mock"),
    (MOCK, "from unittest import mock"),
    (MOCK, "import unittest.mock as m"),
    (MOCK, "import pytest_mock"),
    (SILENCE, "import x  # no" + "qa: F401"),
    (SILENCE, "import x  # type: " + "ignore[import-untyped]"),
    (LONG, "x = 1\n" * 351),
    (LONG, "async def f():\n" + "    x = 1\n" * 60),
]
FAIR = [
    (CLOCK, "def issue(now, clock): return (now, request.now, uuid.UUID(int=4))"),
    (MODE, "if record.kind == 'transfer': ..."),
    (MODE, "mode = Mode.HOSTED if hosted else MODES['transfer']"),
    (MODE, "match record.kind:\n    case 'transfer': ..."),
    (SWALLOW, "try: f()\nexcept OSError: return"),
    (SWALLOW, "import contextlib\nwith contextlib.suppress(FileNotFoundError): f()"),
    (MOCK, "import hardware_mocks.bench"),
    (SILENCE, "import x  # noqa: F401  registers itself"),
    (SILENCE, "import x  # type: ignore[import-untyped]  # it carries no types"),
    (LONG, "x = 1\n" * 350),
    (LONG, "def f():\n" + "    x = 1\n" * 59),
]


def test_no_file_has_a_fault() -> None:
    """All checks in one: each worker that had one of them would parse the whole tree."""
    found = [
        f"{source.path}:{line}: {what}" for source in sources() for check in CHECKS for line, what in check(source)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("check", "text"), FAULTY)
def test_a_fault_is_found(check: Check, text: str) -> None:
    assert list(check(parsed(text)))


@pytest.mark.parametrize(("check", "text"), FAIR)
def test_what_only_looks_like_it_is_let_be(check: Check, text: str) -> None:
    assert not list(check(parsed(text)))


def test_every_check_has_been_seen_to_find_something() -> None:
    assert {check for check, _ in FAULTY} == set(CHECKS)


def test_a_mode_may_be_compared_where_modes_are_made() -> None:
    assert not list(MODE(parsed("if name == 'hosted': ...", code_checks.MODES_HOME)))


def test_a_shell_may_read_the_clock() -> None:
    assert not list(CLOCK(parsed("import time", "terminal/jobs.py")))
