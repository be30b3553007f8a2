"""What became of an operation, for whoever did not hear the answer."""

from __future__ import annotations

from terminal.answers import Answer, Problem
from terminal.messages import Messages
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.under_way import UnderWay


class Inquiries:
    """What is under way is waited for. A book that may be old never says that there was nothing: it does not know."""

    def __init__(self, store: StoreThread, under_way: UnderWay, messages: Messages) -> None:
        self._store, self._under_way, self._messages = store, under_way, messages

    async def operation(self, operation_id: str) -> Answer | Problem:
        """What became of an operation. UNKNOWN_OPERATION: this till never did it."""
        await self._under_way.ended(operation_id=operation_id)
        found = await self._store.do(_what_became_of, operation_id)
        return found if isinstance(found, Problem) else self._messages.with_message(found)

    async def by_pos_ref(self, pos_ref: str) -> list[Answer] | Problem:
        """What became of every operation under a POS's own number."""
        await self._under_way.ended(pos_ref=pos_ref)
        found = await self._store.do(_what_became_of_sale, pos_ref)
        return found if isinstance(found, Problem) else [self._messages.with_message(one) for one in found]


# Each looks once: what HQ tells between two looks would be neither open any more nor found yet.


def _what_became_of(store: TillStore, operation_id: str) -> Answer | Problem:
    if store.operations.is_open(operation_id):
        return Problem.OUTCOME_UNKNOWN
    return store.find(operation_id) or store.trust.problem or Problem.UNKNOWN_OPERATION


def _what_became_of_sale(store: TillStore, pos_ref: str) -> list[Answer] | Problem:
    if store.operations.is_open_for(pos_ref):
        return Problem.OUTCOME_UNKNOWN
    return store.trust.problem or store.of_sale(pos_ref)
