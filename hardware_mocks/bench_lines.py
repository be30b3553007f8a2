"""Lines from the keyboard or a pipe, and the signals that end a program, as one queue."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading

STDIN = 0
READ_MAX = 4096
LINE_BYTES_MAX = 200
LOOK_AGAIN_S = 0.5
"""On Windows a waiting main thread hears of a signal only between two waits."""


class Lines:
    """`next()` gives one line after another; None at the end: Ctrl-C, SIGTERM, or Ctrl-D at a terminal.

    A pipe or a file that ends, ends nothing: the program goes on without commands. Make it in the main thread, once.
    """

    def __init__(self) -> None:
        self.over = False
        """Whether it was told to end."""
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # a signal handler may put into this kind
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._end())
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def next(self, timeout_s: float) -> str | None:
        """The next line; an empty one when nothing comes in that time."""
        waited_s = 0.0
        while waited_s < timeout_s:
            try:
                return self._queue.get(timeout=LOOK_AGAIN_S)
            except queue.Empty:
                waited_s += LOOK_AGAIN_S
        return ""

    def _read(self) -> None:
        """With os.read: a daemon thread inside sys.stdin would hold its lock when the program ends."""
        rest = b""
        while data := _more():
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-LINE_BYTES_MAX:]
            for line in lines:
                self._queue.put(line[-LINE_BYTES_MAX:].decode("utf-8", "replace"))
        if sys.stdin is not None and sys.stdin.isatty():
            self._end()

    def _end(self) -> None:
        self.over = True
        self._queue.put(None)


def _more() -> bytes:
    """What has come; nothing at the end, or where there is no stdin at all."""
    try:
        return os.read(STDIN, READ_MAX)
    except OSError:
        return b""
