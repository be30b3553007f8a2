"""Media at HQ: a till's file is taken in as from a line, however often, in whatever order, cut or whole."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from hardware_mocks.hq_process import HqProcess
from hardware_mocks.program import run_command
from hq_server.api import media_handlers
from hq_server.media import TAKEN_HEADER, MediumTaken
from offline_queue import medium_body
from offline_queue.doubts import Doubt, Hearer, check_vouched
from offline_queue.media import END, MediumFlaw, MediumReader, Sender, framed, opening
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import Directive, Enrol, Order, Revoke
from protocol.conversation import (
    Acknowledged,
    AnyMessage,
    Directory,
    Ordered,
    Records,
    Rejected,
    Resume,
    Vouched,
)
from protocol.enrolment import ask, parse_code
from protocol.signing import Context, is_signed_by
from tests.hq_server.forger import ALICE, Keeper, part, traded
from tests.hq_server.people import ming
from tests.hq_server.serving import ANEW, Serving, settings_file

BINARY = {"Content-Type": "application/octet-stream"}
CLOSES_MAX = 50


@dataclass(frozen=True, slots=True)
class Answered:
    """HQ's answer to a till: what it says of the file, and what the till reads."""

    taken: MediumTaken
    messages: list[AnyMessage]
    hq: Serving
    keeper: Keeper

    @property
    def acknowledgement(self) -> Acknowledgement:
        first = self.messages[0]
        assert isinstance(first, Acknowledged)
        assert is_signed_by(self.hq.public_key, Context.ACKNOWLEDGEMENT, first.acknowledgement)
        return open_acknowledgement(first.acknowledgement)

    @property
    def orders(self) -> list[Order]:
        runs = (one.records for one in self.messages if isinstance(one, Ordered))
        return [signed.open().body_as(Directive).order for run in runs for signed in run]

    @property
    def vouched(self) -> list[Directory | Rejected]:
        hearer = Hearer(self.keeper.place, self.keeper.epoch, self.hq.public_key)
        said = [check_vouched(one, hearer) for one in self.messages if isinstance(one, Vouched)]
        return [one for one in said if not isinstance(one, Doubt)]


def written(keeper: Keeper, start: int = 0, end: int | None = None, *, size: int = 2, resume: Resume = ANEW) -> bytes:
    """The till's file with its records behind number `start` up to `end`, in batches of `size`."""
    records = keeper.chain[start:end]
    runs = [records[at : at + size] for at in range(0, len(records), size)] or [[]]
    batches = [Records(keeper.place, keeper.epoch, tuple(run)) for run in runs]
    return b"".join([opening(Sender.TILL), framed(resume), *map(framed, batches), END])


async def bring(hq: Serving, keeper: Keeper, file: bytes) -> Answered:
    """The file is taken in, and HQ's answer read."""
    async with hq.http.post(hq.url + "/v1/media", data=file, headers=hq.token | BINARY) as answer:
        content = await answer.read()
        assert answer.status == HTTPStatus.OK, content
        assert "attachment" in answer.headers["Content-Disposition"]
        taken = msgspec.json.decode(answer.headers[TAKEN_HEADER], type=MediumTaken)
    reader = MediumReader(Sender.HQ)
    messages = list(reader.receive(content))
    assert reader.end() is None
    return Answered(taken, messages, hq, keeper)


async def problem(hq: Serving, file: bytes) -> tuple[int, str]:
    async with hq.http.post(hq.url + "/v1/media", data=file, headers=hq.token | BINARY) as answer:
        return answer.status, (await answer.json(content_type=None))["code"]


async def test_a_file_is_held_and_posted_and_its_answer_acknowledges_and_orders(hq: Serving) -> None:
    keeper = traded()
    answered = await bring(hq, keeper, written(keeper))
    taken = answered.taken
    assert (taken.keeper, taken.epoch, taken.records, taken.fresh) == ("07-2", 1, 6, 6)
    assert (taken.held, taken.posted, taken.waits, taken.rejected, taken.flaw) == (6, 6, 0, None, None)
    said = answered.acknowledgement
    assert (said.held, said.held_hash, said.posted) == (6, keeper.chain[-1].hash, 6)
    assert answered.orders[0] == Enrol(keeper.raw_key)
    assert said.directive == len(answered.orders)
    assert (await hq.view(keeper)).posted == 6


async def test_all_that_can_be_posted_is_posted_before_the_answer(hq: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hq.parts.desk._poster, "wake", lambda _: None)
    keeper = traded()
    assert (await bring(hq, keeper, written(keeper))).taken.posted == 6


async def test_the_same_file_again_changes_nothing(hq: Serving) -> None:
    keeper = traded()
    first = await bring(hq, keeper, written(keeper))
    head = (await hq.get("/v1/hq"))["head"]
    again = await bring(hq, keeper, written(keeper))
    assert (again.taken.records, again.taken.fresh, again.taken.rejected) == (6, 0, None)
    assert again.orders == first.orders
    assert again.acknowledgement.held_hash == first.acknowledgement.held_hash
    assert (await hq.get("/v1/hq"))["head"] == head


