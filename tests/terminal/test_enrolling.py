"""A new till and HQ come to know each other, whatever stands between them; and nothing is changed when they don't."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_mocks.demo_store import DemoStore
from ledger.journal_sqlite import BookUnusable
from offline_queue.keys import CardKeys, till_key
from protocol.enrolment import EnrolmentAnswer, EnrolmentRequest, answer, code_text, request_is_true
from terminal.config import SettingsWrong
from terminal.enrolling import NotEnrolled, enrol
from terminal.hq_file import HQ_FILE, HqFile, read_hq_file
from terminal.wiring import CARD_KEYS_FILE, build

CODE = bytes(range(10))
TEXT = code_text(CODE)
OTHER = code_text(bytes(10))
CARDS = msgspec.json.encode(CardKeys(bytes(32), {1: bytes([1]) * 32}))

Meddle = Callable[[EnrolmentAnswer], EnrolmentAnswer]


class Office:
    """HQ's side of enrolment, or of somebody who would like to be HQ."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        self.epoch, self.cards, self.code = 1, CARDS, CODE
        self.requests: list[EnrolmentRequest] = []
        self.meddle: Meddle = lambda answered: answered
        self.says: web.Response | None = None
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=EnrolmentRequest)
        self.requests.append(asked)
        if self.says is not None:
            return self.says
        if not request_is_true(asked, self.code):
            return problem("code_wrong")
        answered = self.meddle(answer(asked, self.key, self.epoch, self.cards, self.code))
        return web.Response(body=msgspec.json.encode(answered), content_type="application/json")


