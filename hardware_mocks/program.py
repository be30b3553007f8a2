"""A program of ours as a process of its own: started, asked, killed, started again."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TextIO, TypeAlias

START_S_MAX = 40.0
STOP_S_MAX = 20.0
ANSWER_S_MAX = 20.0

Json: TypeAlias = Any
READY = "ready: "


class Started(Protocol):
    """A process, as `subprocess.Popen` is one."""

    pid: int

    def poll(self) -> int | None:
        """The exit code of a process that has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; its exit code. Raises subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """Kill -9."""

    def terminate(self) -> None:
        """Ask it to end."""


Launch: TypeAlias = Callable[[Sequence[str], int, int, int], Started]
"""Start a command with these files as its stdin, stdout and stderr."""


def by_exec(command: Sequence[str], stdin: int, stdout: int, stderr: int) -> Started:
    """By an interpreter of its own."""
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr)  # noqa: S603 - our own program


class DidNotStart(Exception):
    """The program ended before it was ready; `code` is its exit code, `said` what it wrote to its log this time."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"the program ended with {code}:\n{said}")
        self.code = code
        self.said = said


class Program:
    """A command that says `ready: URL` once it serves, and logs to stderr. `url` is known then."""

    launch: ClassVar[Launch] = staticmethod(by_exec)
    """Who starts hundreds, as tests do, may have a quicker way."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: Started | None = None
        self._says: TextIO | None = None
        self._lines: list[http.client.HTTPConnection] = []
        """On which it was asked before, and nobody asks now."""
        self.url = ""
        self.headers: dict[str, str] = {}
        """Sent with everything that is asked."""

    def start(self) -> Self:
        """Start the program and wait until it is ready. Raises DidNotStart."""
        says, told = os.pipe()
        self._says = os.fdopen(says, encoding="utf-8")
        with self._log.open("a") as log, Path(os.devnull).open() as nothing, os.fdopen(told, "w") as out:
            begin = log.tell()
            self._process = Program.launch(self._command, nothing.fileno(), out.fileno(), log.fileno())
        line = self._first_line()
        if not line.startswith(READY):
            code = self.wait()
            raise DidNotStart(code, self._log.read_bytes()[begin:].decode())
        self.url = line.removeprefix(READY).strip().rstrip("/")
        return self

    @property
    def pid(self) -> int:
        """Of the running program."""
        return self._running.pid

    @property
    def ended(self) -> bool:
        """Whether the program is not there, or not any more."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """Kill -9: no handler runs, no buffer is written."""
        self._running.kill()
        self.wait()

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code. What does not end is killed, and subprocess.TimeoutExpired raised."""
        self._running.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code. Raises subprocess.TimeoutExpired."""
        code = self._running.wait(STOP_S_MAX)
        assert self._says is not None
        self._says.close()
        while self._lines:
            self._lines.pop().close()
        return code

    def get(self, path: str) -> Json:
        """GET; see ask(). On a line that is kept, if there is one: whoever waits for something asks again and again."""
        try:
            with suppress(ConnectionError, IndexError):  # it may have been ended meanwhile
                return self._get_on(self._lines.pop(), path)
            address = urllib.parse.urlsplit(self.url).netloc
            return self._get_on(http.client.HTTPConnection(address, timeout=ANSWER_S_MAX), path)
        except http.client.HTTPException as fault:
            raise ConnectionError("the answer was cut off") from fault

    def _get_on(self, line: http.client.HTTPConnection, path: str) -> Json:
        try:
            line.request("GET", path, headers=self.headers)
            said = line.getresponse().read()
        except BaseException:
            line.close()
            raise
        self._lines.append(line)
        return json.loads(said or b"null")

    def post(self, path: str, body: object) -> Json:
        """POST as JSON; see ask()."""
        return ask(self.url + path, body, headers=self.headers)

    def download(self, path: str) -> bytes:
        """GET a file. Raises OSError when there is none."""
        request = urllib.request.Request(self.url + path, headers=self.headers)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as answer:  # noqa: S310 - our own address
            return bytes(answer.read())

    def upload(self, path: str, file: bytes) -> Json:
        """POST a file; see ask()."""
        return _answer(self.url + path, file, {**self.headers, "Content-Type": "application/octet-stream"})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and not self.ended:
            self.stop()
        elif self._process is not None:
            self.wait()

    @property
    def _running(self) -> Started:
        assert self._process is not None, "start() comes first"
        return self._process

    def _first_line(self) -> str:
        """What it says first; nothing when it ends, or says nothing for so long that it is killed."""
        assert self._says is not None
        patience = threading.Timer(START_S_MAX, self._running.kill)
        patience.start()
        try:
            return self._says.readline()
        finally:
            patience.cancel()


def run_command(*command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """What a command of ours says when this is typed. Raises subprocess.TimeoutExpired, and has killed it then."""
    with tempfile.TemporaryFile("w+") as keys, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        keys.write(typed)
        keys.seek(0)
        process = Program.launch(command, keys.fileno(), out.fileno(), err.fileno())
        try:
            code = process.wait(ANSWER_S_MAX)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


def ask(url: str, body: object = None, *, headers: Mapping[str, str] | None = None) -> Json:
    """POST a body, or GET: the JSON that comes back. A problem has its `code`. Raises OSError when no answer comes."""
    data = None if body is None else json.dumps(body).encode()
    return _answer(url, data, {"Content-Type": "application/json", **(headers or {})})


def _answer(url: str, data: bytes | None, headers: Mapping[str, str]) -> Json:
    request = urllib.request.Request(url, data, dict(headers))  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as answer:  # noqa: S310 - our own address
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as problem:
        with problem:
            return json.loads(problem.read())
    except http.client.HTTPException as fault:
        raise ConnectionError("the answer was cut off") from fault
