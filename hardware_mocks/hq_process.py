"""The real HQ program as a process of its own, and its commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from hardware_mocks.program import Program, run_command
from hq_server.admin_token import read_token
from hq_server.config import HqSettings
from offline_queue.settings import read_toml

PROGRAM = (sys.executable, "-m", "hq_server")


class HqProcess(Program):
    """`counterfoil-hq run SETTINGS`, asked with its own admin token.

    `program` is what takes the place of `counterfoil-hq`: the same program with a fault in it.
    """

    def __init__(self, settings: Path, log: Path, program: Sequence[str] = PROGRAM) -> None:
        self._run = [*program, "run", str(settings)]
        super().__init__(self._run, log)
        self._settings = settings

    def start(self, *words: str) -> Self:
        """Start the program, with more words on its line, and wait until it is ready. Raises DidNotStart."""
        self._command = [*self._run, *words]
        super().start()
        data = self._settings.parent / read_toml(self._settings, HqSettings).data
        self.headers["Authorization"] = f"Bearer {read_token(data)}"
        return self

    def command(self, *words: str, place: str = "", epoch: str = "") -> subprocess.CompletedProcess[str]:
        """What a command says: `command("tills", "add", place="07-2")` is `counterfoil-hq tills add SETTINGS 07-2`."""
        behind = [one for one in (place, epoch) if one]
        return run_command(*PROGRAM, *words, str(self._settings), *behind, "--url", self.url)
