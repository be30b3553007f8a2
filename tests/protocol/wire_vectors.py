"""The test vectors of docs/wire-protocol.md: read from the document, and computed anew with our own code.

A vector is a fenced block whose first line is ```` ```vector KIND NAME ````; then a line for each input, `name: value`,
and for each result, `name => hex`. Values that go on over several lines are indented. `bytes` are written `hex:…`, and
`ref:NAME.field` is what another vector has. Run as a program, it writes the results into the document anew.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.digest import digest
from ledger.ids import AccountId, ChainId, LotId, Place
from ledger.slices import Purse, SliceKey
from offline_queue.export_file import write_export
from offline_queue.export_items import AnyItem
from offline_queue.media import END, Sender, framed, opening
from protocol.acknowledgements import Acknowledgement, seal_acknowledgement
from protocol.bodies import (
    Applied,
    ClockBody,
    DayClosedBody,
    DeclinedBody,
    Directive,
    Given,
    Netted,
    Opened,
    PrintBody,
    Taken,
    TransactionBody,
)
from protocol.check_code import approval_code, check_code
from protocol.conversation import AnyMessage, Challenge, Directory, Rejected, encode
from protocol.enrolment import _key, answer, ask, code_text
from protocol.handshake import log_in, welcome
from protocol.hosting import AskedBody, ToldBody, WarrantBody
from protocol.promotions import Funded
from protocol.records import Record, RecordKind, encode_body, seal
from protocol.recoveries import Readopted, Reclaimed, Recovered
from protocol.rights import RightGiven, RightPassed, RightTaken
from protocol.vouching import vouch
from protocol.write_offs import WrittenOff

DOCUMENT = Path(__file__).parents[2] / "docs" / "wire-protocol.md"
BODIES: dict[RecordKind, type[msgspec.Struct]] = {
    RecordKind.OPENED: Opened,
    RecordKind.TRANSACTION: TransactionBody,
    RecordKind.DECLINED: DeclinedBody,
    RecordKind.PRINT: PrintBody,
    RecordKind.DAY_CLOSED: DayClosedBody,
    RecordKind.DIRECTIVE: Directive,
    RecordKind.APPLIED: Applied,
    RecordKind.GIVEN: Given,
    RecordKind.TAKEN: Taken,
    RecordKind.CLOCK: ClockBody,
    RecordKind.NETTED: Netted,
    RecordKind.READOPTED: Readopted,
    RecordKind.RECLAIMED: Reclaimed,
    RecordKind.RECOVERED: Recovered,
    RecordKind.WRITTEN_OFF: WrittenOff,
    RecordKind.FUNDED: Funded,
    RecordKind.ASKED: AskedBody,
    RecordKind.TOLD: ToldBody,
    RecordKind.WARRANT: WarrantBody,
    RecordKind.RIGHT_GIVEN: RightGiven,
    RecordKind.RIGHT_PASSED: RightPassed,
    RecordKind.RIGHT_TAKEN: RightTaken,
}
BLOCK = re.compile(r"^```vector (?P<kind>\w+) (?P<name>[\w-]+)\n(?P<lines>.*?)^```$", re.DOTALL | re.MULTILINE)
LINE = re.compile(r"^(?P<name>\w+)(?P<sign>:| =>) ?(?P<value>.*(?:\n[ ].*)*)", re.MULTILINE)
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Vector:
    """One block of the document, its references resolved."""

    kind: str
    name: str
    inputs: dict[str, str]
    results: dict[str, str]

    def json(self, field: str) -> Any:  # noqa: ANN401 - it is JSON
        """An input that is JSON, with its bytes as bytes."""
        return _bytes_in(json.loads(self.inputs[field]))

    def data(self, field: str) -> bytes:
        return bytes.fromhex(self.inputs[field])

    def number(self, field: str) -> int:
        return int(self.inputs[field])

    def key(self, field: str = "key") -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.data(field))


def vectors(text: str) -> list[Vector]:
    """Every vector of the document, in its order; a reference reaches back only."""
    found: dict[str, Vector] = {}
    for block in BLOCK.finditer(text):
        inputs, results = dict[str, str](), dict[str, str]()
        for line in LINE.finditer(block["lines"]):
            value = _resolved(_joined(line["value"]), found)
            (inputs if line["sign"] == ":" else results)[line["name"]] = value
        assert block["name"] not in found, f"two vectors have the name {block['name']}"
        found[block["name"]] = Vector(block["kind"], block["name"], inputs, results)
    return list(found.values())


def computed(vector: Vector) -> dict[str, str]:
    """The results of a vector, by our own code."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in MAKERS[vector.kind](vector)}


def refreshed(text: str) -> str:
    """The document with every result computed anew."""
    done, rest = "", text
    while (block := BLOCK.search(rest)) is not None:
        inputs = "".join(line[0].rstrip("\n") + "\n" for line in LINE.finditer(block["lines"]) if line["sign"] == ":")
        opening = rest[block.start() : block.start("lines")]
        done += rest[: block.start()]
        vector = vectors(f"{done}{opening}{inputs}```")[-1]  # it refers to what came before it
        made = "".join(f"{field} =>{_folded(value)}\n" for field, value in computed(vector).items())
        done += f"{opening}{inputs}{made}```"
        rest = rest[block.end() :]
    return done + rest


