"""A medium's file is read byte by byte, gives what is good of a bad one, and says in plain words what is wrong."""

from collections.abc import Iterable

import pytest

from ledger.ids import ChainId, Place
from offline_queue.doubts import Doubt, Hearer, check_vouched
from offline_queue.media import END, HEAD_BYTES_MAX, MediumFlaw, MediumReader, Sender, framed, opening
from protocol.conversation import FRAME_BYTES_MAX, AnyMessage, Directory, Records, Rejected, Resume, Vouched, encode
from protocol.signing import Context, Signed, sign
from protocol.vouching import vouch
from receipts.wording import Language, Wording
from tests.hq_server.forger import Keeper, traded

TILL, HQ = Keeper(), Keeper(seed=9)
CHAIN = ChainId(TILL.place, TILL.epoch)
HEARER = Hearer(TILL.place, TILL.epoch, HQ.public_key)
SAID: tuple[AnyMessage, ...] = (Resume(1, 7, 41, None), traded().batch(), Records(Place("07-2"), 1, ()))


def written(*messages: AnyMessage, sender: Sender = Sender.TILL) -> bytes:
    return b"".join([opening(sender), *map(framed, messages), END])


FILE = written(*SAID)
SMALL = written(SAID[0], SAID[2])


def read(*pieces: bytes, sender: Sender = Sender.TILL) -> tuple[list[AnyMessage], MediumFlaw | None]:
    """All that comes of a file, and what is wrong with it."""
    reader = MediumReader(sender)
    return [message for piece in pieces for message in reader.receive(piece)], reader.end()


def in_pieces(file: bytes, size: int) -> Iterable[bytes]:
    return (file[start : start + size] for start in range(0, len(file), size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, len(FILE)])
def test_what_was_written_is_read_whatever_the_pieces(size: int) -> None:
    assert read(*in_pieces(FILE, size)) == (list(SAID), None)


def test_a_file_that_is_cut_anywhere_gives_its_whole_frames_and_says_that_it_is_cut() -> None:
    ends = [len(opening(Sender.TILL)) + len(framed(SAID[0])), len(SMALL) - len(END)]
    for length in range(len(SMALL)):
        messages, flaw = read(SMALL[:length])
        assert flaw is MediumFlaw.CUT, length
        assert messages == [SAID[0], SAID[2]][: sum(end <= length for end in ends)], length


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a zip file",
        b"counterfoil export 1\n",
        b"counterfoil medium one till\n",
        b"counterfoil medium 1 mars\n",
        b"counterfoil medium " + b"1" * HEAD_BYTES_MAX,
        b"\n",
        b"\0" * 4,
        bytes(range(256)),
    ],
)
def test_another_kind_of_file_is_told_apart(content: bytes) -> None:
    assert read(content + SMALL) == ([], MediumFlaw.FOREIGN)
    assert read(*in_pieces(content + SMALL, 1)) == ([], MediumFlaw.FOREIGN)


def test_a_later_version_and_the_other_sides_file_are_told_apart() -> None:
    assert read(SMALL.replace(b"medium 1 ", b"medium 2 ", 1)) == ([], MediumFlaw.OTHER_VERSION)
    assert read(SMALL, sender=Sender.HQ) == ([], MediumFlaw.OTHER_WAY)
    assert read(written(sender=Sender.HQ)) == ([], MediumFlaw.OTHER_WAY)


@pytest.mark.parametrize("length", [FRAME_BYTES_MAX + 1, 2**31, 2**32 - 1])
def test_a_frame_that_is_too_large_is_not_waited_for(length: int) -> None:
    file = opening(Sender.TILL) + framed(SAID[0]) + length.to_bytes(4, "big") + b"x" * 100
    assert read(file) == ([SAID[0]], MediumFlaw.TOO_LARGE)


@pytest.mark.parametrize("frame", [b"\xc1", b"\x91\xa4nope", b"\x94\xa6resume\x01\x01", encode(SAID[0]) + b"\0"])
def test_what_is_no_message_ends_the_reading(frame: bytes) -> None:
    damaged = opening(Sender.TILL) + framed(SAID[0]) + len(frame).to_bytes(4, "big") + frame + framed(SAID[2]) + END
    assert read(damaged) == ([SAID[0]], MediumFlaw.DAMAGED)
    assert read(*in_pieces(damaged, 1)) == ([SAID[0]], MediumFlaw.DAMAGED)


def test_behind_its_end_there_is_nothing() -> None:
    assert read(SMALL + b"\0") == ([SAID[0], SAID[2]], MediumFlaw.DAMAGED)
    assert read(SMALL, SMALL) == ([SAID[0], SAID[2]], MediumFlaw.DAMAGED)


def test_every_flaw_is_said_in_three_languages() -> None:
    for flaw in MediumFlaw:
        assert all(Wording.load().say(flaw.value, language) for language in Language)


# What HQ vouches for


@pytest.mark.parametrize("message", [Directory((), 7), Rejected("gap", "07-2/1/9")])
def test_what_hq_vouches_for_is_believed_by_whom_it_is_for(message: Directory | Rejected) -> None:
    assert check_vouched(vouch(message, CHAIN, HQ.key.sign), HEARER) == message


def test_what_somebody_else_vouches_for_or_for_another_till_is_not_believed() -> None:
    said = Directory((), 7)
    assert check_vouched(vouch(said, CHAIN, TILL.key.sign), HEARER) is Doubt.FORGED
    assert check_vouched(vouch(said, ChainId(Place("07-3"), 1), HQ.key.sign), HEARER) is Doubt.NOT_OURS
    assert check_vouched(vouch(said, ChainId(TILL.place, 2), HQ.key.sign), HEARER) is Doubt.NOT_OURS
    good = vouch(said, CHAIN, HQ.key.sign).words
    assert check_vouched(Vouched(Signed(good.content + b"\0", good.signature)), HEARER) is Doubt.FORGED
    for_another_purpose = sign(Context.RECORD, good.content, HQ.key.sign)
    assert check_vouched(Vouched(for_another_purpose), HEARER) is Doubt.FORGED


@pytest.mark.parametrize("content", [b"", b"\x90", b"\x93\xa407-2\x01\xc0", b"\x93\xa407-2\x01\xc4\x01\xc1"])
def test_what_is_vouched_for_has_a_form(content: bytes) -> None:
    assert check_vouched(Vouched(sign(Context.MEDIUM, content, HQ.key.sign)), HEARER) is Doubt.FORGED


def test_only_what_is_not_signed_by_itself_is_vouched_for() -> None:
    content = b"\x93\xa407-2\x01\xc4" + bytes([len(encode(SAID[0]))]) + encode(SAID[0])
    assert check_vouched(Vouched(sign(Context.MEDIUM, content, HQ.key.sign)), HEARER) is Doubt.FORGED
