"""Enrolment of this till: by a code that a person brings, till and HQ come to know each other's keys."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ledger.ids import Place
from ledger.journal_sqlite import open_book
from offline_queue.keys import CardKeys, till_key, write_private
from offline_queue.link import post_enrolment
from offline_queue.outbox import last_epoch
from protocol.conversation import NONCE_BYTES
from protocol.enrolment import EnrolmentAnswer, EnrolmentRequest, ask, open_answer, parse_code
from protocol.upstream import LineLost
from terminal.config import TillSettings, read_toml
from terminal.hq_file import HqFile, read_hq_file, write_hq_file
from terminal.store import SCHEMAS
from terminal.wiring import BOOK_FILE, CARD_KEYS_FILE

REFUSALS = {
    "code_wrong": "HQ does not know this code for till {place}: it is mistyped, used, older than a day, or was tried "
    "too often. Read it again; if it stays so, have HQ make a new one.",
    "key_revoked": "HQ has revoked this till's key, so it is not trusted any more. Run counterfoil-till set-aside, "
    "then enrol the till anew: it gets another key.",
    "busy": "HQ has too much to do. Try again in a minute.",
}


class NotEnrolled(Exception):
    """The till is not enrolled, and nothing was changed here; the message says why and what to do."""


class Refusal(msgspec.Struct):
    """The part that we read of HQ's problem details (RFC 9457)."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """The till that is to be enrolled. `book_epoch` is that of the book it has sold into already, if there is one."""

    data: Path
    place: Place
    public_key: bytes
    book_epoch: int | None
    known: HqFile | None


async def enrol(settings_file: Path, url: str, code_text: str, *, again: bool) -> HqFile:
    """Enrol the till that the settings describe. Raises NotEnrolled, SettingsWrong, BookUnusable, KeyUnusable."""
    code = parse_code(code_text)
    if code is None:
        raise NotEnrolled("This is no enrolment code; one looks like 7K2M-9XQD-0C4V-HZ31.")
    here = _look_here(settings_file)
    if here.known is not None and not again:
        raise NotEnrolled(f"This till is enrolled at {here.known.url} already. To enrol it once more, add --again.")
    request = ask(here.place, here.public_key, os.urandom(NONCE_BYTES), code)
    answered = await _post(_checked(url), request)
    secrets = open_answer(request, answered, code)
    if secrets is None:
        raise NotEnrolled(
            f"Whoever answers at {url} does not know the code, so it is not HQ. Check address and network."
        )
    hq = HqFile(_checked(url), answered.hq_public_key, answered.epoch)
    _check_fit(here, hq, secrets)
    write_private(here.data / CARD_KEYS_FILE, secrets)
    write_hq_file(here.data, hq)  # last, as it makes the till an enrolled one
    return hq


def _look_here(settings_file: Path) -> Here:
    settings = read_toml(settings_file, TillSettings)
    data = settings_file.parent / settings.data
    place = Place(f"{settings.store}-{settings.till}")
    public_key = till_key(data).public_key().public_bytes_raw()
    return Here(data, place, public_key, _book_epoch(data / BOOK_FILE, place), read_hq_file(data))


def _book_epoch(path: Path, place: Place) -> int | None:
    if not path.exists():
        return None
    with closing(open_book(path, *SCHEMAS)) as book:
        return last_epoch(book, place)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise NotEnrolled(f"{url} is no address of an HQ; one looks like https://hq.example.com.")
    return url.rstrip("/")


async def _post(url: str, request: EnrolmentRequest) -> EnrolmentAnswer:
    try:
        status, body = await post_enrolment(url, msgspec.json.encode(request))
    except LineLost as fault:
        raise NotEnrolled(
            f"HQ cannot be reached at {url} ({fault}). Check address and network, then try again."
        ) from fault
    try:
        return msgspec.json.decode(body, type=EnrolmentAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise NotEnrolled(_refusal(status, body, url, request.place)) from fault


def _refusal(status: int, body: bytes, url: str, place: str) -> str:
    try:
        code = msgspec.json.decode(body, type=Refusal).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        code = ""
    if code in REFUSALS:
        return REFUSALS[code].format(place=place)
    return f"{url} did not answer as an HQ does (HTTP status {status}). Check the address."


def _check_fit(here: Here, hq: HqFile, secrets: bytes) -> None:
    """A book that was begun goes on under the names and numbers with which it began."""
    try:
        keys = msgspec.json.decode(secrets, type=CardKeys)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise NotEnrolled("HQ's card keys have a form that this version does not know. Update the till.") from fault
    if here.known is not None and here.known.public_key != hq.public_key:
        raise NotEnrolled(
            f"{hq.url} is another HQ than the one that this till belongs to. Set the till up anew for it."
        )
    if here.book_epoch is None:
        return
    if here.book_epoch != hq.epoch:
        raise NotEnrolled(
            f"HQ knows another till as {here.place}, and this one has sold under that name already. Give it another "
            "till number; or counterfoil-till set-aside, and enrol it anew."
        )
    if _token_key(here.data / CARD_KEYS_FILE) not in (None, keys.token_key):
        raise NotEnrolled(f"This till has sold with the card keys of another chain, in {here.data}. Set it up anew.")


def _token_key(path: Path) -> bytes | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=CardKeys).token_key
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
