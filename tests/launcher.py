"""Programs of ours as processes of their own, without a new interpreter for each: one that has imported them forks.

What is forked is the program from there on: its own memory, sockets, files and end, killed like any other. Only the
way to its `main()` is shorter, by half a second of imports that some hundred starts of a run have in common, and by
half a second more up to its first slip; and behind its `main()` nobody takes the interpreter apart. That a new
interpreter gets there and back too is seen where a story starts the demo, a program with a fault, or one on a small
disk.

Where a system cannot do this, every program is started by an interpreter of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from hardware_mocks.program import Program, Started, by_exec
from receipts.escpos import _printer_class
from receipts.wording import Wording

ROOT = Path(__file__).parents[1]
PROGRAMS = {
    "terminal": "terminal.__main__",
    "hq_server": "hq_server.__main__",
    "offline_queue.audit_program": "offline_queue.audit_program",
}
REQUEST_BYTES_MAX = 1 << 20
FILES_OF_A_PROCESS = 3
FILES_MAX = 1024
USERS: list[object] = []
"""One for each suite that has begun in this worker and is not over."""
IS_POSSIBLE = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")


class Forked:
    """A process that the launcher has made. Its end comes through a pipe, as it is the launcher's child, not ours."""

    def __init__(self, pid: int, ended: int) -> None:
        self.pid = pid
        self._ended = ended
        weakref.finalize(self, os.close, ended)  # not before: others may be waiting at it
        self._code: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit code of a process that has ended."""
        with self._lock:
            if self._code is None and select.select([self._ended], [], [], 0)[0]:
                self._code = int(os.read(self._ended, 16) or -signal.SIGKILL)
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; its exit code. Raises subprocess.TimeoutExpired."""
        if self.poll() is None:
            select.select([self._ended], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def kill(self) -> None:
        """Kill -9."""
        self._send(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Launcher:
    """The process that forks. It ends, and kills what it has forked, when this one has ended."""

    def __init__(self) -> None:
        self._certificates = os.environ.get("SSL_CERT_FILE")
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.launcher", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()]
            )

    def start(self, command: Sequence[str], stdin: int, stdout: int, stderr: int) -> Started:
        """A program of ours is forked; any other command is started as ever, and so is one with a certificate."""
        is_ours = list(command[:2]) == [sys.executable, "-m"] and command[2] in PROGRAMS
        if not is_ours or os.environ.get("SSL_CERT_FILE") != self._certificates:
            return by_exec(command, stdin, stdout, stderr)
        ended, tells = os.pipe()
        wanted = {"argv": list(command[2:]), "environment": dict(os.environ), "folder": str(Path.cwd())}
        with self._lock:
            socket.send_fds(self._control, [json.dumps(wanted).encode()], [stdin, stdout, stderr, tells])
            pid = int(self._control.recv(16))
        os.close(tells)
        return Forked(pid, ended)

    def close(self) -> None:
        """End it, and whatever it has started."""
        self._control.close()
        self._process.wait()


@cache
def launcher() -> Launcher:
    """One for a worker, from the first start on."""
    return Launcher()


def quickly(command: Sequence[str], stdin: int, stdout: int, stderr: int) -> Started:
    """Start a program of ours by the launcher."""
    return launcher().start(command, stdin, stdout, stderr)


@pytest.fixture(scope="session", autouse=True)
def quick_starts() -> Iterator[None]:
    """Programs are forked from here on, in a suite that takes this into its conftest.py."""
    if not IS_POSSIBLE:
        yield
        return
    USERS.append(object())
    Program.launch = staticmethod(quickly)
    yield
    USERS.pop()
    if not USERS and launcher.cache_info().currsize:  # till then another suite's programs may run
        launcher().close()
        launcher.cache_clear()


# ---------------------------------------------------------------- in the launcher's own process


def serve(control: socket.socket) -> Callable[[], Any] | None:
    """Fork until nobody asks any more. In a forked process: what it is from here on."""
    telling: dict[int, tuple[int, int]] = {}
    while True:
        for ready in select.select([control.fileno(), *telling], [], [])[0]:
            if ready in telling:
                _tell_end(ready, *telling.pop(ready))
                continue
            said, files, _, _ = socket.recv_fds(control, REQUEST_BYTES_MAX, FILES_OF_A_PROCESS + 1)
            if not said:
                _kill(telling)
                return None
            pid = os.fork()
            if pid == 0:
                return _become(json.loads(said), files)
            telling[os.pidfd_open(pid)] = pid, files[-1]
            for file in files[:-1]:
                os.close(file)
            control.sendall(str(pid).encode())


def _tell_end(watched: int, pid: int, tells: int) -> None:
    os.close(watched)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(tells, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(tells)


def _kill(telling: dict[int, tuple[int, int]]) -> None:
    for pid, _ in telling.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _become(wanted: dict[str, Any], files: list[int]) -> Callable[[], Any]:
    """As a new interpreter would find things."""
    for number, file in enumerate(files[:FILES_OF_A_PROCESS]):
        os.dup2(file, number)
    os.closerange(FILES_OF_A_PROCESS, FILES_MAX)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    module = sys.modules[PROGRAMS[wanted["argv"][0]]]
    sys.argv = [str(module.__file__), *wanted["argv"][1:]]
    main: Callable[[], Any] = module.main
    return main


def _live(main: Callable[[], Any]) -> NoReturn:
    """As a new interpreter would, up to where it frees all that it has: the system does that at once.

    What `main()` leaves by any other way than an exit ends with its traceback, as ever.
    """
    code: object = None
    try:
        main()
    except SystemExit as over:
        code = over.code
    if isinstance(code, str):
        print(code, file=sys.stderr)  # noqa: T201 - what an interpreter does
    threading._shutdown()  # type: ignore[attr-defined]  # it waits for threads that are no daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if isinstance(code, str) else int(code or 0))  # type: ignore[call-overload]  # a program exits with a number or with words


def _warm_up() -> None:
    """What each program does once that is the same for all of them."""
    _printer_class()  # a till imports its printing with its first slip
    Wording.load()
    for struct in msgspec.Struct.__subclasses__():
        with suppress(msgspec.ValidationError, TypeError):
            msgspec.convert({}, struct)  # what its fields are is looked up now


def run() -> None:
    """Import everything, then fork on demand."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for module in PROGRAMS.values():
        import_module(module)
    _warm_up()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    become = serve(control)
    if become is not None:
        _live(become)


if __name__ == "__main__":
    run()
