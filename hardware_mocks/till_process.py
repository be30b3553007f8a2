"""The real till program as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hardware_mocks.program import DidNotStart, Json, Program, ask

__all__ = ["DidNotStart", "Json", "TillProcess", "ask"]


class TillProcess(Program):
    """`counterfoil-till run SETTINGS`.

    `prefix` is a command that runs the program: `("nice",)`. The program must take its place (exec).
    """

    def __init__(self, settings: Path, log: Path, prefix: Sequence[str] = ()) -> None:
        super().__init__([*prefix, sys.executable, "-m", "terminal", "run", str(settings)], log)
