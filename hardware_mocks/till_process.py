"""The real till program as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hardware_mocks.program import DidNotStart, Json, Program, ask

__all__ = ["DidNotStart", "HostProcess", "Json", "TillProcess", "ask"]

PROGRAM = (sys.executable, "-m", "terminal")


class TillProcess(Program):
    """`counterfoil-till run SETTINGS`.

    `prefix` is a command that runs the program: `("nice",)`. The program must take its place (exec). `program` is what
    takes the place of `counterfoil-till`: the same program with a fault in it.
    """

    def __init__(self, settings: Path, log: Path, prefix: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> None:
        super().__init__([*prefix, *program, "run", str(settings)], log)


class HostProcess(Program):
    """`counterfoil-till host SETTINGS...`: places at HQ. It has no address. `program` is as of a TillProcess."""

    def __init__(self, settings: Sequence[Path], log: Path, program: Sequence[str] = PROGRAM) -> None:
        super().__init__([*program, "host", *map(str, settings)], log)
