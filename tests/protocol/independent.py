"""The wire protocol a second time, from the document alone: none of our code, and no MessagePack library."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.protocol.wire_vectors import Vector

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
INTEGERS = [(0xCC, 1, False), (0xCD, 2, False), (0xCE, 4, False), (0xCF, 8, False)]
NEGATIVES = [(0xD0, 1, True), (0xD1, 2, True), (0xD2, 4, True), (0xD3, 8, True)]


def pack(value: Any) -> bytes:  # noqa: ANN401, PLR0911 - whatever a vector has, a line for each of its types
    """MessagePack in its shortest form, as far as the protocol uses it."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _integer(value)
        case str():
            data = value.encode()
            return _sized(len(data), 0xA0, 31, {1: 0xD9, 2: 0xDA}) + data
        case bytes():
            return _sized(len(value), 0, -1, {1: 0xC4, 2: 0xC5, 4: 0xC6}) + value
        case list():
            return _sized(len(value), 0x90, 15, {2: 0xDC}) + b"".join(map(pack, value))
        case dict():
            return _sized(len(value), 0x80, 15, {2: 0xDE}) + b"".join(pack(k) + pack(v) for k, v in value.items())
        case _:
            raise TypeError(value)


def _integer(value: int) -> bytes:
    if -32 <= value < 128:
        return (value & 0xFF).to_bytes(1, "big")
    for code, size, signed in NEGATIVES if value < 0 else INTEGERS:
        if value.bit_length() + signed <= size * 8:
            return bytes([code]) + value.to_bytes(size, "big", signed=signed)
    raise OverflowError(value)


def _sized(length: int, fix: int, fix_max: int, codes: dict[int, int]) -> bytes:
    if length <= fix_max:
        return bytes([fix | length])
    size, code = next((size, code) for size, code in codes.items() if length < 1 << size * 8)
    return bytes([code]) + length.to_bytes(size, "big")


def results(vector: Vector) -> Iterator[tuple[str, bytes | str]]:
    """What the document says that a vector's results are."""
    match vector.kind:
        case "key":
            yield "public_key", _key(vector, "seed").public_key().public_bytes_raw()
        case "record":
            yield from _record(vector)
        case "acknowledgement":
            content = pack(vector.json("fields"))
            yield from (
                ("content", content),
                ("signature", _sign(vector, b"counterfoil acknowledgement 1\0" + content)),
            )
        case "login":
            yield from _login(vector)
        case "frame":
            yield "frame", pack(vector.json("message"))
        case "enrolment":
            yield from _enrolment(vector)
        case "codes":
            number = int.from_bytes(vector.data("hash")[:5], "big")
            yield "check_code", _grouped(_base32(number, 8))
            yield "approval_code", f"{int.from_bytes(vector.data('hash')[5:13], 'big') % 1_000_000:06}"
        case "digest":
            lines = ["\t".join(map(str, row)) + "\n" for row in vector.json("slices")]
            yield "digest", hashlib.sha256("".join(sorted(lines)).encode()).digest()
        case "export":
            yield "file", _export(vector)
        case _:
            yield from _on_medium(vector)


def _on_medium(vector: Vector) -> Iterator[tuple[str, bytes]]:
    match vector.kind:
        case "vouched":
            content = pack([vector.inputs["keeper"], int(vector.inputs["epoch"]), pack(vector.json("message"))])
            yield "content", content
            yield "signature", _sign(vector, b"counterfoil medium 1\0" + content)
        case "medium":
            frames = [pack(message) for message in vector.json("messages")]
            head = b"counterfoil medium 1 " + vector.inputs["sender"].encode() + b"\n"
            yield "file", head + b"".join(len(one).to_bytes(4, "big") + one for one in frames) + bytes(4)
        case kind:
            raise ValueError(kind)


def _record(vector: Vector) -> Iterator[tuple[str, bytes]]:
    numbers = {name: int(vector.inputs[name]) for name in ("epoch", "sequence", "recorded_at_ms")}
    texts = [vector.inputs[name] for name in ("business_date", "mode", "kind")]
    content = pack(
        [1, vector.inputs["keeper"], *numbers.values(), *texts, vector.data("previous"), vector.json("body")]
    )
    yield "content", content
    yield "hash", hashlib.sha256(b"counterfoil record 1\0" + content).digest()
    yield "signature", _sign(vector, b"counterfoil record 1\0" + content)


def _login(vector: Vector) -> Iterator[tuple[str, bytes]]:
    nonces = vector.data("challenge_nonce"), vector.data("nonce")
    words = pack([vector.inputs["upper"], *nonces, vector.inputs["keeper"], int(vector.inputs["epoch"])])
    yield "words", words
    yield "proof", _sign(vector, b"counterfoil login 1\0" + words)
    yield "welcome_proof", _key(vector, "hq_key").sign(b"counterfoil welcome 1\0" + words)


def _enrolment(vector: Vector) -> Iterator[tuple[str, bytes | str]]:
    code, place, epoch = vector.data("code"), vector.inputs["place"], int(vector.inputs["epoch"])
    public_key, nonce, hq_key = vector.data("public_key"), vector.data("nonce"), vector.data("hq_public_key")
    request_proof = _mac(code, b"till", place.encode(), public_key, nonce)
    extracted = hmac.digest(nonce, code, "sha256")
    sealing_key = hmac.digest(extracted, b"counterfoil enrolment key 1\x01", "sha256")
    sealed = ChaCha20Poly1305(sealing_key).encrypt(bytes(12), vector.data("secrets"), hq_key)
    answer_proof = _mac(code, b"hq", request_proof, hq_key, epoch.to_bytes(8, "big"), sealed)
    yield "code_text", _grouped(_base32(int.from_bytes(code, "big"), 16))
    yield "request_proof", request_proof
    yield "sealing_key", sealing_key
    yield "sealed", sealed
    yield "answer_proof", answer_proof
    yield "request_json", _json(place=place, public_key=public_key, nonce=nonce, proof=request_proof)
    yield "answer_json", _json(hq_public_key=hq_key, epoch=epoch, proof=answer_proof, sealed=sealed)


def _export(vector: Vector) -> bytes:
    items = [pack(item) for item in vector.json("items")]
    file = b"counterfoil export 1\n" + b"".join(len(item).to_bytes(4, "big") + item for item in items)
    end = pack(["end", len(items), hashlib.sha256(file).digest()])
    return file + len(end).to_bytes(4, "big") + end


def _key(vector: Vector, field: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector.inputs[field]))


def _sign(vector: Vector, message: bytes) -> bytes:
    return _key(vector, "key").sign(message)


def _mac(code: bytes, who: bytes, *parts: bytes) -> bytes:
    return hmac.digest(code, pack([b"counterfoil enrolment 1", who, list(parts)]), "sha256")


def _base32(number: int, letters: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(letters)))


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _json(**fields: bytes | str | int) -> str:
    plain = {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in fields.items()}
    return json.dumps(plain, separators=(",", ":"))
