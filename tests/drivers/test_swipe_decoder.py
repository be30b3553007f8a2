from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import CardSwiped, SwipeFault, Tracks
from drivers.magstripe.decoder import LAYOUTS, LINE_LENGTH_MAX, SwipeDecoder
from drivers.profiles import GENERIC_READER, READERS, ReaderProfile
from hardware_mocks.magstripe_reader import swiped

WITH_LRC = READERS["generic-lrc"]
TRACK1 = "B6222000000000017^WANG/DA MING^3012"
TRACK2 = "6222000000000017=3012"
CARD = Tracks(TRACK1, TRACK2)


def texts(track: int) -> st.SearchStrategy[str]:
    layout = LAYOUTS[track - 1]
    letters = sorted(layout.alphabet)
    return st.text(letters, min_size=1, max_size=layout.length_max - 3).filter(lambda text: text != "E")


CARDS = st.builds(Tracks, st.none() | texts(1), texts(2), st.none() | texts(3))
PROFILES = st.sampled_from(sorted(READERS.values(), key=lambda profile: profile.name))


def bytes_of(card: Tracks, profile: ReaderProfile = GENERIC_READER) -> bytes:
    return swiped(profile, card.track1, card.track2, card.track3)


def chopped(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return (data[begin:end] for begin, end in pairwise(places))


@given(CARDS, PROFILES)
def test_what_a_reader_of_any_model_sends_is_read(card: Tracks, profile: ReaderProfile) -> None:
    decoder = SwipeDecoder(profile)
    assert decoder.receive(bytes_of(card, profile)) + decoder.idle() == [card]


@given(st.lists(st.binary(max_size=300) | CARDS.map(bytes_of), max_size=4).map(b"\r".join), st.lists(st.integers(0)))
def test_any_chopping_gives_the_same_swipes(data: bytes, cuts: list[int]) -> None:
    whole, pieces, bytewise = (SwipeDecoder(GENERIC_READER) for _ in range(3))
    expected = whole.receive(data) + whole.idle()
    assert [swipe for piece in chopped(data, cuts) for swipe in pieces.receive(piece)] + pieces.idle() == expected
    assert [swipe for byte in data for swipe in bytewise.receive(bytes([byte]))] + bytewise.idle() == expected


@given(garbage=st.binary(max_size=600), card=CARDS, profile=PROFILES, silence=st.booleans())
def test_after_any_garbage_the_next_swipe_is_read(
    garbage: bytes, card: Tracks, profile: ReaderProfile, *, silence: bool
) -> None:
    decoder = SwipeDecoder(profile)
    decoder.receive(garbage)
    decoder.idle() if silence else decoder.receive(b"\r")
    assert (decoder.receive(bytes_of(card, profile)) + decoder.idle())[-1] == card


@given(CARDS, st.integers(0), st.sampled_from([GENERIC_READER, WITH_LRC]))
def test_half_a_swipe_is_never_a_card(card: Tracks, length: int, profile: ReaderProfile) -> None:
    data = bytes_of(card, profile)
    decoder = SwipeDecoder(profile)
    swipes = decoder.receive(data[: length % len(data)]) + decoder.idle()
    assert all(isinstance(swipe, SwipeFault) for swipe in swipes)
    assert not decoder.pending


@given(CARDS, st.integers(0), st.integers(1, 255))
def test_one_wrong_character_never_passes_the_check_character(card: Tracks, at: int, flip: int) -> None:
    data = bytearray(bytes_of(card, WITH_LRC))
    data[at % (len(data) - 1)] ^= flip
    decoder = SwipeDecoder(WITH_LRC)
    # Noise instead of the first start sentinel makes a shorter swipe of the tracks behind it, each whole and checked.
    heard = [swipe for swipe in decoder.receive(bytes(data)) + decoder.idle() if isinstance(swipe, Tracks)]
    for swipe in heard:
        told = {swipe.track1, swipe.track2, swipe.track3} - {None}
        assert told <= {card.track1, card.track2, card.track3}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b";6222=1?\r", Tracks(track2="6222=1")),
        (b"%B6222^A^1?;6222=1?+33?\r\n", Tracks("B6222^A^1", "6222=1", "33")),
        (b";6222=1?;33?\n", Tracks(None, "6222=1", "33")),
        (b"%E?;6222=1?\r", Tracks(track2="6222=1")),
        (b"\x00\xff;6222=1?\r", Tracks(track2="6222=1")),
        (b"\x00\xff\xf0\r", SwipeFault.NO_START_SENTINEL),
        (b";6222=1\r", SwipeFault.NO_END_SENTINEL),
        (b";6222^1?\r", SwipeFault.BAD_CHARACTER),
        (b"%B6222=1?\r", SwipeFault.BAD_CHARACTER),
        (b"%b6222^a^1?\r", SwipeFault.BAD_CHARACTER),
        (b"%B6222^A;6222=1?\r", SwipeFault.BAD_CHARACTER),
        (b";6222=1?6?\r", SwipeFault.BAD_CHARACTER),
        (b"+33?;6222=1?\r", SwipeFault.WRONG_ORDER),
        (b";1?;2?;3?\r", SwipeFault.WRONG_ORDER),
        (b"%E?;E?\r", SwipeFault.EMPTY),
        (b";?\r", SwipeFault.EMPTY),
    ],
)
def test_a_line_is_one_swipe_or_one_fault(line: bytes, expected: Tracks | SwipeFault) -> None:
    assert SwipeDecoder(GENERIC_READER).receive(line) == [expected]


