"""Bytes of a stripe reader in, swipes out: no port, no clock, and any chopping of the bytes gives the same swipes."""

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor
from string import ascii_uppercase, digits

from drivers.events import SwipeFault, Tracks
from drivers.profiles import ReaderProfile


@dataclass(frozen=True, slots=True)
class _Layout:
    """A track of ISO/IEC 7811-2 and -6: characters of 6 bits from 0x20 on track 1, of 4 bits from 0x30 on 2 and 3."""

    start_sentinels: str
    length_max: int  # in characters, sentinels and check character included
    alphabet: frozenset[str]  # without sentinels, and without what the standard keeps for hardware control
    lowest: int
    bits: int

    def lrc(self, characters: str) -> str:
        """The check character: exclusive or of the coded characters, start and end sentinel included."""
        mask = (1 << self.bits) - 1
        return chr(self.lowest + reduce(xor, ((ord(character) - self.lowest) & mask for character in characters)))


_NUMERIC = frozenset(digits + "=")
# Many readers mark track 3 with "+" although ";" stands on the stripe; both have the same four bits.
LAYOUTS = (
    _Layout("%", 79, frozenset(digits + ascii_uppercase + " #$()-./[\\]^"), 0x20, 6),
    _Layout(";", 40, _NUMERIC, 0x30, 4),
    _Layout("+;", 107, _NUMERIC, 0x30, 4),
)
START_SENTINELS = "%;+"
END_SENTINEL = "?"
SENTINELS_AND_LRC = 3
LINE_LENGTH_MAX = sum(layout.length_max for layout in LAYOUTS)
_TERMINATOR = re.compile(rb"[\r\n]")
TRACK_NOT_READ = "E"  # what readers send as the data of a track that they could not read


class SwipeDecoder:
    """Call `receive` with what the port gave, in any pieces, and `idle` when it was silent for `profile.idle_s`."""

    def __init__(self, profile: ReaderProfile) -> None:
        self._profile = profile
        self._line = bytearray()  # at most LINE_LENGTH_MAX + 1; one too many says that the line is too long

    @property
    def pending(self) -> bool:
        """Whether a swipe has begun and not ended."""
        return bool(self._line)

    def receive(self, data: bytes) -> list[Tracks | SwipeFault]:
        """The swipes that these bytes complete, oldest first. Never raises: what is no swipe is a fault."""
        swipes = []
        *ended, rest = _TERMINATOR.split(data)
        for piece in ended:
            self._grow(piece)
            if self._line:
                swipes.append(self._take())
        self._grow(rest)
        return swipes

    def _grow(self, piece: bytes) -> None:
        self._line += piece[: LINE_LENGTH_MAX + 1 - len(self._line)]

    def idle(self) -> list[Tracks | SwipeFault]:
        """Ends a swipe that stopped half-way, so that the next one starts afresh."""
        if not self._line:
            return []
        swipe = self._take()
        cut = isinstance(swipe, Tracks) and self._profile.terminator
        return [SwipeFault.NO_TERMINATOR if cut else swipe]

    def _take(self) -> Tracks | SwipeFault:
        line = self._line.decode("latin-1")
        self._line.clear()
        return SwipeFault.TOO_LONG if len(line) > LINE_LENGTH_MAX else _read(line, lrc=self._profile.lrc)


def _read(line: str, *, lrc: bool) -> Tracks | SwipeFault:
    """One line of tracks in their order. Noise before the first start sentinel is skipped: plugging in makes some."""
    begin = next((at for at, character in enumerate(line) if character in START_SENTINELS), None)
    if begin is None:
        return SwipeFault.NO_START_SENTINEL
    rest = line[begin:]
    tracks: list[str | None] = []
    while rest:
        layout = _next_layout(rest[0], tracks)
        if isinstance(layout, SwipeFault):
            return layout
        characters, end, rest = rest.partition(END_SENTINEL)
        fault = _fault(layout, characters + end, rest[:1] if lrc else None)
        if fault is not None:
            return fault
        rest = rest[lrc:]
        data = characters[1:]
        tracks.append(None if data in {"", TRACK_NOT_READ} else data)
    return Tracks(*tracks) if any(tracks) else SwipeFault.EMPTY


def _next_layout(start: str, tracks: list[str | None]) -> _Layout | SwipeFault:
    """The track that begins here; those that were skipped are noted as not read."""
    if start not in START_SENTINELS:
        return SwipeFault.BAD_CHARACTER
    for layout in LAYOUTS[len(tracks) :]:
        if start in layout.start_sentinels:
            return layout
        tracks.append(None)
    return SwipeFault.WRONG_ORDER


def _fault(layout: _Layout, characters: str, lrc: str | None) -> SwipeFault | None:
    """What is wrong with a track, sentinels included; `lrc` is None where the reader sends none."""
    data = characters[1:].removesuffix(END_SENTINEL)
    if len(data) + SENTINELS_AND_LRC > layout.length_max:
        return SwipeFault.TOO_LONG
    if data != TRACK_NOT_READ and not layout.alphabet.issuperset(data):
        return SwipeFault.BAD_CHARACTER
    if not characters.endswith(END_SENTINEL):
        return SwipeFault.NO_END_SENTINEL
    return None if lrc is None or lrc == layout.lrc(characters) else SwipeFault.WRONG_LRC
