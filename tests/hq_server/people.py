"""Made-up members and their cards, and what is asked of HQ about them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import msgspec
from stdnum import luhn

from hq_server.storage.members import Members
from hq_server.storage.sqlite import HqStore
from ledger.cards import CardKind, CardScheme
from ledger.ids import AccountId
from protocol.conversation import Directory, Found, HandOn, Movements, Ordered, Resume, Seen
from tests.hq_server.forger import Keeper
from tests.hq_server.serving import Caller, Serving

Json: TypeAlias = Any
TOKEN_KEY = b"secret of the chain"
SCHEME = CardScheme((CardKind("member", "6222", 16),), TOKEN_KEY, {})
MING_PHONE, MING_NAME = "0912-345-678", "王小明"
MING_DIGITS = "912345678"
"""What every spelling of the number has in it."""


def number(serial: int) -> str:
    """The number of the card with this serial number."""
    digits = f"62220000{serial:07d}"
    return digits + luhn.calc_check_digit(digits)


def account_of(serial: int) -> AccountId:
    """The account that this card opens."""
    parsed = SCHEME.parse_number(number(serial))
    assert not isinstance(parsed, str)
    return SCHEME.card(parsed).account


def ming(serial: int = 1, **otherwise: object) -> dict[str, object]:
    """What is told of the member with this card."""
    told: dict[str, object] = {"number": number(serial), "name": MING_NAME, "phone": MING_PHONE, "store": "07"}
    return {**told, "birth_month": 3, "tier": "gold", **otherwise}


async def version_of(hq: Serving, store: str) -> int:
    """The version of a store's directory."""
    version = await hq.parts.store.do(HqStore.knowing, lambda members: members.news(store, 0, 10_000)[1])
    assert isinstance(version, int)
    return version


async def seen_at(hq: Serving, store: str, account: AccountId) -> bool:
    """What posting does when a till of that store has moved this account's value."""

    def see(members: Members) -> bool:
        return members.seen_at(store, account)

    seen = await hq.parts.store.do(HqStore.knowing, see)
    hq.parts.desk.news.tell_store(store)
    return seen


async def ask(hq: Serving, method: str, path: str, body: object = None) -> tuple[int, Json]:
    """Status and body of an answer; a body that is given is sent as JSON."""
    data = None if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
    async with hq.http.request(method, hq.url + path, data=data, headers=hq.token) as answer:
        return answer.status, await answer.json(content_type=None)


@asynccontextmanager
async def calling(hq: Serving, keeper: Keeper, *, directory: int = 0) -> AsyncIterator[Caller]:
    """A line that is up, of a till whose directory has this version; nothing that HQ says on it is heard yet."""
    async with hq.call() as caller:
        await caller.log_in(keeper)
        yield await caller.say(Resume(1, 0, directory, None))


async def hear(caller: Caller, kind: type[Directory | Seen | Found | Movements | Ordered | HandOn]) -> Json:
    """The next message of that kind; what else HQ says in between is passed over."""
    while not isinstance(message := await caller.hear(), kind):
        assert hasattr(message, "__struct_fields__"), message
    return message
