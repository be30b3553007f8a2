"""The witness of a lead's chain: it keeps a copy, lends nothing, and stops a lead that was put back from a copy."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledger.ids import ChainId, Place
from ledger.slices import Asset
from protocol.bodies import Block, Revoke
from protocol.conversation import Draw, HandOn, NoDraw, NotDrawn, Records, Wanted
from protocol.records import RecordKind, SignedRecord
from protocol.rejections import Fault, Rejection
from terminal.answers import BookState, Problem
from terminal.lead_host import LeadHost
from terminal.lead_status import LeadState
from tests.chains.company import ALICE
from tests.chains.till import IDENTITY
from tests.terminal.lan import lan
from tests.terminal.one_store import A, OneStore, as_listed, chain_of, taken_by, with_alices_money, with_third_till
from tests.terminal.till_on_line import LOOK_AGAIN_S, SOON_S, soon


@pytest.fixture
def store(tmp_path: Path) -> OneStore:
    """07-2 is the witness of 07-1, the lead."""
    store = with_alices_money(tmp_path)
    store.name_lead(witness="07-2")
    return store


def copied(store: OneStore) -> Fault | None:
    """The witness gets its copy of the lead's chain."""
    batch = Records(*chain_of(store.lead), tuple(store.lead.chain()))
    return store.till.store.lending.take(batch, store.till.moment())


def held(store: OneStore) -> int:
    return store.till.store.lending.acknowledgement(chain_of(store.lead), 1).held


def test_a_witness_lets_in_the_lead_and_nobody_else(store: OneStore) -> None:
    third = with_third_till(store)
    store.name_lead(others=[as_listed(third)], witness="07-2")
    lending = store.till.store.lending
    assert lending.key_of(chain_of(store.lead)) is not None
    for chain in (ChainId(third.place, 1), chain_of(store.till), ChainId(Place("07-1"), 2)):
        assert lending.key_of(chain) is None
    assert lending.take(third.batch(), store.lead.moment()) == Fault(Rejection.FENCED)


def test_it_keeps_the_copy_and_says_how_far(store: OneStore) -> None:
    assert copied(store) is None
    assert held(store) == len(store.lead.chain())
    word = store.till.store.lending.acknowledgement(chain_of(store.lead), 1)
    assert store.lead.store.compare_copy(word, Place("07-2"), store.lead.moment()) is None


def test_what_the_lead_gives_the_witness_is_taken_from_the_line_and_not_from_the_copy(store: OneStore) -> None:
    gift = store.lend(120_00)
    assert copied(store) is None
    assert taken_by(store.till) == []
    assert store.take(gift) is None
    assert taken_by(store.till) == [gift.signed]
    store.prove()


def test_what_went_back_to_the_witness_when_it_led_it_takes_from_the_copy_as_no_line_brings_it(store: OneStore) -> None:
    assert store.take(store.lend(120_00)) is None
    store.name_lead("07-2", witness="07-1")
    now_lead = store.till.store.lending
    assert now_lead.gifts(chain_of(store.lead), 0, 9) == ()
    batch = Records(*chain_of(store.till), tuple(store.till.chain()))
    assert store.lead.store.lending.take(batch, store.lead.moment()) is None
    assert store.has == (500_00, 0)
    store.prove()


def test_a_witness_lends_nothing(store: OneStore) -> None:
    assert isinstance(store.draw(100_00, operation_id="mine"), SignedRecord)
    store.till.load(ALICE, "100.00")
    before = store.till.chain()
    draw = Draw("sale-0009", ALICE.token, A, Asset.MONEY, 1_00, 1)
    said = store.till.store.lending.draw(chain_of(store.lead), draw, 1)
    assert isinstance(said, NotDrawn)
    assert said.code is NoDraw.FENCED
    assert store.till.chain() == before


def test_a_revoked_witness_keeps_no_more(store: OneStore) -> None:
    store.order(store.till, Revoke(0))
    assert copied(store) == Fault(Rejection.FENCED)


def test_a_store_without_a_lead_has_no_witness(store: OneStore) -> None:
    store.name_lead(None, witness="07-2")
    assert store.till.store.lending.led() == (None, None)
    assert store.till.store.lending.key_of(chain_of(store.lead)) is None


# On real sockets


async def test_the_lead_copies_its_chain_and_shows_whether_its_witness_answers(tmp_path: Path) -> None:
    async with lan(tmp_path, has_witness=True) as shop:
        await shop.lead.load(400_00)
        await soon(lambda: shop.lead.till._lead and shop.lead.till._lead.witness == LeadState.ANSWERED)
        await shop.until_copied(by=shop.till, of=shop.lead)
        await shop.till.pay(150_00)
        await shop.until_copied()
        await shop.until_copied(by=shop.till, of=shop.lead)
        assert await shop.has() == (250_00, 0)
        shop.to_witness.unplug()
        await soon(lambda: shop.lead.till._lead and shop.lead.till._lead.witness == LeadState.NOT_REACHED)
        await shop.till.pay(50_00)
        shop.to_witness.lead_to(shop.witness_url)
        await shop.until_copied(by=shop.till, of=shop.lead)