@pytest.mark.parametrize(("start", "data_max"), [("%", 76), (";", 37), ("+", 104)])
def test_a_track_has_the_length_of_the_standard_and_not_one_more(start: str, data_max: int) -> None:
    """79, 40 and 107 characters, of which three are the sentinels and the check character."""
    decoder = SwipeDecoder(GENERIC_READER)
    fits, exceeds = (f"{start}{'1' * length}?\r".encode() for length in (data_max, data_max + 1))
    [tracks] = decoder.receive(fits)
    assert isinstance(tracks, Tracks)
    assert decoder.receive(exceeds) == [SwipeFault.TOO_LONG]


def test_the_check_character_of_each_track_is_that_of_the_standard() -> None:
    """Worked out by hand: ; 1 2 3 ? are 1011 0001 0010 0011 1111, column by column 0100, which is 4."""
    decoder = SwipeDecoder(WITH_LRC)
    assert decoder.receive(b";123?4\r;123?5\r+123?4\r") == [
        Tracks(track2="123"),
        SwipeFault.WRONG_LRC,
        Tracks(track3="123"),
    ]


def test_a_reader_that_sends_check_characters_unasked_is_not_misread() -> None:
    data = swiped(WITH_LRC, TRACK1, TRACK2)
    assert SwipeDecoder(GENERIC_READER).receive(data) == [SwipeFault.BAD_CHARACTER]


def test_silence_ends_a_swipe_of_a_reader_without_terminator() -> None:
    decoder = SwipeDecoder(replace(GENERIC_READER, terminator=b""))
    assert decoder.receive(b";6222=1?") == []
    assert decoder.pending
    assert decoder.idle() == [Tracks(track2="6222=1")]


def test_a_whole_swipe_whose_terminator_is_missing_is_a_fault() -> None:
    """A track may be missing behind it: half a card is no card."""
    decoder = SwipeDecoder(GENERIC_READER)
    decoder.receive(b"%B6222^A^1?")
    assert decoder.idle() == [SwipeFault.NO_TERMINATOR]


def test_a_flood_without_an_end_is_one_fault_and_no_memory() -> None:
    decoder = SwipeDecoder(GENERIC_READER)
    assert decoder.receive(b"1" * 100_000) == []
    assert len(decoder._line) == LINE_LENGTH_MAX + 1
    assert decoder.receive(b"\r;6222=1?\r") == [SwipeFault.TOO_LONG, Tracks(track2="6222=1")]


def test_track_data_never_shows() -> None:
    for text in (repr(CARD), str(CARD), f"{CARD}", repr(CardSwiped("front", CARD)), f"{[CARD]!r}"):
        assert "6222" not in text
        assert "WANG" not in text
    assert repr(CARD) == "Tracks(track1=<hidden>, track2=<hidden>)"
