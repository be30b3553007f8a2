"""What stories of value that moves have in common: a till's book, and HQ by hand."""

from __future__ import annotations

import msgspec

from checkout.requests import Sale
from offline_queue.doubts import Doubt, Given
from protocol.bodies import Given as GivenBody
from protocol.bodies import Transfer
from protocol.records import RecordKind
from terminal.answers import Answer
from terminal.modes import MODES, ModeName
from tests.chains.company import ALICE
from tests.chains.till import Till, asked

A = ALICE.account
REAL_TIME, TRANSFER = MODES[ModeName.REAL_TIME], MODES[ModeName.TRANSFER]


def apply(till: Till, given: Given) -> Doubt | None:
    return till.store.hq.apply(given, till.moment())


def has(till: Till) -> int:
    return sum(one.units for one in till.store.slices(A))


def kinds(till: Till) -> list[str]:
    return [signed.open().kind.value for signed in till.chain()][1:]


def gifts(till: Till) -> list[GivenBody]:
    records = [signed.open() for signed in till.chain()]
    return [record.body_as(GivenBody) for record in records if record.kind is RecordKind.GIVEN]


def settle(till: Till, given: Given, request: Sale) -> Answer:
    answer = till.store.settle(given, asked(request, till.moment()))
    assert isinstance(answer, Answer), answer
    return answer


def transfer(*parts: object, account: str = A) -> Transfer:
    return msgspec.convert(
        {"type": "transfer", "why": "grant", "operation_id": "", "account": account, "parts": parts}, Transfer
    )