async def test_hq_gets_copies_of_a_neighbours_records_as_far_as_there_are_any(tmp_path: Path) -> None:
    async with lan(tmp_path) as shop:
        await shop.till.load(400_00)
        await shop.until_copied()
        chain, who = await shop.till.chain(), (IDENTITY.place, IDENTITY.epoch)
        for after in (0, 2, len(chain), len(chain) + 9):
            await shop.lead.hq.say(Wanted(*who, after))
            await soon(lambda: shop.lead.hq.heard)
            assert shop.lead.hq.heard.pop() == Records(*who, tuple(chain[after:]))
        await shop.lead.hq.say(Wanted(Place("07-9"), 1, 0))
        await soon(lambda: shop.lead.hq.heard)
        assert shop.lead.hq.heard.pop() == Records(Place("07-9"), 1, ())


async def test_what_hq_orders_of_a_till_that_it_does_not_reach_comes_by_the_lead(tmp_path: Path) -> None:
    """A lost card, say. It is said twice, and by HQ itself too when the line is back, and done once."""
    async with lan(tmp_path) as shop:
        await shop.till.hq.close()
        await shop.till.state("not_reached")
        before = len(await shop.till.chain())
        block = await shop.till.hq.give(Block((ALICE.token,)))
        await shop.lead.hq.say(HandOn(IDENTITY.place, IDENTITY.epoch, (block,)))
        async with asyncio.timeout(SOON_S):
            while len(await shop.till.chain()) == before:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(LOOK_AGAIN_S)
        assert (await shop.till.pay(1_00)).decline == "card_blocked"
        assert [one.open().kind for one in (await shop.till.chain())[before:]] == ["applied", "declined"]
        await shop.until_copied()
        shop.cable.unplug()
        await shop.until_down()
        shop.cable.lead_to(shop.lead_url)
        await shop.until_up()
        await shop.till.hq.open()
        await shop.till.state("answered")
        await shop.till.all_arrived()
        assert [one.open().kind for one in shop.till.hq.held].count(RecordKind.APPLIED) == 2, (
            "the roster, and the block"
        )


async def test_what_is_handed_on_and_is_not_hqs_order_to_this_till_changes_nothing_and_ends_no_line(
    tmp_path: Path,
) -> None:
    async with lan(tmp_path) as shop:
        await shop.till.hq.close()
        hq, chain = shop.till.hq, await shop.till.chain()
        order = Block((ALICE.token,))
        wrong = [
            SignedRecord(hq.order(order).content, bytes(64)),
            hq.order(order, number=99),
            hq.order(order, to="07-9"),
            hq.order(order, kind="opened"),
        ]
        with capture_logs() as logs:
            for record in wrong:
                await shop.lead.hq.say(HandOn(IDENTITY.place, IDENTITY.epoch, (record,)))
                await soon(lambda: any("handed on" in one["event"] for one in logs))
                logs.clear()
        assert await shop.till.chain() == chain
        assert shop.till.till.lead_drawing.line.answers_draws
        await shop.till.hq.open()


async def test_a_lead_that_asks_for_copies_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lan(tmp_path) as shop:

        async def wanted(_: LeadHost, chain: ChainId) -> tuple[Wanted, ...]:
            return (Wanted(*chain, 0),)

        monkeypatch.setattr(LeadHost, "wanted", wanted)
        shop.cable.unplug()
        await shop.until_down()
        with capture_logs() as logs:
            shop.cable.lead_to(shop.lead_url)
            await soon(lambda: any("only HQ asks" in str(one.get("why")) for one in logs))


async def test_a_lead_that_was_put_back_from_a_copy_is_stopped_by_its_witness_and_lends_nothing(tmp_path: Path) -> None:
    async with lan(tmp_path, has_witness=True) as shop:
        await shop.lead.load(400_00)
        await shop.lead.stop()
        shutil.copytree(tmp_path / "lead", tmp_path / "saved")
        await shop.lead.start()
        await shop.until_up()
        await shop.till.pay(150_00)
        await shop.until_copied(by=shop.till, of=shop.lead)
        now = await shop.lead.chain()
        await shop.lead.hq.close()
        await shop.lead.stop()
        shutil.rmtree(tmp_path / "lead")
        shutil.move(tmp_path / "saved", tmp_path / "lead")
        await shop.lead.start()
        await soon(lambda: shop.lead.book.trust.by == IDENTITY.place)
        assert await shop.lead.load() is Problem.BOOK_BEHIND
        assert len(await shop.lead.chain()) < len(now)
        await shop.until_down()
        assert (await shop.till.pay(100_00)).outcome == "declined"


async def test_a_whole_store_that_starts_without_markers_sells_again_though_hq_is_not_there(tmp_path: Path) -> None:
    async with lan(tmp_path, has_witness=True) as shop:
        await shop.lead.load(400_00)
        await shop.until_copied()
        await shop.until_copied(by=shop.till, of=shop.lead)
        for one, folder in ((shop.lead, "lead"), (shop.till, "till")):
            await one.hq.close()
            await one.stop()
            (tmp_path / folder / "till.head").unlink()
        for one in (shop.lead, shop.till):
            await one.start()
        await soon(lambda: {one.book.trust.state for one in (shop.lead, shop.till)} == {BookState.SURE})
        await shop.until_up()
        assert (await shop.till.pay(150_00)).outcome == "done"
        assert await shop.has() == (250_00, 0)
