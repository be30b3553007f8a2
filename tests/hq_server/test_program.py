"""The program itself: how it starts, what its commands say, how it ends, and what a kill in mid-work leaves."""

import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from hardware_mocks.hq_process import HqProcess
from hardware_mocks.program import DidNotStart
from hq_server.storage.sqlite import HqStore
from ledger.digest import digest
from ledger.journal_sqlite import SqliteJournal
from offline_queue.keys import signing_key
from offline_queue.program import DISK_FAILED
from protocol.enrolment import ask, parse_code
from protocol.signing import public_key
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.office import RULES
from tests.hq_server.serving import line, settings_file

FAULTY = """
import apsw, os, signal, sys
from hq_server.storage import mirrors, sqlite
{fault}
from hq_server.program import main
sys.argv[0] = "counterfoil-hq"
main()
"""
KILLED_BEFORE_POSTING = "sqlite.HqStore.post = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
KILLED_WHILE_POSTING = """
post_record, seen = mirrors.post_record, []
def post_and_die(record, *others):
    seen.append(record)
    return post_record(record, *others) if len(seen) < 100 else os.kill(os.getpid(), signal.SIGKILL)
mirrors.post_record = post_and_die
"""
DISK_BREAKS = """
def broken(*_):
    raise apsw.IOError("the cable is loose")
sqlite.HqStore.take = broken
"""


