"""Keeps every slip that comes out of a virtual printer, as text and as a picture."""

from __future__ import annotations

import threading
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_mocks.paper import FontMissing
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.slip import Slip

LOOK_AGAIN_S = 0.1


class SlipAlbum:
    """Writes `0001.txt` and `0001.png` and so on into `folder`, in a thread of its own, from `with` to its end.

    Where no font has Chinese there are no pictures, and `hint` says what to do. Old slips of an earlier album stay.
    """

    def __init__(self, printer: VirtualReceiptPrinter, folder: Path) -> None:
        self.hint = ""
        self._printer = printer
        self.folder = folder
        self._count = 0
        self._last: Slip | None = None
        self._ending = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="slip album", daemon=True)

    def latest(self) -> tuple[Slip, Path] | None:
        """The slip that came out last, and its file: a picture, or its text where none can be drawn."""
        self._look()
        if self._last is None:
            return None
        return self._last, self.newest(1)[0]

    def newest(self, count: int) -> list[Path]:
        """The files of the last slips, the newest first; pictures, or texts where none can be drawn."""
        texts = [self._file(number) for number in range(self._count, max(self._count - count, 0), -1)]
        pictures = [text.with_suffix(".png") for text in texts]
        both = zip(pictures, texts, strict=True)
        return [picture if picture.exists() else text for picture, text in both if text.exists()]

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._count = max((int(file.stem) for file in self.folder.glob("[0-9]*.txt")), default=0)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._look()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_AGAIN_S):
            self._look()

    def _look(self) -> None:
        with self._looking:
            fresh = list(takewhile(lambda slip: slip is not self._last, reversed(self._printer.paper)))
            for slip in reversed(fresh):
                self._keep(slip)

    def _keep(self, slip: Slip) -> None:
        self._count += 1
        text = self._file(self._count)
        try:
            text.with_suffix(".png").write_bytes(slip.png())
        except FontMissing as missing:
            self.hint = str(missing)
        text.write_text(slip.text + "\n", "utf-8")
        self._last = slip

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:04d}.txt"
