"""How bytes travel: whole, in single bytes, slowly, with losses. A wire turns parcels into parcels, so wires chain.

Example::

    reader.swipe(tracks, wire=chain(lossy(seed=7, rate=0.1), byte_by_byte))
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes that arrive together, after a pause."""

    data: bytes
    pause_s: float = 0.0


Wire = Callable[[Iterable[Parcel]], Iterator[Parcel]]


def travel(data: bytes, wire: Wire) -> Iterator[Parcel]:
    """What comes out at the other end."""
    return wire([Parcel(data)])


def whole(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """A wire that changes nothing."""
    yield from parcels


def byte_by_byte(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """Each byte alone, as at low baud rates."""
    for parcel in parcels:
        for index in range(len(parcel.data)):
            yield Parcel(parcel.data[index : index + 1], 0.0 if index else parcel.pause_s)


def slow(pause_s: float) -> Wire:
    """A pause before each parcel."""

    def wire(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        for parcel in parcels:
            yield Parcel(parcel.data, parcel.pause_s + pause_s)

    return wire


def cut(after: int) -> Wire:
    """Nothing comes through after so many bytes: the card was lifted, or the plug pulled."""

    def wire(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        left = after
        for parcel in parcels:
            if left > 0:
                yield Parcel(parcel.data[:left], parcel.pause_s)
            left -= len(parcel.data)

    return wire


def lossy(seed: int, rate: float) -> Wire:
    """Loses each byte with that chance; the same seed loses the same bytes."""
    return _changing(seed, rate, lambda _byte, _chance: b"")


def garbled(seed: int, rate: float) -> Wire:
    """Flips one bit of a byte with that chance; the same seed flips the same bits."""
    return _changing(seed, rate, lambda byte, chance: bytes([byte ^ 1 << chance.randrange(8)]))


def chain(*wires: Wire) -> Wire:
    """One wire after the other, the first one nearest to the device."""

    def wire(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        for each in wires:
            parcels = each(parcels)
        yield from parcels

    return wire


def _changing(seed: int, rate: float, change: Callable[[int, random.Random], bytes]) -> Wire:
    def wire(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        chance = random.Random(seed)  # noqa: S311 - chance of a bad cable, no secret
        for parcel in parcels:
            data = (change(byte, chance) if chance.random() < rate else bytes([byte]) for byte in parcel.data)
            yield Parcel(b"".join(data), parcel.pause_s)

    return wire
