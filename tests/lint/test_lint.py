"""Style, types and layers, as tests: one command and one summary for everything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent

TOOLS = {
    "style": ("ruff", "check", "--quiet"),
    "layout": ("ruff", "format", "--diff", "--quiet"),
    "types": ("mypy",),
    "layers": ("lint-imports", "--no-logo"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS.keys())
def test_the_tree_has_good(command: tuple[str, ...]) -> None:
    ended = subprocess.run([PROGRAMS / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.fail(f"{' '.join(command)} says:\n{ended.stdout}{ended.stderr}", pytrace=False)
