"""Messages: each is read back as it was said, has bounds, and the largest of each fits into a frame."""

from typing import Any

import msgspec
import pytest

from ledger.amounts import UNITS_MAX
from ledger.ids import Place
from ledger.slices import Asset
from protocol.conversation import (
    DIRECTORY_LINES_MAX,
    FOUND_MAX,
    FRAME_BYTES_MAX,
    AnyMessage,
    Directory,
    Draw,
    Fetch,
    Find,
    Found,
    Look,
    NoDraw,
    NotDrawn,
    Resume,
    Seen,
    decode,
    encode,
)
from protocol.errors import NotAMessage
from protocol.members import SHARES_MAX, Member, Share

ALICE, CARD, PHONE = "435a872421af559bdaa702b6", "9f820b96b56ad7968f6c2775", bytes(range(32))
NUMBER_MAX = 2**63 - 1
SHARE = Share(Place("hq"), 30_000, 6_055, 12)
MEMBER = Member(ALICE, CARD, "6222****4175", "member", "王○明", "gold", 7, PHONE)
FORGOTTEN = Member(ALICE, "", "", "", "", "", 0, b"", gone=True)

SAID: list[AnyMessage] = [
    Resume(1, 7, 41, None),
    Draw("operation-1", CARD, ALICE, Asset.MONEY, 12_34, 1_000),
    Draw("operation-1", CARD, ALICE, Asset.POINTS, UNITS_MAX, 0),
    NotDrawn("operation-1", NoDraw.NOT_ENOUGH, (SHARE,), 1_795_320_000_000),
    NotDrawn("operation-1", NoDraw.BUSY, (), 0),
    Fetch("operation-1", "07-2.2-000031"),
    Look(CARD, ALICE),
    Seen(ALICE, (SHARE, Share(Place("07-2"), 0, 0, 0)), MEMBER, 1_795_320_000_000, (2, 57)),
    Seen(ALICE, (), None, 0, (0, 0)),
    Find(PHONE),
    Found(PHONE, ()),
    Found(PHONE, (MEMBER, FORGOTTEN)),
    Directory((MEMBER, FORGOTTEN), 42),
    Directory((), 0),
]


@pytest.mark.parametrize("message", SAID)
def test_a_message_is_read_back_as_it_was_said(message: AnyMessage) -> None:
    assert decode(encode(message)) == message


def test_every_message_begins_with_its_name() -> None:
    named = [msgspec.msgpack.decode(encode(message))[0] for message in SAID]
    assert set(named) == {"resume", "draw", "not_drawn", "fetch", "look", "seen", "find", "found", "directory"}


WORD = "𠮷" * 64
"""The longest that a label may be, of a letter that is in names and has four bytes."""
LARGEST_MEMBER = Member(WORD, WORD, WORD, WORD, WORD, WORD, 12, PHONE, gone=True)
LARGEST_SHARE = Share(Place("ABCDEFGH-1234"), NUMBER_MAX, NUMBER_MAX, NUMBER_MAX)


@pytest.mark.parametrize(
    "message",
    [
        Directory((LARGEST_MEMBER,) * DIRECTORY_LINES_MAX, NUMBER_MAX),
        Found(PHONE, (LARGEST_MEMBER,) * FOUND_MAX),
        Seen(WORD, (LARGEST_SHARE,) * SHARES_MAX, LARGEST_MEMBER, NUMBER_MAX, (NUMBER_MAX, NUMBER_MAX)),
        NotDrawn("o" * 64, NoDraw.NOT_ENOUGH, (LARGEST_SHARE,) * SHARES_MAX, NUMBER_MAX),
        Fetch("o" * 64, WORD),
        Draw("o" * 64, WORD, WORD, Asset.POINTS, UNITS_MAX, NUMBER_MAX),
    ],
)
def test_the_largest_of_each_message_fits_into_a_frame(message: AnyMessage) -> None:
    """One that is too large would end the line, and come again on the next."""
    frame = encode(message)
    assert len(frame) <= FRAME_BYTES_MAX
    assert decode(frame) == message


