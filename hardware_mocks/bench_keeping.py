"""What a service manager does: a program that ends by itself is started again, where it was."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hardware_mocks.program import Program


class Kept:
    """A program that keyboard, page and watch may all start and end. `prepare` is done before each start."""

    def __init__(self, name: str, program: Program, prepare: Callable[[], object]) -> None:
        self.name = name
        self.program = program
        self._prepare = prepare
        self._is_wanted = False
        self._changing = threading.RLock()

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return not self.program.ended

    def start(self) -> str:
        """Start it, if it is not there; what happened. Raises DidNotStart."""
        with self._changing:
            if self.is_up:
                return f"{self.name} runs already (process {self.program.pid})."
            self._is_wanted = True
            self._prepare()
            self.program.start()
            return f"{self.name} is up (process {self.program.pid})."

    def kill(self) -> str:
        """Kill -9, and leave it so; what happened."""
        with self._changing:
            self._is_wanted = False
            if not self.is_up:
                return f"{self.name} is down already."
            pid = self.program.pid
            self.program.kill()
            return f"{self.name} was killed (process {pid})."

    def kill_and_start(self) -> str:
        """Kill -9, and start it again; what happened. Raises DidNotStart."""
        with self._changing:
            killed = self.kill()
            self.start()
            return f"{killed} It is back (process {self.program.pid})."

    def watch(self) -> str:
        """Start it again if it has ended by itself; what there is to say. Raises DidNotStart."""
        with self._changing:
            if self.is_up or not self._is_wanted:
                return ""
            code = self.program.wait()
            return f"{self.name} ended by itself with {code}. {self.start()}"

    def end(self) -> None:
        """Ask it to end, and wait."""
        with self._changing:
            self._is_wanted = False
            if self.is_up:
                self.program.stop()
