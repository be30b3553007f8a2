"""A till without a line: its file has all that HQ lacks, and HQ's answer is believed by HQ's signature alone."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ids import ChainId, Place
from offline_queue.media import END, MediumFlaw, MediumReader, Sender, framed, opening
from protocol.acknowledgements import open_acknowledgement
from protocol.bodies import Revoke, RunAs
from protocol.conversation import Acknowledged, AnyMessage, Directory, Ordered, Records, Rejected, Resume
from protocol.members import Member
from protocol.vouching import vouch
from terminal.answers import HqState, Outcome, Problem
from terminal.media import Brought, Incoming, NotBelieved
from tests.chains.company import ALICE
from tests.chains.till import IDENTITY
from tests.terminal.draws import STEADY, is_done, proved
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, opened_till, soon

PROXY_RUN = replace(STEADY, mode="proxy_run")
CHAIN = ChainId(IDENTITY.place, IDENTITY.epoch)
STRANGER = Ed25519PrivateKey.generate()
WANG = Member("a" * 24, "b" * 24, "6222****0417", "member", "王○明", "gold", 3, b"")


@pytest.fixture
async def away(tmp_path: Path, hq: StandInHq) -> AsyncIterator[TillOnLine]:
    """A till of a proxy-run store. HQ is there, and would answer if it were called."""
    async with opened_till(tmp_path, hq, PROXY_RUN) as till:
        yield till
        assert hq.calls == 0
        await proved(till)


async def taken_out(till: TillOnLine) -> list[AnyMessage]:
    """The till's file, read."""
    file = b"".join([piece async for piece in till.media.take_out()])
    reader = MediumReader(Sender.TILL)
    messages = list(reader.receive(file))
    assert reader.end() is None
    return messages


async def carried(till: TillOnLine, hq: StandInHq) -> Resume:
    """The till's file goes to HQ, which takes it."""
    resume, *batches = await taken_out(till)
    assert isinstance(resume, Resume)
    for batch in batches:
        assert isinstance(batch, Records)
        for signed in batch.records:
            assert signed.open().sequence <= len(hq.held) + 1, "HQ would miss some"
            if signed.open().sequence == len(hq.held) + 1:
                hq.held.append(signed)
    return resume


def held_by(resume: AnyMessage) -> int:
    """How much HQ holds by the word of it that a till has."""
    assert isinstance(resume, Resume)
    assert resume.acknowledgement is not None
    return open_acknowledgement(resume.acknowledgement).held


def answer(hq: StandInHq, after: int = 0, *more: AnyMessage) -> bytes:
    """HQ's answer to a till that has carried out directive `after`."""
    ordered = [Ordered(tuple(hq.directives[after:]))] if hq.directives[after:] else []
    return written(Acknowledged(hq.acknowledgement()), *ordered, *more)


def written(*messages: AnyMessage) -> bytes:
    return b"".join([opening(Sender.HQ), *map(framed, messages), END])


async def brought(till: TillOnLine, *pieces: bytes) -> object:
    incoming = Incoming(till.media)
    for piece in pieces:
        if not await incoming.receive(piece):
            break
    return await incoming.end()


def in_pieces(file: bytes, size: int) -> Iterable[bytes]:
    return (file[start : start + size] for start in range(0, len(file), size))


async def placed(hq: StandInHq, units: int) -> None:
    """HQ gives value to the till, which hears nothing of it yet."""
    hq.funds.add(ALICE.account, units)
    await hq.grant(ALICE.account, units)


async def test_in_a_store_without_a_line_hq_is_never_called_and_sales_go_on(away: TillOnLine, hq: StandInHq) -> None:
    hq.funds.add(ALICE.account, 500_00)
    await away.sell(2)
    had = await away.has()
    assert (await away.pay(had + 1)).outcome is Outcome.DECLINED
    assert is_done(await away.pay(50_00))
    await away.till.close_day()
    assert (await away.status()).state is HqState.BY_MEDIUM
    assert (hq.calls, hq.draws) == (0, [])


async def test_the_file_has_all_that_hq_has_not_acknowledged(away: TillOnLine, hq: StandInHq) -> None:
    await away.sell(3)
    resume, batch = await taken_out(away)
    assert resume == Resume(0, 0, 0, None)
    assert isinstance(batch, Records)
    assert list(batch.records) == await away.chain()
    assert await taken_out(away) == [resume, batch], "a lost one is written again"

    await carried(away, hq)
    assert isinstance(said := await brought(away, answer(hq)), Brought)
    assert (said.held, said.waiting) == (len(hq.held), 0)
    assert (await away.status()).waiting == 0
    _, nothing_new = await taken_out(away)
    assert nothing_new == Records(IDENTITY.place, IDENTITY.epoch, ())
    await away.sell(1)
    _, rest = await taken_out(away)
    assert isinstance(rest, Records)
    assert rest.records[0].open().sequence == len(hq.held) + 1


