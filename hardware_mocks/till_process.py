"""The real till program as a process of its own: started, asked, killed, started again."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STOP_S_MAX = 10.0
ANSWER_S_MAX = 10.0


class TillProcess:
    """`counterfoil-till run SETTINGS`. `url` is known once it has said that it is ready."""

    def __init__(self, settings: Path, log: Path) -> None:
        self._settings = settings
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> Self:
        """Start the program and wait until it is ready. Raises RuntimeError with its log when it ends before."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "terminal", "run", str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("ready: "):
            self._process.wait(STOP_S_MAX)
            raise RuntimeError(f"the till did not start:\n{self._log.read_text()}")
        self.url = line.removeprefix("ready: ").strip().rstrip("/")
        return self

    @property
    def pid(self) -> int:
        """Of the running program."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Kill -9: no handler runs, no buffer is written."""
        self._end(subprocess.Popen.kill)

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        return self._end(subprocess.Popen.terminate)

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        return self._process.wait(STOP_S_MAX)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """GET; the JSON that comes back, with the status under `status` when it is a problem."""
        return self._call(urllib.request.Request(self.url + path))  # noqa: S310 - our own address

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """POST as JSON; what comes back, as for get(). Raises OSError when the program dies meanwhile."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})  # noqa: S310 - ours
        return self._call(request)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def _call(self, request: urllib.request.Request) -> Any:  # noqa: ANN401 - JSON
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as answer:  # noqa: S310 - our own address
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as problem:
            with problem:
                return json.loads(problem.read())

    def _end(self, how: Any) -> int:  # noqa: ANN401 - a method of Popen
        assert self._process is not None
        how(self._process)
        code = self._process.wait(STOP_S_MAX)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code