def with_fault(settings: Path, log: Path, fault: str) -> HqProcess:
    return HqProcess(settings, log, (sys.executable, "-c", FAULTY.format(fault=fault)))


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return settings_file(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def hq(settings: Path, log: Path) -> Iterator[HqProcess]:
    with HqProcess(settings, log) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def enrol(hq: HqProcess, keeper: Keeper) -> None:
    """By the code that the command shows, as a person would."""
    said = hq.command("tills", "add", place=keeper.place).stdout
    code = parse_code(said.splitlines()[0].removeprefix("pairing code: "))
    assert code is not None, said
    request = ask(keeper.place, keeper.raw_key, bytes(32), code)
    assert "sealed" in hq.post("/v1/enrolments", msgspec.to_builtins(request))


def long_chain() -> Keeper:
    keeper = traded()
    while len(keeper.chain) < 250:
        keeper.load(ALICE, 1)
    return keeper


async def send(http: aiohttp.ClientSession, hq: HqProcess, keeper: Keeper) -> int:
    """Send the whole chain; what HQ says that it holds. Nothing (-1) when it died before it could say so."""
    key = public_key(bytes.fromhex(hq.get("/v1/hq")["public_key"]))
    try:
        async with line(http, hq.url, key, keeper) as caller:
            await caller.say(keeper.batch())
            return (await caller.acknowledgement()).held
    except (AssertionError, aiohttp.ClientError):
        return -1


def prove(folder: Path, keeper: Keeper) -> None:
    """Everything that HQ holds is posted, and its mirror is what the chain says."""
    store = HqStore.open(folder / "data" / "hq.db", signing_key(folder / "data" / "hq.key").sign, RULES)
    heads = store.acknowledgement(keeper.place, 1, 0)
    assert (heads.held, heads.posted) == (250, 250)
    assert [signed.content for signed in store.records(keeper.place, 1)] == [one.content for one in keeper.chain]
    mirror = SqliteJournal(store._connection, keeper.place, keeper.epoch).everything()
    assert sum(mirror.values()) == 1 + 2 + 3 + 4 + 5 + 244
    assert digest(mirror) != digest({})
    store.close()


def test_a_first_start_makes_what_is_missing_and_keeps_it_to_itself(hq: HqProcess, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert {path.name for path in data.iterdir()} >= {"hq.db", "hq.key", "admin.token"}
    for name in ("hq.key", "admin.token"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    assert hq.get("/v1/hello")["product"] == "counterfoil-hq"


def test_hq_is_the_same_after_a_restart(hq: HqProcess) -> None:
    before, headers = hq.get("/v1/hq"), dict(hq.headers)
    assert hq.stop() == 0
    hq.start()
    assert (hq.get("/v1/hq"), hq.headers) == (before, headers)


def test_the_commands_speak_to_the_running_server(hq: HqProcess) -> None:
    keeper = traded()
    enrol(hq, keeper)
    assert hq.command("key").stdout == hq.get("/v1/hq")["public_key"] + "\n"
    assert hq.command("tills", "list").stdout == "07-2/1\theld 0\tposted 0\t-\tnot on line\n"
    assert hq.command("tills", "revoke", place="07-2").stdout == "07-2/1\theld 0\tposted 0\t-\trevoked\n"
    assert hq.command("tills", "revoke", place="07-2", epoch="1").stdout == "07-2/1\theld 0\tposted 0\t-\trevoked\n"
    assert hq.command("tills", "revoke", place="07-2", epoch="2").returncode == 1
    for command in ("suspense", "differences"):
        ended = hq.command(command)
        assert (ended.returncode, ended.stdout, ended.stderr.split()[0]) == (0, "", "0")


def test_a_code_comes_with_what_to_do_with_it(hq: HqProcess) -> None:
    first, *more = hq.command("tills", "add", place="07-2").stdout.splitlines()
    assert parse_code(first.removeprefix("pairing code: ")) is not None
    assert "24 hours" in " ".join(more)
    assert "counterfoil-till enrol" in " ".join(more)


@pytest.mark.parametrize("place", ["07", "hq", "../07-2", "99-9/x"])
def test_a_command_about_no_till_says_so(hq: HqProcess, place: str) -> None:
    for command in ("add", "revoke"):
        ended = hq.command("tills", command, place=place)
        assert ended.returncode == 1
        assert ended.stderr.startswith("Error: ")


def test_a_command_without_a_server_says_so(hq: HqProcess) -> None:
    hq.stop()
    ended = hq.command("key")
    assert ended.returncode == 1
    assert "Nobody answers at http://127.0.0.1:" in ended.stderr
    assert "Does HQ's server run?" in ended.stderr


def test_a_command_without_the_token_says_so(hq: HqProcess, tmp_path: Path) -> None:
    (tmp_path / "data" / "admin.token").unlink()
    ended = hq.command("key")
    assert ended.returncode == 1
    assert "admin.token cannot be read" in ended.stderr


def refusal(settings: Path, log: Path) -> str:
    with pytest.raises(DidNotStart) as refused:
        HqProcess(settings, log).start()
    assert refused.value.code == 1
    assert "Traceback" not in refused.value.said
    return refused.value.said


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("card_keys", "nowhere.key", "nowhere.key' does not hold the chain's card keys"),
        ("timezone", "Mars/Olympus", "timezone = 'Mars/Olympus' is not known"),
        ("port", 70_000, "Expected `int` <= 65535 - at `$.port`"),
        ("records_per_s", 1, "Expected `int` >= 50 - at `$.records_per_s`"),
        ("prot", 1, "Object contains unknown field `prot`"),
        ("host", "192.0.2.1", "Cannot listen at 192.0.2.1, port 0"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, log: Path, setting: str, value: object, said: str) -> None:
    assert said in refusal(settings_file(tmp_path, **{setting: value}), log)


def test_card_keys_that_are_none_are_named(settings: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "chain-cards.key").write_bytes(b'{"token_key": "c2VjcmV0"}')
    said = refusal(settings, log)
    assert "does not hold the chain's card keys" in said
    assert "c2VjcmV0" not in said


def test_a_port_that_another_program_has_is_named(tmp_path: Path, log: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Cannot listen at 127.0.0.1, port {port}" in refusal(settings_file(tmp_path, port=port), log)


def test_a_second_hq_on_the_same_book_is_told_so(hq: HqProcess, settings: Path, log: Path) -> None:
    assert "open in another program" in refusal(settings, log)
    assert hq.get("/v1/hello")


def test_a_lost_key_is_named_and_no_new_one_signs(hq: HqProcess, settings: Path, log: Path, tmp_path: Path) -> None:
    hq.stop()
    (tmp_path / "data" / "hq.key").unlink()
    assert "not the one that opened this book" in refusal(settings, log)


async def test_hq_that_is_asked_to_end_hangs_up_and_ends(http: aiohttp.ClientSession, hq: HqProcess) -> None:
    keeper = traded()
    enrol(hq, keeper)
    key = public_key(bytes.fromhex(hq.get("/v1/hq")["public_key"]))
    async with line(http, hq.url, key, keeper) as caller:
        hq._running.terminate()
        frame = await caller.socket.receive(20)
        assert (frame.type, caller.socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert hq.wait() == 0


@pytest.mark.parametrize("fault", [KILLED_BEFORE_POSTING, KILLED_WHILE_POSTING], ids=["before", "while"])
async def test_what_was_held_when_hq_was_killed_is_posted_when_it_is_back(
    http: aiohttp.ClientSession, settings: Path, log: Path, tmp_path: Path, fault: str
) -> None:
    keeper = long_chain()
    with HqProcess(settings, log) as hq:
        enrol(hq, keeper)
    dying = with_fault(settings, log, fault).start()
    assert await send(http, dying, keeper) in (250, -1)
    assert dying.wait() == -9
    with HqProcess(settings, log) as hq:
        while (till := hq.get("/v1/tills")["tills"][0])["waits"]:
            assert till["held"] == 250
        assert (till["held"], till["posted"]) == (250, 250)
    prove(tmp_path, keeper)


async def test_a_disk_that_fails_ends_the_program_to_be_started_again(
    http: aiohttp.ClientSession, settings: Path, log: Path
) -> None:
    keeper = long_chain()
    with HqProcess(settings, log) as hq:
        enrol(hq, keeper)
    failing = with_fault(settings, log, DISK_BREAKS).start()
    assert await send(http, failing, keeper) == -1
    assert failing.wait() == DISK_FAILED
    with HqProcess(settings, log) as hq:
        assert await send(http, hq, keeper) == 250


def test_no_key_and_no_code_is_in_the_log(hq: HqProcess, log: Path, tmp_path: Path) -> None:
    keeper = traded()
    enrol(hq, keeper)
    code = hq.post("/v1/tills", {"place": "07-3"})["code"]
    hq.stop()
    said = log.read_text("utf-8")
    assert "till enrolled" in said
    token = (tmp_path / "data" / "admin.token").read_text("utf-8").strip()
    for secret in (code, code.replace("-", ""), token, (tmp_path / "data" / "hq.key").read_bytes().hex()):
        assert secret not in said