def problem(code: str, status: int = 403) -> web.Response:
    return web.json_response({"code": code, "title": "Forbidden"}, status=status)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    app = web.Application()
    app.router.add_post("/v1/enrolments", office.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    office.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield office
    await runner.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A till that was set up and has neither card keys nor a book."""
    settings = DemoStore(tmp_path).settings()
    (tmp_path / "till-1" / CARD_KEYS_FILE).unlink()
    return settings


@pytest.fixture
def data(settings: Path) -> Path:
    return settings.parent / "till-1"


def files(data: Path) -> dict[str, bytes]:
    """What there is, but for the key that the till makes for itself."""
    return {file.name: file.read_bytes() for file in data.iterdir() if file.name != "till.key"}


async def begin_book(settings: Path) -> None:
    parts = build(settings)
    await parts.till.begin()
    await asyncio.to_thread(parts.store.close)


async def test_a_new_till_gets_hq_s_key_its_epoch_and_the_card_keys(settings: Path, data: Path, office: Office) -> None:
    office.epoch = 3
    hq = await enrol(settings, f"{office.url}/", TEXT.lower().replace("-", " "), again=False)
    assert hq == read_hq_file(data) == HqFile(office.url, office.key, 3)
    assert (data / CARD_KEYS_FILE).read_bytes() == CARDS
    assert office.requests[0].public_key == till_key(data).public_key().public_bytes_raw()
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in (HQ_FILE, CARD_KEYS_FILE)} == {0o600}
    parts = build(settings)
    await parts.till.begin()
    assert parts.uplink is not None
    assert (await parts.store.do(lambda store: store.head())).ref.epoch == 3
    await asyncio.to_thread(parts.store.close)


async def test_letters_that_look_like_figures_are_forgiven(settings: Path, data: Path, office: Office) -> None:
    await enrol(settings, office.url, TEXT.replace("0", "O").replace("1", "l"), again=False)
    assert read_hq_file(data) is not None


@pytest.mark.parametrize("code", ["", "7K2M", f"{TEXT}0", "UUUU-UUUU-UUUU-UUUU", "七K2M-9XQD-0C4V-HZ31"])
async def test_what_is_no_code_is_not_sent(code: str, settings: Path, office: Office) -> None:
    with pytest.raises(NotEnrolled, match="no enrolment code"):
        await enrol(settings, office.url, code, again=False)
    assert office.requests == []


def of_another(answered: EnrolmentAnswer) -> EnrolmentAnswer:
    """Somebody in the middle puts his own key in."""
    return msgspec.structs.replace(answered, hq_public_key=bytes(32))


MEDDLING: dict[str, Meddle] = {
    "another key": of_another,
    "another epoch": lambda true: msgspec.structs.replace(true, epoch=true.epoch + 1),
    "other card keys": lambda true: msgspec.structs.replace(
        true, sealed=true.sealed[:-1] + bytes([true.sealed[-1] ^ 1])
    ),
    "another proof": lambda true: msgspec.structs.replace(true, proof=bytes(32)),
    "no proof": lambda true: msgspec.structs.replace(true, proof=b""),
}


@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING.keys())
async def test_somebody_in_the_middle_can_change_nothing(
    meddle: Meddle, settings: Path, data: Path, office: Office
) -> None:
    office.meddle = meddle
    with pytest.raises(NotEnrolled, match="it is not HQ"):
        await enrol(settings, office.url, TEXT, again=False)
    assert files(data) == {}


async def test_an_answer_to_another_request_is_not_taken(settings: Path, office: Office) -> None:
    earlier: list[EnrolmentAnswer] = []

    def replay(true: EnrolmentAnswer) -> EnrolmentAnswer:
        earlier.append(true)
        return earlier[0]

    office.meddle = replay
    await enrol(settings, office.url, TEXT, again=False)
    with pytest.raises(NotEnrolled, match="it is not HQ"):
        await enrol(settings, office.url, TEXT, again=True)


SAYINGS: dict[str, tuple[Callable[[], web.Response], str]] = {
    "a wrong code": (lambda: problem("code_wrong"), "does not know this code for till 07-1"),
    "a revoked key": (lambda: problem("key_revoked"), "revoked this till's key"),
    "too much to do": (lambda: problem("busy", 503), "Try again in a minute"),
    "something new": (lambda: problem("of_the_future", 500), "HTTP status 500"),
    "a page": (lambda: web.Response(text="<html>Welcome</html>"), "HTTP status 200"),
    "another place": (lambda: web.Response(status=302, headers={"Location": "/v1/enrolments"}), "HTTP status 302"),
    "no UTF-8": (lambda: web.Response(body=b"\xff\xfe"), "HTTP status 200"),
    "a long story": (lambda: web.Response(body=b" " * 100_000), "cannot be reached"),
}


@pytest.mark.parametrize(("says", "told"), SAYINGS.values(), ids=SAYINGS.keys())
async def test_what_hq_says_instead_is_told_in_plain_words(
    says: Callable[[], web.Response], told: str, settings: Path, data: Path, office: Office
) -> None:
    office.says = says()
    with pytest.raises(NotEnrolled, match=told):
        await enrol(settings, office.url, OTHER, again=False)
    assert files(data) == {}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
async def test_an_hq_that_is_not_there_is_told_in_plain_words(url: str, settings: Path, data: Path) -> None:
    with pytest.raises(NotEnrolled, match="cannot be reached"):
        await enrol(settings, url, TEXT, again=False)
    assert files(data) == {}


@pytest.mark.parametrize("url", ["", "hq.example.com", "ftp://hq", "https://", "https://hq?x=1"])
async def test_what_is_no_address_is_told_in_plain_words(url: str, settings: Path) -> None:
    with pytest.raises(NotEnrolled, match="is no address of an HQ"):
        await enrol(settings, url, TEXT, again=False)


async def test_an_enrolled_till_is_enrolled_once_more_only_when_told_so(
    settings: Path, data: Path, office: Office
) -> None:
    await enrol(settings, office.url, TEXT, again=False)
    before = files(data)
    with pytest.raises(NotEnrolled, match=r"already.*--again"):
        await enrol(settings, "http://127.0.0.1:1", TEXT, again=False)
    assert (files(data), len(office.requests)) == (before, 1)
    await enrol(settings, office.url, TEXT, again=True)
    assert files(data) == before


async def test_a_till_does_not_move_to_another_hq(settings: Path, data: Path, office: Office) -> None:
    await enrol(settings, office.url, TEXT, again=False)
    before, office.key = files(data), bytes(32)
    with pytest.raises(NotEnrolled, match="another HQ"):
        await enrol(settings, office.url, TEXT, again=True)
    assert files(data) == before


async def test_a_till_that_has_sold_alone_keeps_its_book_its_cards_and_its_epoch(
    settings: Path, data: Path, office: Office
) -> None:
    (data / CARD_KEYS_FILE).write_bytes(CARDS)
    await begin_book(settings)
    before = set(files(data))
    office.epoch = 2
    with pytest.raises(NotEnrolled, match="HQ knows another till as 07-1"):
        await enrol(settings, office.url, TEXT, again=False)
    office.epoch, office.cards = 1, msgspec.json.encode(CardKeys(bytes([9]) * 32, {1: bytes(32)}))
    with pytest.raises(NotEnrolled, match="card keys of another chain"):
        await enrol(settings, office.url, TEXT, again=False)
    assert set(files(data)) == before
    assert (data / CARD_KEYS_FILE).read_bytes() == CARDS
    office.cards = msgspec.json.encode(CardKeys(bytes(32), {1: bytes(32), 2: bytes(32)}))
    await enrol(settings, office.url, TEXT, again=False)
    assert (data / CARD_KEYS_FILE).read_bytes() == office.cards


async def test_a_till_that_runs_is_not_enrolled_behind_its_back(settings: Path, data: Path, office: Office) -> None:
    (data / CARD_KEYS_FILE).write_bytes(CARDS)
    parts = build(settings)
    await parts.till.begin()
    with pytest.raises(BookUnusable, match="already running"):
        await asyncio.to_thread(lambda: asyncio.run(enrol(settings, office.url, TEXT, again=False)))
    await asyncio.to_thread(parts.store.close)
    assert office.requests == []


async def test_card_keys_of_a_later_version_are_not_written(settings: Path, data: Path, office: Office) -> None:
    office.cards = b'{"token_key": "AA==", "stripe_keys": {}, "more": 1}'
    with pytest.raises(NotEnrolled, match="Update the till"):
        await enrol(settings, office.url, TEXT, again=False)
    assert files(data) == {}


@pytest.mark.parametrize("content", [b"", b"{}", b'{"url": "x", "public_key": "AA==", "epoch": 1}', b"\xff"])
def test_a_damaged_file_says_what_to_do(content: bytes, settings: Path, data: Path) -> None:
    (data / CARD_KEYS_FILE).write_bytes(CARDS)
    (data / HQ_FILE).write_bytes(content)
    with pytest.raises(SettingsWrong, match="Enrol the till again"):
        build(settings)


async def test_a_file_of_another_book_is_refused(settings: Path, data: Path) -> None:
    (data / CARD_KEYS_FILE).write_bytes(CARDS)
    await begin_book(settings)
    (data / HQ_FILE).write_text(json.dumps({"url": "http://127.0.0.1:1", "public_key": "A" * 43 + "=", "epoch": 2}))
    with pytest.raises(SettingsWrong, match="another book"):
        build(settings)


def test_without_the_file_a_till_sells_alone(settings: Path, data: Path) -> None:
    (data / CARD_KEYS_FILE).write_bytes(CARDS)
    parts = build(settings)
    assert parts.uplink is None
    parts.store.close()
