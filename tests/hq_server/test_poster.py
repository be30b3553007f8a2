"""Posting in turns: no chain waits for another's end, and what goes wrong with one does nothing to the others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from hq_server.poster import Poster
from ledger.ids import ChainId, Place
from offline_queue.book_thread import BookBroken, DiskFull

FIRST, SECOND, THIRD = (ChainId(Place(f"07-{number}"), 1) for number in (1, 2, 3))


class Book:
    """Chains with so many steps to post, and what was posted in which order."""

    def __init__(self, **steps: int) -> None:
        self.left = Counter({ChainId(Place(f"07-{name[1:]}"), 1): number for name, number in steps.items()})
        self.order: list[ChainId] = []
        self.done = asyncio.Event()

    async def post(self, chain: ChainId) -> bool:
        self.order.append(chain)
        self.left[chain] -= 1
        if not +self.left:
            self.done.set()
        return self.left[chain] > 0


@asynccontextmanager
async def running(poster: Poster) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(poster.run())
    async with asyncio.timeout(10):
        yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_chains_are_posted_a_step_each_in_turn() -> None:
    book = Book(t1=4, t2=2, t3=1)
    poster = Poster(book.post)
    for chain in (FIRST, SECOND, THIRD, FIRST):
        poster.wake(chain)
    async with running(poster):
        await book.done.wait()
    assert book.order == [FIRST, SECOND, THIRD, FIRST, SECOND, FIRST, FIRST]


async def test_a_chain_that_wakes_up_while_it_is_posted_is_posted_again() -> None:
    book = Book(t1=1)
    poster: Poster

    async def post(chain: ChainId) -> bool:
        if not book.order:
            book.left[chain] += 1
            poster.wake(chain)
        await book.post(chain)
        return False

    poster = Poster(post)
    poster.wake(FIRST)
    async with running(poster):
        await book.done.wait()
    assert book.order == [FIRST, FIRST]


def failing_once(book: Book, chain: ChainId, fault: Exception) -> Callable[[ChainId], Awaitable[bool]]:
    faults = [fault]

    async def post(asked: ChainId) -> bool:
        if asked == chain and faults:
            raise faults.pop()
        return await book.post(asked)

    return post


async def test_our_own_mistake_with_one_chain_is_logged_and_the_others_are_posted() -> None:
    book = Book(t2=1, t3=1)
    poster = Poster(failing_once(book, FIRST, ZeroDivisionError()))
    for chain in (FIRST, SECOND, THIRD):
        poster.wake(chain)
    with capture_logs() as logs:
        async with running(poster) as task:
            await book.done.wait()
            assert not task.done()
    assert [(log["event"], log["keeper"]) for log in logs] == [("posting failed", "07-1")]


async def test_a_full_disk_is_waited_for_and_logged_once_until_it_has_room() -> None:
    book = Book(t1=1, t2=1)
    poster = Poster(failing_once(book, FIRST, DiskFull()), full_pause_s=0)
    for chain in (FIRST, SECOND):
        poster.wake(chain)
    with capture_logs() as logs:
        async with running(poster):
            await book.done.wait()
    assert book.order == [SECOND, FIRST]
    assert [log["event"] for log in logs] == ["the disk is full, nothing is posted", "the disk has room again"]


async def test_a_broken_disk_ends_the_posting() -> None:
    book = Book(t1=1)
    poster = Poster(failing_once(book, FIRST, BookBroken("IOError")))
    poster.wake(FIRST)
    async with asyncio.timeout(10):
        with pytest.raises(BookBroken):
            await poster.run()