async def test_what_the_till_has_carried_out_is_not_ordered_again(hq: Serving) -> None:
    keeper = traded()
    assert (await bring(hq, keeper, written(keeper, resume=Resume(1, 1, 0, None)))).orders == []
    of_another_hq = await bring(hq, keeper, written(keeper, resume=Resume(7, 1, 0, None)))
    assert of_another_hq.orders == [Enrol(keeper.raw_key)]


async def test_a_file_that_was_left_out_is_missed_and_named(hq: Serving) -> None:
    keeper = traded()
    await bring(hq, keeper, written(keeper, 0, 2))
    gap = await bring(hq, keeper, written(keeper, 4))
    assert (gap.taken.fresh, gap.taken.held, gap.taken.rejected, gap.taken.at) == (0, 2, "gap", "07-2/1/5")
    assert gap.acknowledgement.held == 2, "the till's next file begins there"
    assert gap.vouched == [Rejected("gap", "07-2/1/5")]
    mended = await bring(hq, keeper, written(keeper, gap.acknowledgement.held))
    assert (mended.taken.fresh, mended.taken.held, mended.taken.rejected) == (4, 6, None)


async def test_files_in_the_wrong_order_are_right_in_the_end(hq: Serving) -> None:
    keeper = traded()
    early, late = written(keeper, 0, 4), written(keeper, 2)
    assert (await bring(hq, keeper, late)).taken.rejected == "gap"
    assert (await bring(hq, keeper, early)).taken.held == 4
    assert (await bring(hq, keeper, late)).taken.held == 6
    assert (await bring(hq, keeper, early)).taken.held == 6


async def test_of_a_file_that_is_cut_what_is_whole_is_taken_wherever_it_is_cut(hq: Serving) -> None:
    keeper = traded()
    file, held = written(keeper), []
    for length in range(0, len(file), len(file) // 14):
        async with hq.http.post(hq.url + "/v1/media", data=file[:length], headers=hq.token | BINARY) as answer:
            if answer.status == HTTPStatus.OK:
                taken = msgspec.json.decode(answer.headers[TAKEN_HEADER], type=MediumTaken)
                assert taken.flaw is MediumFlaw.CUT
                held.append(taken.held)
            else:
                assert (await answer.json(content_type=None))["code"] == "medium.cut"
                assert held == []
    assert (set(held), held) == ({2, 4}, sorted(held))
    whole = (await bring(hq, keeper, file)).taken
    assert (whole.held, whole.flaw) == (6, None)


async def test_whoever_goes_away_while_the_answer_comes_is_no_fault_of_hq(hq: Serving) -> None:
    """A client that closes when it has the headers; now and then all of the answer was quicker."""
    file = written(traded())
    with capture_logs() as lines:
        for _ in range(CLOSES_MAX):
            async with hq.http.post(hq.url + "/v1/media", data=file, headers=hq.token | BINARY) as answer:
                assert answer.status == HTTPStatus.OK
            if any(line["event"] == "caller has gone" for line in lines):
                break
    assert "caller has gone" in {line["event"] for line in lines}
    assert {line["log_level"] for line in lines} == {"info"}, lines


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "medium.cut"),
        (b"a photograph of a cat", "medium.foreign"),
        (b"counterfoil medium 9 till\n", "medium.other_version"),
        (opening(Sender.HQ) + END, "medium.other_way"),
        (opening(Sender.TILL) + b"\x00\x00\x00\x01\xc1", "medium.damaged"),
        (opening(Sender.TILL) + b"\x7f\x00\x00\x00", "medium.too_large"),
        (opening(Sender.TILL) + framed(ANEW) + END, "medium.damaged"),
        (opening(Sender.TILL) + framed(traded().batch()) + END, "medium.damaged"),
        (opening(Sender.TILL) + framed(ANEW) + framed(ANEW) + END, "medium.damaged"),
    ],
)
async def test_what_is_no_file_of_a_till_is_told_in_plain_words(hq: Serving, file: bytes, code: str) -> None:
    assert await problem(hq, file) == (HTTPStatus.UNPROCESSABLE_ENTITY, code)
    assert (await hq.view(traded())).held == 0


async def test_another_tills_records_in_a_tills_file_are_not_taken(hq: Serving) -> None:
    keeper, other = traded(), traded(place="07-3", seed=8)
    await hq.enrol(other)
    file = written(keeper).removesuffix(END) + framed(other.batch()) + END
    assert (await bring(hq, keeper, file)).taken.flaw is MediumFlaw.DAMAGED
    assert ((await hq.view(keeper)).held, (await hq.view(other)).held) == (6, 0)


async def test_a_till_that_was_never_enrolled_is_told_so(hq: Serving) -> None:
    assert await problem(hq, written(traded(place="99-1"))) == (HTTPStatus.NOT_FOUND, "place_unknown")
    assert await problem(hq, written(Keeper(epoch=2))) == (HTTPStatus.NOT_FOUND, "place_unknown")


