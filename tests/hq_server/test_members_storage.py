"""The members' files: which stores know whom, what a lost message costs, and that what is erased is gone."""

from pathlib import Path

import pytest

from hq_server.members import KnownCard, MemberFile, Profile
from hq_server.storage.members import Members
from ledger.ids import AccountId
from protocol.conversation import FOUND_MAX
from protocol.members import Member
from protocol.phones import phone_hash
from receipts.wording import Language
from tests.hq_server.forger import ALICE, BOB, traded
from tests.hq_server.office import Office
from tests.hq_server.people import TOKEN_KEY

PHONE = "+886912345678"
HASH = phone_hash(TOKEN_KEY, PHONE)
MOST = 500


def profile(name: str = "王小明", *, phone: str = PHONE, store: str = "07") -> Profile:
    return Profile(name, phone, 3, "gold", store, Language.TAIWAN)


def file(account: AccountId, name: str = "王小明", *, store: str = "07", at_ms: int = 1) -> MemberFile:
    card = KnownCard(account, "6222****0017", "member")
    return MemberFile(account, card, profile(name, store=store), at_ms)


@pytest.fixture
def members() -> Members:
    office = Office()
    office.enrol(traded(), traded(place="12-1", seed=8))
    return Members(office.store._connection)


def line(account: AccountId, name: str = "王○明") -> Member:
    return Member(account, account, "6222****0017", "member", name, "gold", 3, HASH)


def gone(account: AccountId) -> Member:
    return Member(account, "", "", "", "", "", 0, b"", gone=True)


def test_who_joins_is_known_at_home(members: Members) -> None:
    assert members.join(file(ALICE), HASH) == ("07",)
    assert members.of(ALICE) == line(ALICE)
    assert members.file(ALICE) == file(ALICE)
    assert members.of_phone(HASH) == (line(ALICE),)
    assert members.news("07", 0, MOST) == ((line(ALICE),), 1)
    assert members.news("12", 0, MOST) == ((), 0)
    assert members.of(BOB) is None


def test_a_store_knows_a_member_from_the_first_visit_on(members: Members) -> None:
    members.join(file(ALICE), HASH)
    assert members.seen_at("12", ALICE)
    assert not members.seen_at("12", ALICE)
    assert not members.seen_at("07", ALICE)
    assert members.news("12", 0, MOST) == ((line(ALICE),), 1)


def test_whoever_came_before_joining_is_known_there_afterwards(members: Members) -> None:
    assert not members.seen_at("12", ALICE)
    assert not members.seen_at("12", ALICE)
    assert members.news("12", 0, MOST) == ((), 0)
    assert members.join(file(ALICE), HASH) == ("07", "12")
    assert members.news("12", 0, MOST) == ((line(ALICE),), 1)


def test_news_that_was_lost_is_told_again(members: Members) -> None:
    members.join(file(ALICE), HASH)
    members.join(file(BOB, "李大同", at_ms=2), HASH)
    first = members.news("07", 0, 1)
    assert first == ((line(ALICE),), 1)
    assert members.news("07", 0, 1) == first
    assert members.news("07", 1, 1) == ((line(BOB, "李○同"),), 2)
    assert members.news("07", 2, 1) == ((), 2)


def test_a_change_is_news_of_the_last_version_only(members: Members) -> None:
    members.join(file(ALICE), HASH)
    members.join(file(BOB, "李大同", at_ms=2), HASH)
    members.seen_at("12", ALICE)
    assert members.change(ALICE, profile("王大明", store="07"), HASH) == ("07", "12")
    assert members.news("07", 0, MOST) == ((line(BOB, "李○同"), line(ALICE)), 3)
    assert members.news("07", 2, MOST) == ((line(ALICE),), 3)
    assert members.news("12", 1, MOST) == ((line(ALICE),), 2)


def test_who_moves_house_is_known_in_both_places(members: Members) -> None:
    members.join(file(ALICE), HASH)
    assert members.change(ALICE, profile(store="12"), HASH) == ("07", "12")
    assert members.news("12", 0, MOST) == ((line(ALICE),), 1)


def test_a_cursor_from_an_hq_that_is_lost_begins_again(members: Members) -> None:
    """HQ was restored from yesterday's copy: the till's version is one that this HQ has never given."""
    members.join(file(ALICE), HASH)
    assert members.news("07", 99, MOST) == ((line(ALICE),), 1)
    assert members.news("12", 99, MOST) == ((), 0)


def test_an_erased_member_is_gone_at_every_store_that_has_a_till(members: Members) -> None:
    """Store 12 has never seen the member, but one of its tills may have looked it up by phone."""
    members.join(file(ALICE), HASH)
    assert members.erase(ALICE) == ("07", "12")
    assert members.file(ALICE) is None
    assert members.of_phone(HASH) == ()
    assert members.news("07", 1, MOST) == ((gone(ALICE),), 2)
    assert members.news("12", 0, MOST) == ((gone(ALICE),), 1)
    assert not members.seen_at("07", ALICE)


def test_an_erased_member_may_join_again(members: Members) -> None:
    members.join(file(ALICE), HASH)
    members.erase(ALICE)
    members.join(file(ALICE, "陳大明"), HASH)
    assert members.news("07", 2, MOST) == ((line(ALICE, "陳○明"),), 3)


def test_a_till_that_has_nothing_yet_is_told_what_it_has_room_for(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hq_server.storage.members.STORE_LINES_MAX", 2)
    accounts = [AccountId(f"{number:02d}") for number in range(5)]
    for account in accounts:
        members.join(file(account), HASH)
    assert [one.account for one in members.news("07", 0, MOST)[0]] == accounts[3:]
    assert [one.account for one in members.news("07", 1, MOST)[0]] == accounts[1:]
    assert [one.account for one in members.news("07", 9, MOST)[0]] == accounts


def test_a_phone_finds_as_many_as_a_till_can_show(members: Members) -> None:
    for serial in range(FOUND_MAX + 1):
        members.join(file(AccountId(f"{serial:02d}"), at_ms=serial), HASH)
    assert [one.account for one in members.of_phone(HASH)] == [f"{serial:02d}" for serial in range(FOUND_MAX)]
    assert members.of_phone(b"") == ()


def test_nobody_is_found_by_no_phone(members: Members) -> None:
    members.join(file(ALICE), b"")
    assert (members.of_phone(b""), members.files_of_phone(b"")) == ((), ())


def test_what_is_erased_or_changed_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    office = Office(tmp_path / "hq.db")
    office.enrol(traded())
    office.store.knowing(lambda members: members.join(file(ALICE, "MAGDALENA"), HASH))
    office.store.fold_log()
    assert b"MAGDALENA" in (tmp_path / "hq.db").read_bytes()
    office.store.knowing(lambda members: members.change(ALICE, profile("ESMERALDA"), HASH))
    office.store.fold_log()
    assert b"MAGDALENA" not in (tmp_path / "hq.db").read_bytes()
    office.store.knowing(lambda members: members.erase(ALICE))
    office.store.fold_log()
    for name in ("hq.db", "hq.db-wal"):
        content = (tmp_path / name).read_bytes()
        assert b"ESMERALDA" not in content
        assert PHONE.encode() not in content
    office.store.close()
