"""What a stranger sends as an acknowledgement or a message is one, or is none: nothing else is ever raised."""

import random
from typing import Any, get_args

import msgspec
import pytest

from protocol.acknowledgements import open_acknowledgement
from protocol.conversation import FRAME_BYTES_MAX, AnyMessage, decode, encode
from protocol.errors import NotAMessage, NotAnAcknowledgement
from protocol.signing import Signed
from tests.protocol.wire_vectors import DOCUMENT, vectors

VECTORS = vectors(DOCUMENT.read_text(encoding="utf-8"))
FRAMES = [bytes.fromhex(vector.results["frame"]) for vector in VECTORS if vector.kind == "frame"]
SAID = next(bytes.fromhex(vector.results["content"]) for vector in VECTORS if vector.kind == "acknowledgement")
TAGS = [message.__struct_config__.tag for message in get_args(AnyMessage)]
WORDS: list[Any] = [
    *(
        None,
        True,
        0,
        1,
        -1,
        2**63 - 1,
        2**63,
        2**64 - 1,
        -(2**63),
        1.5,
        float("nan"),
        "",
        "hq",
        "07-2",
        "money",
        "busy",
    ),
    *(
        "operation-1",
        "a" * 64,
        "a" * 65,
        "x" * 70_000,
        b"",
        bytes(32),
        bytes(70_000),
        [],
        [[]],
        [b"", b""],
        [["hq", 0, 0, 0]],
    ),
    *({}, {"a": 1}, [["a", "", "", "", "", "", 0, b"", False]], ["a", "", "", "", "", "", 0, b""], [[[[[]]]]] * 3),
]
PLAIN = msgspec.msgpack.decode(SAID)


def changed(place: int, value: object) -> bytes:
    return msgspec.msgpack.encode([*PLAIN[:place], value, *PLAIN[place + 1 :]])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        SAID + b"\0",
        SAID[:-1],
        changed(0, 2),
        changed(1, -1),
        changed(2, "07/2"),
        changed(2, "07-2\n"),
        changed(4, 2**63),
        changed(5, bytes(31)),
        changed(8, "text"),
        SAID.replace(b"07-2", b"\xff7-2"),
        b"\x91" * 60_000,
        msgspec.msgpack.encode([*PLAIN, 0]),
    ],
)
def test_what_is_no_acknowledgement_is_none(content: bytes) -> None:
    with pytest.raises(NotAnAcknowledgement):
        open_acknowledgement(Signed(content, bytes(64)))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x91" * 60_000,
        bytes(FRAME_BYTES_MAX + 1),
        msgspec.msgpack.encode(["goodbye"]),
        msgspec.msgpack.encode(["challenge"]),
        msgspec.msgpack.encode(["challenge", b"", 1]),
        msgspec.msgpack.encode(["login", "07/2", 1, b"", b""]),
        msgspec.msgpack.encode(["login", "07-2", 2**63, b"", b""]),
        msgspec.msgpack.encode(["records", "07-2", 1, [[b"", b"", b""]]]),
        msgspec.msgpack.encode(["records", "07-2", 1, [[b""]]]),
        msgspec.msgpack.encode(["rejected", "gap", "zz"]).replace(b"zz", b"\xff\xff"),
    ],
)
def test_what_is_no_message_is_none(frame: bytes) -> None:
    with pytest.raises(NotAMessage):
        decode(frame)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_bytes_come_they_are_a_message_or_they_are_none(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2_000):
        frame = bytearray(chance.choice(FRAMES))
        for _ in range(chance.randrange(1, 4)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        try:
            said = decode(bytes(frame[: chance.randrange(len(frame) + 1)] if chance.random() < 0.2 else frame))
        except NotAMessage:
            continue
        assert decode(encode(said)) == said


@pytest.mark.parametrize("name", [tag for tag in TAGS if tag not in {"challenge", "welcome"}])
def test_whatever_a_message_of_a_known_name_is_made_of_it_is_one_or_it_is_none(name: str) -> None:
    """Words of every type at every place; two whose bounds are their sizes are left out: bytes are all they have."""
    chance = random.Random(name)
    for _ in range(500):
        words = [chance.choice(WORDS) for _ in range(chance.randrange(8))]
        try:
            said = decode(msgspec.msgpack.encode([name, *words]))
        except NotAMessage:
            continue
        assert decode(encode(said)) == said