async def test_a_fenced_till_is_not_taken_and_hears_why(hq: Serving) -> None:
    keeper = traded()
    await bring(hq, keeper, written(keeper, 0, 2))
    await hq.post("/v1/tills/07-2/revocations", {})
    answered = await bring(hq, keeper, written(keeper, 2))
    assert (answered.taken.held, answered.taken.fresh, answered.taken.rejected) == (2, 0, "fenced")
    assert isinstance(answered.orders[-1], Revoke)
    assert answered.vouched == [Rejected("fenced", "")]


async def test_records_that_were_changed_are_not_taken_and_what_comes_before_them_is(hq: Serving) -> None:
    keeper = traded()
    forged = traded(seed=8)
    file = written(keeper, 0, 2).removesuffix(END) + framed(Records(keeper.place, 1, tuple(forged.chain[2:4]))) + END
    taken = (await bring(hq, keeper, file)).taken
    assert (taken.held, taken.rejected, taken.at) == (2, "chain_broken", "07-2/1/3")


async def test_news_of_the_stores_members_comes_with_hqs_signature(hq: Serving) -> None:
    keeper = traded()
    await hq.post("/v1/members", ming())
    (told,) = (await bring(hq, keeper, written(keeper))).vouched
    assert isinstance(told, Directory)
    assert [one.name for one in told.members] == ["王○明"]
    again = await bring(hq, keeper, written(keeper, resume=Resume(1, 1, told.version, None)))
    assert again.vouched == []


async def test_a_file_without_records_is_a_question(hq: Serving) -> None:
    keeper = traded()
    answered = await bring(hq, keeper, written(keeper, 0, 0))
    assert (answered.taken.records, answered.taken.held) == (0, 0)
    assert answered.orders == [Enrol(keeper.raw_key)]


async def test_what_waits_for_another_tills_file_is_said(hq: Serving) -> None:
    giver, taker = Keeper("07-3", seed=8), traded()
    await hq.enrol(giver)
    giver.open()
    giver.load(ALICE, 100)
    taker.take(giver.give(ALICE, part(giver.loaded[0], 100), to="07-2"))
    assert (await bring(hq, taker, written(taker))).taken.waits == 1
    await bring(hq, giver, written(giver))
    assert (await bring(hq, taker, written(taker))).taken.waits == 0


async def test_a_medium_has_a_bound_and_is_not_waited_for(hq: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = traded()
    monkeypatch.setattr(media_handlers, "MEDIUM_BYTES_MAX", 1000)
    assert await problem(hq, written(keeper)) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    monkeypatch.setattr(media_handlers, "MEDIUM_BYTES_MAX", 1 << 20)
    monkeypatch.setattr(medium_body, "PIECE_S_MAX", 0.05)

    async def slowly() -> AsyncIterator[bytes]:
        yield written(keeper)[:500]
        await asyncio.Event().wait()

    async with hq.http.post(hq.url + "/v1/media", data=slowly(), headers=hq.token | BINARY) as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST


def test_the_command_writes_the_answer_and_says_what_came(tmp_path: Path) -> None:
    keeper, settings = traded(), settings_file(tmp_path)
    stick, answer = tmp_path / "07-2.medium", tmp_path / "answer.medium"
    with HqProcess(settings, tmp_path / "log") as running:
        unknown = command(running, settings, stick, answer, written(keeper))
        assert unknown.returncode == 1
        assert "HQ knows no such till" in unknown.stderr
        assert not list(tmp_path.glob("answer*"))
        enrol(running, keeper)
        gap = command(running, settings, stick, answer, written(keeper, 3))
        assert gap.returncode == 1
        assert "missing: 07-2/1/1 to the one before 07-2/1/4" in gap.stdout
        cut = command(running, settings, stick, answer, written(keeper)[:-5])
        assert (cut.returncode, "not whole" in cut.stdout) == (1, True)
        whole = command(running, settings, stick, answer, written(keeper))
        assert (whole.returncode, whole.stderr) == (0, "")
        assert whole.stdout == "07-2/1: 6 records came, 2 of them new; held 6, posted 6\n"
    reader = MediumReader(Sender.HQ)
    assert len(list(reader.receive(answer.read_bytes()))) == 2
    assert reader.end() is None
    assert not list(tmp_path.glob("*.part"))


def command(hq: HqProcess, settings: Path, stick: Path, answer: Path, file: bytes) -> subprocess.CompletedProcess[str]:
    stick.write_bytes(file)
    words = [sys.executable, "-m", "hq_server", "media", str(settings), str(stick), str(answer), "--url", hq.url]
    return run_command(*words)


def enrol(hq: HqProcess, keeper: Keeper) -> None:
    code = parse_code(hq.post("/v1/tills", {"place": keeper.place})["code"])
    assert code is not None
    request = ask(keeper.place, keeper.raw_key, bytes(32), code)
    hq.post("/v1/enrolments", msgspec.to_builtins(request))