Results = Iterator[tuple[str, bytes | str]]


def _make_key(vector: Vector) -> Results:
    yield "public_key", vector.key("seed").public_key().public_bytes_raw()


def _make_record(vector: Vector) -> Results:
    kind = RecordKind(vector.inputs["kind"])
    body = encode_body(msgspec.convert(vector.json("body"), BODIES[kind]))
    record = Record(
        version=1,
        keeper=Place(vector.inputs["keeper"]),
        epoch=vector.number("epoch"),
        sequence=vector.number("sequence"),
        recorded_at_ms=vector.number("recorded_at_ms"),
        business_date=vector.inputs["business_date"],
        mode=vector.inputs["mode"],
        kind=kind,
        previous=vector.data("previous"),
        body=body,
    )
    signed = seal(record, vector.key().sign)
    yield "content", signed.content
    yield "hash", signed.hash
    yield "signature", signed.signature


def _make_acknowledgement(vector: Vector) -> Results:
    signed = seal_acknowledgement(msgspec.convert(vector.json("fields"), Acknowledgement), vector.key().sign)
    yield "content", signed.content
    yield "signature", signed.signature


def _make_login(vector: Vector) -> Results:
    challenge = Challenge(vector.data("challenge_nonce"))
    upper, place, epoch = Place(vector.inputs["upper"]), Place(vector.inputs["keeper"]), vector.number("epoch")
    login = log_in(challenge, upper, place, epoch, vector.data("nonce"), vector.key().sign)
    yield "words", msgspec.msgpack.encode((upper, challenge.nonce, login.nonce, place, epoch))
    yield "proof", login.proof
    yield "welcome_proof", welcome(challenge, upper, login, vector.key("hq_key").sign).proof


def _make_frame(vector: Vector) -> Results:
    yield "frame", encode(msgspec.convert(vector.json("message"), AnyMessage))


def _make_vouched(vector: Vector) -> Results:
    chain = ChainId(Place(vector.inputs["keeper"]), vector.number("epoch"))
    message = msgspec.convert(vector.json("message"), Directory | Rejected)
    words = vouch(message, chain, vector.key().sign).words
    yield "content", words.content
    yield "signature", words.signature


def _make_medium(vector: Vector) -> Results:
    messages = (msgspec.convert(message, AnyMessage) for message in vector.json("messages"))
    yield "file", b"".join([opening(Sender(vector.inputs["sender"])), *map(framed, messages), END])


def _make_enrolment(vector: Vector) -> Results:
    code, place = vector.data("code"), Place(vector.inputs["place"])
    request = ask(place, vector.data("public_key"), vector.data("nonce"), code)
    answered = answer(request, vector.data("hq_public_key"), vector.number("epoch"), vector.data("secrets"), code)
    yield "code_text", code_text(code)
    yield "request_proof", request.proof
    yield "sealing_key", _key(code, request)
    yield "sealed", answered.sealed
    yield "answer_proof", answered.proof
    yield "request_json", msgspec.json.encode(request).decode()
    yield "answer_json", msgspec.json.encode(answered).decode()


def _make_codes(vector: Vector) -> Results:
    yield "check_code", check_code(vector.data("hash"))
    yield "approval_code", approval_code(vector.data("hash"))


def _make_digest(vector: Vector) -> Results:
    rows = vector.json("slices")
    yield "digest", digest({SliceKey(AccountId(row[0]), Purse(row[1]), LotId(row[2])): row[3] for row in rows})


def _make_export(vector: Vector) -> Results:
    head, *items = (msgspec.convert(item, AnyItem) for item in vector.json("items"))
    file = io.BytesIO()
    write_export(file, head, items)
    yield "file", file.getvalue()


MAKERS: dict[str, Callable[[Vector], Results]] = {
    "key": _make_key,
    "record": _make_record,
    "acknowledgement": _make_acknowledgement,
    "login": _make_login,
    "frame": _make_frame,
    "vouched": _make_vouched,
    "medium": _make_medium,
    "enrolment": _make_enrolment,
    "codes": _make_codes,
    "digest": _make_digest,
    "export": _make_export,
}


def _joined(value: str) -> str:
    """A value of several lines: hexadecimal and JSON do not mind."""
    return "".join(line.strip() for line in value.splitlines())


def _folded(value: str) -> str:
    if len(value) <= WIDTH:
        return f" {value}"
    return "".join(f"\n  {value[start : start + WIDTH]}" for start in range(0, len(value), WIDTH))


def _resolved(value: str, earlier: dict[str, Vector]) -> str:
    def look_up(reference: re.Match[str]) -> str:
        vector = earlier[reference["vector"]]
        return (vector.results | vector.inputs)[reference["field"]]

    return re.sub(r"ref:(?P<vector>[\w-]+)\.(?P<field>\w+)", look_up, value)


def _bytes_in(value: Any) -> Any:  # noqa: ANN401 - it is JSON
    match value:
        case str() if value.startswith("hex:"):
            return bytes.fromhex(value.removeprefix("hex:"))
        case list():
            return [_bytes_in(one) for one in value]
        case dict():
            return {name: _bytes_in(one) for name, one in value.items()}
        case _:
            return value


if __name__ == "__main__":
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
