"""Asking a till for something, until it is known what came of it: again where it has gone off, and as a POS does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from random import Random
from typing import Any, TypeAlias

import msgspec

from checkout.requests import Load, Sale, Undo
from drivers.events import Tracks
from ledger.ids import AccountId, OperationId
from ledger.journal_sqlite import DiskFull
from ledger.slices import Asset
from simulation.chain import Chain
from simulation.company import Member
from simulation.machine import WentOff
from simulation.report import Report
from simulation.shop import Fate, ShopTill
from terminal.answers import Answer, HqState, HqStatus, Outcome, Presentation, Problem
from terminal.asking import Asked, Moment, UseCase
from terminal.bodies import ItemBody, LoadBody, RefundBody, SaleBody, VoidBody

LOOK_AGAIN_S = 5.0
"""So often somebody looks whether a machine that went off is back."""
AGAIN_ODDS = 0.15
"""Of an operation that is asked for twice at once, as by a page and a POS."""
POS_ODDS = 0.4
"""Of what a POS asks for, under a number of its own."""
AT_ONCE_ODDS, BY_NUMBER_ODDS, OTHERWISE_ODDS = 0.5, 0.2, 0.3
"""Of a POS that asks for a number under two operation ids at once, or again later; of one that asks for other goods."""
ASKS_AGAIN_ODDS = 0.6
"""Of whoever has had no answer and asks once more before he looks what came of it."""
LOOKS_AGAIN_MAX = 100
NOT_NOW = {Problem.TILL_REVOKED, Problem.BOOK_UNCONFIRMED, Problem.NO_CARD, Problem.CARD_GONE}
"""What a till may say instead of deciding; BOOK_BEHIND only one in which somebody has put a copy."""
WITH_A_HOST = {Problem.OUTCOME_UNKNOWN, Problem.HQ_NOT_REACHED, Problem.DISK_FULL}
"""What it may say of what its place at HQ was asked for: that one has a disk of its own."""
NO_HQ = HqStatus(HqState.NEVER, None)

Body: TypeAlias = LoadBody | SaleBody | RefundBody | VoidBody
Words: TypeAlias = tuple[Sale | Load | Undo, UseCase]
"""A request as the truth wants it."""


class Asking:
    """Whoever stands at one till, or is plugged into it."""

    def __init__(self, chain: Chain, till: ShopTill, report: Report, chance: Random) -> None:
        self._chain, self.till, self.report, self._chance = chain, till, report, chance
        self._operations = 0
        self.never: dict[str, ShopTill] = {}
        """What a till has said it never did."""

    def _to_spend(self, who: Member, asset: Asset) -> int:
        """What a member believes that there is to spend today."""
        return self._chain.truth.to_spend(who.card.account, asset, self._chain.today)

    async def _swipe(self, who: Member) -> str:
        """A card lies on the counter now; its name there."""
        tracks = Tracks(None, who.track2)
        presentation = await self.till.machine.ask(lambda: self.till.till.reception.swiped(tracks))
        assert isinstance(presentation, Presentation), presentation
        return presentation.presentation

    async def _ask(self, body: Body, words: Words, *, from_card: int = 0, is_again: bool = False) -> Answer | None:
        """Until it is known to be done, or not; None: it was not, and nobody has decided it.

        `is_again`: a POS has asked for it before, under another operation id, and no customer has.
        """
        self._chain.waiting += 1
        self._chain.truth.asks(self.till.name, self._asked(words))
        try:
            twice = self._chance.random() < AGAIN_ODDS
            by_number = twice and not is_again and body.pos_ref is not None and self._chance.random() < AT_ONCE_ODDS
            beside = [self._ask(*self._anew(body, words), is_again=True)] if by_number else []
            asks = (self._perform(body) for _ in range(1 + (twice and not by_number)))
            performing = asyncio.gather(*asks, return_exceptions=True)
            await asyncio.gather(performing, *beside)
            answers = performing.result()
            heard = [answer for answer in answers if isinstance(answer, Answer)]
            for fault in answers:
                if isinstance(fault, BaseException) and not isinstance(fault, WentOff | DiskFull):
                    raise fault
            if all(isinstance(answer, DiskFull) for answer in answers):
                self.never[body.operation_id] = self.till
            elif not heard:
                found = await self._find_out(body, words, is_again=is_again)
                heard = [] if found is None else [found]
            for said in sorted(heard, key=lambda one: one.replayed):
                self._believe(words, said)
        finally:
            self._chain.truth.ends(body.operation_id)
            self._chain.waiting -= 1
        answer = heard[0] if heard else None
        if not is_again:
            left = self._chain.truth.to_spend(_account(words), Asset.MONEY, self._chain.today) if from_card else 0
            self.report.asked(answer, from_card, left)
            if body.pos_ref is not None and self._chance.random() < BY_NUMBER_ODDS:
                await self._ask_by_number(body, words, answer)
        return answer

    async def _find_out(self, body: Body, words: Words, *, is_again: bool) -> Answer | None:
        """Nobody has answered: it is asked for once more, by its name or by the POS's number, and then looked at."""
        luck = self._chance.random()
        for _ in range(LOOKS_AGAIN_MAX if luck < ASKS_AGAIN_ODDS else 0):
            if self.till.machine.is_serving:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        with suppress(WentOff, DiskFull):
            if luck < ASKS_AGAIN_ODDS / 2:
                answer = await self._perform(body)
                if isinstance(answer, Answer):
                    return answer
            elif luck < ASKS_AGAIN_ODDS and body.pos_ref is not None and not is_again:
                await self._ask(*await self._anew_swiped(body, words), is_again=True)
        return await self._was_it_done(body.operation_id)

    async def _ask_by_number(self, body: Body, words: Words, answer: Answer | None) -> None:
        """A POS asks once more for its number, under another operation id: what was done is told, and not done."""
        is_done = answer is not None and answer.outcome is not Outcome.DECLINED
        with suppress(WentOff, DiskFull):
            again, said = await self._anew_swiped(body, words)
            if is_done and self._chance.random() < OTHERWISE_ODDS and not isinstance(again, VoidBody):
                await self._ask_otherwise(again)
                return
            told = await self._ask(again, said, is_again=True)
            is_same = told is None or answer is None or told.operation_id == answer.operation_id
            assert is_same or not is_done, f"{answer} was done under a POS's number, and then {told}"

    async def _ask_otherwise(self, body: LoadBody | SaleBody | RefundBody) -> None:
        """For something else than what was done for this number."""
        if isinstance(body, SaleBody):
            other: Body = msgspec.structs.replace(body, items=(ItemBody("coffee", body.items[0].amount),))
        else:
            other = msgspec.structs.replace(body, amount=body.amount + self._chain.step)
        self.never[other.operation_id] = self.till
        said = await self.till.machine.ask(lambda: self._begin(other))
        is_no = said is Problem.POS_REF_CONFLICT or (isinstance(said, Problem) and self._may_say(said))
        assert is_no, f"{body.pos_ref} was done, and for something else {self.till.name} says {said}"

    def _anew(self, body: Body, words: Words) -> tuple[Body, Words]:
        """The same under another operation id."""
        operation = self._name()
        request = msgspec.structs.replace(words[0], operation_id=OperationId(operation))
        return msgspec.structs.replace(body, operation_id=operation), (request, words[1])

    async def _anew_swiped(self, body: Body, words: Words) -> tuple[Body, Words]:
        """The same, by whoever swipes the card once more."""
        body, words = self._anew(body, words)
        if isinstance(body, LoadBody | SaleBody):
            who = next(one for one in self._chain.members if one.card.account == _account(words))
            body = msgspec.structs.replace(body, presentation=await self._swipe(who))
        return body, words

    async def _perform(self, body: Body) -> Answer | Problem:
        answer = await self.till.machine.ask(lambda: self._begin(body))
        assert isinstance(answer, Answer) or self._may_say(answer), f"{self.till.name} says {answer}"
        return answer

    def _begin(self, body: Body) -> Coroutine[Any, Any, Answer | Problem]:
        till = self.till.till
        match body:
            case LoadBody():
                return till.load(body)
            case SaleBody():
                return till.sell(body)
            case RefundBody():
                return till.refund(body)
            case VoidBody():
                return till.void(body)

    async def _was_it_done(self, operation_id: str) -> Answer | None:
        """Somebody looks, as soon as the till is back. Of one that never comes back its disk knows, and nobody else."""
        while self.till.fate is Fate.IN_SHOP:
            try:
                answer = await self.till.machine.ask(lambda: self.till.till.inquiries.operation(operation_id))
            except WentOff:
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            if isinstance(answer, Problem) and self._may_say(answer):
                await asyncio.sleep(LOOK_AGAIN_S)
            elif isinstance(answer, Answer):
                return answer
            else:
                assert answer is Problem.UNKNOWN_OPERATION, f"{self.till.name} says of {operation_id}: {answer}"
                break
        else:
            found = self.till.machine.store.find(operation_id)
            if found is not None:
                return found
        self.never[operation_id] = self.till
        return None

    def _may_say(self, problem: Problem) -> bool:
        host = self._chain.host_of(self.till)
        if host is not None and problem in WITH_A_HOST:
            return True
        has_copy = self.till.has_copy or (host is not None and host.has_copy)
        return problem in NOT_NOW or (problem is Problem.BOOK_BEHIND and has_copy)

    def _believe(self, words: Words, answer: Answer) -> None:
        self._chain.truth.hear(self.till.name, self._asked(words), answer)
        assert answer.operation_id not in self.never, f"{answer.operation_id} was not done, and now it is"

    def _asked(self, words: Words) -> Asked:
        return Asked(words[0], words[1], b"", Moment(self._chain.now_ms, ""), NO_HQ)

    def _number(self) -> str | None:
        """A POS's own number of what it asks for; None: somebody asks at the till's page."""
        if self._chance.random() >= POS_ODDS:
            return None
        self._operations += 1
        return f"P{self.till.name.keeper}.{self.till.name.epoch}/{self._operations:06}"

    def _name(self) -> str:
        self._operations += 1
        return f"{self.till.name.keeper}.{self.till.name.epoch}-{self._operations:06}"


def _account(words: Words) -> AccountId:
    return AccountId("") if isinstance(words[0], Undo) else words[0].presented.card.account
