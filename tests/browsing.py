"""The browser that opens our pages in tests: Debian's chromium without a window, a third less work than with one."""

import shutil

ARGUMENTS = ("--renderer-process-limit=1",)
"""The windows of one story share a process: the start of one costs more than most stories."""


def browser_program() -> str:
    """Its path, for playwright."""
    found = shutil.which("chromium-headless-shell")
    assert found, "the pages are tested in a real browser: ./run test-machine installs it"
    return found