async def test_a_long_chain_goes_out_in_batches_that_hq_takes(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, PROXY_RUN) as till:
        await till.grow(600)
        assert len(await taken_out(till)) == 1 + 3
        await carried(till, hq)
        assert hq.held == await till.chain()


@pytest.mark.parametrize("size", [1, 10_000])
async def test_what_hq_orders_is_carried_out_once_however_often_it_is_brought(
    size: int, away: TillOnLine, hq: StandInHq
) -> None:
    await away.sell(1)
    before = await away.has()
    await carried(away, hq)
    await placed(hq, 300_00)
    held = len(hq.held)
    file = answer(hq, 0, vouch(Directory((WANG,), 41), CHAIN, hq.key.sign))
    said = await brought(away, *in_pieces(file, size))
    assert isinstance(said, Brought)
    assert (said.carried_out, said.members, said.wrong, said.rejected) == (1, 1, None, None)
    assert await away.has() == before + 300_00
    assert is_done(await away.pay(before + 300_00))
    head = len(await away.chain())
    again = await brought(away, file)
    assert isinstance(again, Brought)
    assert (again.carried_out, again.members, again.wrong) == (0, 0, None)
    assert (len(await away.chain()), await away.has()) == (head, 0)
    resume = await carried(away, hq)
    assert (resume.hq_epoch, resume.directive, resume.directory, held_by(resume)) == (1, 1, 41, held)
    assert (await away.status()).last_contact is not None


async def test_an_older_answer_behind_a_newer_one_changes_nothing(away: TillOnLine, hq: StandInHq) -> None:
    await away.sell(1)
    await carried(away, hq)
    await placed(hq, 100_00)
    older = answer(hq, 0, vouch(Directory((WANG,), 41), CHAIN, hq.key.sign))
    await away.sell(2)
    await carried(away, hq)
    await placed(hq, 50_00)
    newer = answer(hq, 0, vouch(Directory((), 42), CHAIN, hq.key.sign))
    assert isinstance(said := await brought(away, newer), Brought)
    assert (said.carried_out, said.held) == (2, len(hq.held))
    state = len(await away.chain()), await away.has(), await taken_out(away)
    assert isinstance(late := await brought(away, older), Brought)
    assert (late.carried_out, late.members, late.held, late.wrong) == (0, 0, len(hq.held), None)
    assert (len(await away.chain()), await away.has(), await taken_out(away)) == state


async def test_of_an_answer_that_is_cut_anywhere_what_is_whole_is_followed(tmp_path: Path, hq: StandInHq) -> None:
    await placed(hq, 100_00)
    file = answer(hq)
    held_ends = len(opening(Sender.HQ)) + len(framed(Acknowledged(hq.acknowledgement())))
    async with opened_till(tmp_path, hq, PROXY_RUN) as till:
        for length in range(0, len(file), 29):
            said = await brought(till, file[:length])
            if length < held_ends:
                assert said is MediumFlaw.CUT
            else:
                assert isinstance(said, Brought)
                assert said.wrong is MediumFlaw.CUT
        assert isinstance(await brought(till, file), Brought)
        assert (await till.has(), len(await till.applied())) == (100_00, 1)
        await proved(till)


async def test_a_directive_that_is_missing_stops_what_comes_after_it(away: TillOnLine, hq: StandInHq) -> None:
    for _ in range(3):
        await placed(hq, 10_00)
    first, _, third = hq.directives
    skipping = written(Acknowledged(hq.acknowledgement()), Ordered((first, third)))
    assert isinstance(said := await brought(away, skipping), Brought)
    assert (said.carried_out, said.wrong) == (1, NotBelieved.ORDER_MISSING)
    assert await away.has() == 10_00
    assert isinstance(whole := await brought(away, answer(hq)), Brought)
    assert (whole.carried_out, whole.wrong, await away.has()) == (2, None, 30_00)


async def test_what_hq_did_not_sign_is_not_believed(away: TillOnLine, hq: StandInHq) -> None:
    await placed(hq, 10_00)
    true = hq.acknowledgement()
    hq.key = STRANGER
    assert await brought(away, answer(hq)) is NotBelieved.FORGED
    forged = hq.order(RunAs("transfer"))
    assert isinstance(said := await brought(away, written(Acknowledged(true), Ordered((forged,)))), Brought)
    assert (said.carried_out, said.wrong) == (0, NotBelieved.FORGED)
    lie = vouch(Directory((WANG,), 99), CHAIN, STRANGER.sign)
    assert isinstance(said := await brought(away, written(Acknowledged(true), lie)), Brought)
    assert (said.members, said.wrong) == (0, NotBelieved.FORGED)
    assert (await away.applied(), await away.has()) == ([], 0)
    assert (await away.store.do(lambda store: store.members.version())) == 0