def plain(message: AnyMessage) -> list[Any]:
    words: list[Any] = msgspec.msgpack.decode(encode(message))
    return words


def said(message: AnyMessage, place: int, value: object) -> bytes:
    words = plain(message)
    words[place] = value
    return msgspec.msgpack.encode(words)


def member(place: int, value: object) -> bytes:
    line: list[Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(MEMBER))
    line[place] = value
    return msgspec.msgpack.encode(["directory", [line], 1])


RESUME, DRAW, NOT_DRAWN, FETCH, LOOK = SAID[0], SAID[1], SAID[3], SAID[5], SAID[6]
SEEN, FIND, FOUND, DIRECTORY = SAID[7], SAID[9], SAID[11], SAID[12]
TOO_LARGE = 2**63


@pytest.mark.parametrize(
    "frame",
    [
        *(said(RESUME, place, value) for place in (1, 2, 3) for value in (-1, TOO_LARGE, "1", None, 1.5)),
        *(said(DRAW, 1, value) for value in ("", "short-1", "o" * 65, "has space", "operation\n", 5)),
        *(said(message, 1, "given/07-2/1/31") for message in (DRAW, NOT_DRAWN, FETCH)),
        *(said(DRAW, place, value) for place in (2, 3) for value in ("", "a" * 65, 5, None)),
        *(said(DRAW, 4, value) for value in ("gold", "principal", "", 0)),
        *(said(DRAW, 5, value) for value in (0, -1, UNITS_MAX + 1, 2**64 - 1, "5", 1.5)),
        *(said(DRAW, 6, value) for value in (-1, TOO_LARGE, "5", None)),
        *(said(NOT_DRAWN, 2, value) for value in ("", "enough", 1)),
        said(NOT_DRAWN, 1, "o" * 65),
        said(NOT_DRAWN, 3, [["hq", 1, 1, 1]] * (SHARES_MAX + 1)),
        *(said(NOT_DRAWN, 3, [share]) for share in ([], ["hq", 1, 1], ["hq", 1, 1, 1, 1], ["hq", -1, 1, 1])),
        *(said(NOT_DRAWN, 3, [[place, 1, 1, 1]]) for place in ("", "nobody", "07-2\n", "07/2")),
        *(said(FETCH, 2, value) for value in ("r" * 65, 31, None)),
        *(said(LOOK, place, value) for place in (1, 2) for value in ("", "a" * 65, 5, None)),
        said(SEEN, 1, ""),
        said(SEEN, 2, [["hq", 1, 1, 1]] * (SHARES_MAX + 1)),
        said(SEEN, 3, []),
        said(SEEN, 4, -1),
        *(said(FIND, 1, value) for value in (b"", bytes(31), bytes(33), "0912345678", None)),
        said(FOUND, 2, [plain(DIRECTORY)[1][0]] * (FOUND_MAX + 1)),
        said(DIRECTORY, 1, [plain(DIRECTORY)[1][0]] * (DIRECTORY_LINES_MAX + 1)),
        said(DIRECTORY, 2, -1),
        *(member(0, value) for value in ("", "a" * 65, None)),
        *(member(place, "a" * 65) for place in range(1, 6)),
        *(member(6, value) for value in (-1, 13, "7")),
        *(member(7, value) for value in (bytes(33), "0912345678", None)),
        *(member(8, value) for value in (0, 1, None)),
    ],
)  # fmt: skip
def test_what_is_beyond_its_bounds_is_no_message(frame: bytes) -> None:
    with pytest.raises(NotAMessage):
        decode(frame)


@pytest.mark.parametrize("message", SAID)
def test_a_message_that_lacks_a_word_or_has_one_too_many_is_none(message: AnyMessage) -> None:
    words = plain(message)
    for odd in (words[:-1], [*words, None]):
        with pytest.raises(NotAMessage):
            decode(msgspec.msgpack.encode(odd))
