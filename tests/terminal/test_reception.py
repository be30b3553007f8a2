"""The reception on a real line: HQ is asked, nobody waits for it, and what it says unasked is not taken."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from ledger.cards import Card
from ledger.ids import Place
from protocol.conversation import Directory, Found, Seen
from protocol.members import Member, Share
from terminal import reception
from terminal.answers import Presentation, Problem, Search
from terminal.hq_questions import FIND_WAIT_S
from tests.chains.company import ALICE, BOB, CAROL, SCHEME, number
from tests.chains.till import IDENTITY
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.stand_in_members import PeopleAtHq, hash_of, member_of
from tests.terminal.till_on_line import AT_ONCE_S, LOOK_AGAIN_S, SOON_S, TillOnLine, soon

HERE = IDENTITY.place
PHONE, OTHER_PHONE = "0912345678", "13812345678"
TWO_O_CLOCK = 1_732_255_500_000
"""2024-11-22T14:05:00+08:00: any clock is later."""


def share(place: str, principal: int, bonus: int, points: int) -> Share:
    return Share(Place(place), principal, bonus, points)


def line(who: Card, name: str = "王○明", phone: str | None = PHONE) -> Member:
    return member_of(SCHEME, who, name, phone)


@pytest.fixture
async def people(hq: StandInHq, till: TillOnLine) -> AsyncIterator[PeopleAtHq]:
    yield PeopleAtHq(hq, TWO_O_CLOCK)
    till.check_running()


def seen(till: TillOnLine) -> list[Presentation]:
    """What pages were told when HQ had spoken."""
    return [event.data for event in till.events if event.name == "card.seen" and isinstance(event.data, Presentation)]


async def find(till: TillOnLine, phone: str = PHONE) -> Search:
    found = await till.till.reception.search(phone)
    assert isinstance(found, Search), found
    return found


async def known(till: TillOnLine, who: Card) -> Member | None:
    return await till.store.do(lambda store: store.members.of(who.account))


async def test_a_card_is_shown_at_once_and_again_when_hq_has_spoken(till: TillOnLine, people: PeopleAtHq) -> None:
    people.know(line(ALICE), share("hq", 300, 20, 7), share(HERE, 5, 5, 5))
    await till.state("answered")
    await till.load(1_000)
    shown = await till.till.reception.key_in(number(417).digits)
    assert isinstance(shown, Presentation)
    await soon(lambda: shown.presentation in {one.presentation for one in seen(till)})
    now = seen(till)[-1]
    assert (now.name, now.tier, now.total_is_fresh) == ("王○明", "gold", True)
    assert (now.principal, now.total) == (1_000, 1_320)
    assert now.total_as_of == "2024-11-22T14:05:00+08:00"
    assert [(one.place, one.principal) for one in now.shares] == [(HERE, 1_000), ("hq", 300)]


async def test_what_hq_said_is_known_when_it_is_silent(till: TillOnLine, people: PeopleAtHq) -> None:
    people.know(line(ALICE), share("hq", 300, 0, 0))
    await till.state("answered")
    await till.key_in()
    await soon(lambda: seen(till))
    people.answers.clear()
    shown = await till.till.reception.key_in(number(417).digits)
    assert isinstance(shown, Presentation)
    assert (shown.name, shown.total, shown.total_is_fresh) == ("王○明", 300, False)


async def test_hq_is_asked_again_when_value_has_moved(till: TillOnLine, people: PeopleAtHq) -> None:
    people.know(line(ALICE))
    await till.state("answered")
    await till.load(1_000)
    await soon(lambda: [one.total for one in seen(till)][-1:] == [1_000])


async def test_what_lies_nowhere_yet_is_not_remembered_and_asked_for_again(
    till: TillOnLine, people: PeopleAtHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "LOOK_AGAIN_S", 0.05)
    people.know(line(ALICE), share("hq", 100, 0, 0))
    await till.state("answered")
    people.knows = None
    await till.key_in()
    await soon(lambda: len(seen(till)) >= 2)
    assert {(one.name, one.total, one.total_is_fresh) for one in seen(till)} == {("王○明", None, False)}
    people.knows = (0, 0)
    await soon(lambda: seen(till)[-1].total == 100)
    assert seen(till)[-1].total_is_fresh
    asked = len(seen(till))
    await asyncio.sleep(0.2)
    assert len(seen(till)) == asked


async def test_nobody_asks_again_for_a_card_that_is_gone(
    till: TillOnLine, people: PeopleAtHq, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "LOOK_AGAIN_S", 0.05)
    people.know(line(ALICE))
    await till.state("answered")
    people.knows = None
    shown = await till.till.reception.key_in(number(417).digits)
    assert isinstance(shown, Presentation)
    await soon(lambda: seen(till))
    assert till.till.reception.dismiss(shown.presentation)
    told = people.looks
    await asyncio.sleep(0.2)
    assert people.looks == told


async def test_seen_of_whom_nobody_asked_is_not_remembered(hq: StandInHq, till: TillOnLine, people: PeopleAtHq) -> None:
    await till.state("answered")
    await hq.say(Seen(BOB.account, (share("hq", 1, 0, 0),), line(BOB), 1, (0, 0)))
    people.lie = lambda _truth: (Seen(BOB.account, (share("hq", 1, 0, 0),), line(BOB), 1, (0, 0)),)
    await till.key_in()
    people.lie = lambda truth: (truth,)
    await till.key_in()
    await soon(lambda: seen(till))
    assert {one.account for one in seen(till)} == {ALICE.account}
    assert await known(till, BOB) is None


async def test_seen_with_the_line_of_another_teaches_nothing_of_it(till: TillOnLine, people: PeopleAtHq) -> None:
    people.lie = lambda truth: (msgspec.structs.replace(truth, member=line(BOB)),)
    await till.state("answered")
    await till.key_in()
    await soon(lambda: seen(till))
    assert await known(till, BOB) is None
    assert seen(till)[-1].name is None


async def test_a_time_to_come_is_now(till: TillOnLine, people: PeopleAtHq) -> None:
    people.at_ms = 2**63 - 1
    await till.state("answered")
    await till.key_in()
    await soon(lambda: seen(till))
    assert seen(till)[-1].total_as_of is not None


async def test_a_member_is_found_at_hq_and_from_then_on_here(till: TillOnLine, people: PeopleAtHq) -> None:
    people.know(line(ALICE), share("hq", 300, 0, 0))
    await till.state("answered")
    found = await find(till, "+886 912-345-678")
    assert (len(found.members), found.hq_answered) == (1, True)
    assert (found.members[0].name, found.members[0].card) == ("王○明", ALICE.masked)
    shown = await till.till.reception.open_candidate(found.members[0].candidate)
    assert isinstance(shown, Presentation)
    assert (shown.entry, shown.account) == ("phone", ALICE.account)
    people.answers.clear()
    known_here = await find(till)
    assert ([one.name for one in known_here.members], known_here.hq_answered) == (["王○明"], False)


async def test_a_search_waits_for_hq_a_moment_and_not_longer(till: TillOnLine, people: PeopleAtHq) -> None:
    await till.store.do(lambda store: store.members.learn([line(ALICE)]))
    people.answers.clear()
    await till.state("answered")
    began_s = asyncio.get_running_loop().time()
    found = await find(till)
    assert ([one.name for one in found.members], found.hq_answered) == (["王○明"], False)
    assert FIND_WAIT_S - 0.1 < asyncio.get_running_loop().time() - began_s < FIND_WAIT_S + 5


async def test_without_a_line_a_search_does_not_wait(
    hq: StandInHq, till: TillOnLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.hq_questions.FIND_WAIT_S", SOON_S)
    await till.state("answered")
    await hq.close()
    await till.state("not_reached")
    async with asyncio.timeout(AT_ONCE_S):
        assert await find(till) == Search((), hq_answered=False)


async def test_two_who_search_at_once_get_one_answer(hq: StandInHq, till: TillOnLine, people: PeopleAtHq) -> None:
    people.know(line(ALICE))
    await till.state("answered")
    both = await asyncio.gather(find(till), find(till))
    assert [(len(one.members), one.hq_answered) for one in both] == [(1, True)] * 2
    assert hq.heard


async def test_found_for_a_number_nobody_asked_about_is_not_taken(hq: StandInHq, till: TillOnLine) -> None:
    await till.state("answered")
    people = PeopleAtHq(hq, 1)
    await hq.say(Found(hash_of(SCHEME, OTHER_PHONE), (line(BOB, phone=OTHER_PHONE),)))
    people.lie = lambda truth: (Found(bytes(32), (line(BOB, phone=OTHER_PHONE),)), truth)
    found = await find(till)
    assert (found.members, found.hq_answered) == ((), True)
    assert await known(till, BOB) is None


async def test_a_crowd_on_one_number_is_no_answer_and_the_till_goes_on(till: TillOnLine, people: PeopleAtHq) -> None:
    """More than the protocol allows ends the line; the next one is as good as the first."""
    people.know(line(ALICE))
    await till.store.do(lambda store: store.members.learn([line(BOB)]))
    people.lie = lambda _truth: (Found(hash_of(SCHEME, PHONE), (line(CAROL),) * 1000),)
    await till.state("answered")
    found = await find(till)
    assert ([one.card for one in found.members], found.hq_answered) == ([BOB.masked], False)
    people.lie = lambda truth: (truth,)
    await till.state("answered")
    await soon(lambda: till.uplink.answers_draws)
    assert [one.card for one in (await find(till)).members] == [ALICE.masked]


async def test_members_with_another_number_are_not_found_by_this_one(till: TillOnLine, people: PeopleAtHq) -> None:
    people.lie = lambda truth: (
        (Found(truth.phone, (line(ALICE), line(BOB, phone=OTHER_PHONE))),) if isinstance(truth, Found) else (truth,)
    )
    await till.state("answered")
    assert [one.card for one in (await find(till)).members] == [ALICE.masked]
    assert await known(till, BOB) is None


async def test_the_directory_comes_by_itself(hq: StandInHq, till: TillOnLine) -> None:
    await till.state("answered")
    await hq.say(Directory(tuple(line(who) for who in (ALICE, BOB)), 12))
    async with asyncio.timeout(SOON_S):
        while await till.store.do(lambda store: store.members.version()) != 12:  # noqa: ASYNC110 - it looks from outside
            await asyncio.sleep(LOOK_AGAIN_S)
    assert await known(till, BOB) == line(BOB)


async def test_a_directory_beyond_its_bound_is_not_taken(hq: StandInHq, till: TillOnLine) -> None:
    await till.state("answered")
    await hq.say(Directory((line(ALICE),) * 501, 12))
    await soon(lambda: hq.calls > 1)
    await till.state("answered")
    assert await known(till, ALICE) is None


async def test_a_kind_of_card_that_the_programme_does_not_know_opens_nothing(till: TillOnLine) -> None:
    strange = msgspec.structs.replace(line(ALICE), kind="gift")
    await till.store.do(lambda store: store.members.learn([strange]))
    assert (await find(till)).members == ()


async def test_a_number_that_is_none_reaches_nobody(hq: StandInHq, till: TillOnLine) -> None:
    await till.state("answered")
    assert await till.till.reception.search("0812345678") is Problem.NOT_A_PHONE
    assert not hq.heard