@pytest.mark.parametrize(
    "messages",
    [
        (Ordered(()),),
        (Rejected("gap", ""),),
        (Directory((WANG,), 7),),
        (Resume(1, 0, 0, None),),
        (),
    ],
)
async def test_what_does_not_belong_into_an_answer_is_not_followed(
    messages: tuple[AnyMessage, ...], away: TillOnLine, hq: StandInHq
) -> None:
    assert await brought(away, written(*messages)) is MediumFlaw.DAMAGED
    behind = written(Acknowledged(hq.acknowledgement()), *messages)
    if messages and not isinstance(messages[0], Ordered):
        assert isinstance(said := await brought(away, behind), Brought)
        assert (said.members, said.rejected, said.wrong) == (0, None, MediumFlaw.DAMAGED)


async def test_another_tills_answer_and_the_tills_own_file_are_told_apart(away: TillOnLine, hq: StandInHq) -> None:
    hq.keeper = Place("07-3")
    assert await brought(away, answer(hq)) is NotBelieved.NOT_OURS
    own = b"".join([piece async for piece in away.media.take_out()])
    assert await brought(away, own) is MediumFlaw.OTHER_WAY


async def test_an_answer_of_an_older_hq_is_not_followed(away: TillOnLine, hq: StandInHq) -> None:
    hq.hq_epoch = 2
    await placed(hq, 10_00)
    await brought(away, answer(hq))
    hq.hq_epoch, hq.directives = 1, []
    await placed(hq, 20_00)
    assert await brought(away, answer(hq)) is NotBelieved.OLDER_HQ
    assert await away.has() == 10_00


async def test_why_hq_did_not_take_the_file_is_told(away: TillOnLine, hq: StandInHq) -> None:
    said = await brought(away, answer(hq, 0, vouch(Rejected("gap", "07-2/1/9"), CHAIN, hq.key.sign)))
    assert isinstance(said, Brought)
    assert (said.rejected, said.wrong) == ("gap", None)


async def test_an_hq_that_was_put_back_has_its_own_word_shown_and_gets_the_rest_again(
    away: TillOnLine, hq: StandInHq
) -> None:
    await away.sell(3)
    await carried(away, hq)
    await brought(away, answer(hq))
    said = len(hq.held)
    del hq.held[2:]
    await brought(away, answer(hq))
    resume, *_ = await taken_out(away)
    assert held_by(resume) == said, "it is not taken back by a word that says less"
    hq.hq_epoch = 2
    await brought(away, answer(hq))
    _, batch = await taken_out(away)
    assert isinstance(batch, Records)
    assert batch.records[0].open().sequence == 3


async def test_a_till_that_hq_revokes_by_medium_trades_no_more(away: TillOnLine, hq: StandInHq) -> None:
    await hq.give(Revoke(0))
    await brought(away, answer(hq))
    assert await away.load() is Problem.TILL_REVOKED


async def test_an_old_copy_of_the_book_is_found_out_by_an_answer_and_never_confirmed_by_one(
    tmp_path: Path, hq: StandInHq
) -> None:
    async with opened_till(tmp_path, hq, PROXY_RUN) as till:
        await till.sell(2)
        await carried(till, hq)
        early = answer(hq)
        copy = (tmp_path / "till.db").read_bytes(), (tmp_path / "till.db-wal").read_bytes()
        await till.sell(2)
        await carried(till, hq)
        late = answer(hq)
    (tmp_path / "till.head").unlink()
    (tmp_path / "till.db").write_bytes(copy[0])
    (tmp_path / "till.db-wal").write_bytes(copy[1])
    (tmp_path / "till.db-shm").unlink(missing_ok=True)
    async with opened_till(tmp_path, hq, PROXY_RUN) as restored:
        assert await brought(restored, early) is Problem.BOOK_UNCONFIRMED
        assert await restored.load() is Problem.BOOK_UNCONFIRMED
        assert await brought(restored, late) is NotBelieved.AHEAD
        assert await restored.load() is Problem.BOOK_BEHIND


async def test_a_store_gets_a_line_by_medium_and_gives_it_up_by_line(tmp_path: Path, hq: StandInHq) -> None:
    async with opened_till(tmp_path, hq, PROXY_RUN) as till:
        await till.sell(1)
        await hq.give(RunAs("transfer"))
        assert hq.calls == 0
        assert isinstance(await brought(till, answer(hq)), Brought)
        assert till.till.hello().mode == "transfer"
        await till.all_arrived()
        assert (hq.calls, till.hq_status.state) == (1, HqState.ANSWERED)

        await hq.give(RunAs("proxy_run"))
        await till.state(HqState.BY_MEDIUM)
        assert hq.held == await till.chain(), "it has said so before it hung up"
        await till.sell(1)
        await soon(lambda: till.hq_status.waiting == 1)
        assert hq.calls == 1
        await proved(till)


async def test_without_hqs_word_on_this_till_no_directive_is_followed(away: TillOnLine, hq: StandInHq) -> None:
    await placed(hq, 10_00)
    assert await brought(away, written(Ordered(tuple(hq.directives)))) is MediumFlaw.DAMAGED
    assert await away.has() == 0
