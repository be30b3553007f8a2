"""What a till remembers of members: few enough, true enough, and nothing that HQ was not asked for."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checkout.requests import Elsewhere
from ledger.amounts import UNITS_MAX
from ledger.cards import Card
from ledger.ids import HEADQUARTERS, LotId, Place, hosted_place
from ledger.journal_sqlite import Connection, open_book
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import Transfer, TransferPart, Why
from protocol.members import Member, Share
from terminal import members as members_module
from terminal.member_lines import NAME_LENGTH_MAX
from terminal.members import LINES_MAX, Members
from terminal.store import SCHEMAS
from tests.chains.company import ALICE, BOB, CAROL, SCHEME, card, number
from tests.chains.till import IDENTITY
from tests.terminal.stand_in_members import hash_of, member_of

HERE = IDENTITY.place
AT_HQ = hosted_place(HERE)
PHONE, OTHER_PHONE = "0912345678", "13812345678"
TWO_O_CLOCK = 1_732_255_500_000
"""2024-11-22T14:05:00+08:00: any clock is later."""


def share(place: str, principal: int, bonus: int, points: int) -> Share:
    return Share(Place(place), principal, bonus, points)


def line(who: Card, name: str = "王○明", phone: str | None = PHONE) -> Member:
    return member_of(SCHEME, who, name, phone)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Connection]:
    connection = open_book(tmp_path / "till.db", *SCHEMAS)
    yield connection
    connection.close()


@pytest.fixture
def members(book: Connection) -> Members:
    return Members(book, HERE)


def held(*units: tuple[str, int]) -> list[Leg]:
    """The legs of a movement that say what its place holds more or, below zero, less."""
    return [Leg(ALICE.account, Purse(purse), LotId("07-1@hq/1/3"), Side.HELD, more) for purse, more in units]


def drawn(*parts: tuple[str, int]) -> Transfer:
    lots = tuple(TransferPart(purse, "09-1/1/1", "09", "2026-11-22", None, units) for purse, units in parts)
    return Transfer(Why.DRAW, "sale-0001", ALICE.account, lots)


def test_a_line_is_learned_changed_and_forgotten(members: Members) -> None:
    members.learn([line(ALICE), line(BOB)], version=7)
    assert (members.of(ALICE.account), members.version()) == (line(ALICE), 7)
    members.learn([line(ALICE, "王○"), msgspec.structs.replace(line(BOB), gone=True)], version=8)
    assert members.of_phone(hash_of(SCHEME, PHONE)) == (line(ALICE, "王○"),)
    assert (members.of(BOB.account), members.version()) == (None, 8)


def test_a_directory_that_knows_nothing_begins_at_version_nought(members: Members) -> None:
    assert members.version() == 0
    assert members.of_phone(b"") == ()


def test_a_member_without_a_number_is_found_by_none(members: Members) -> None:
    members.learn([line(ALICE, phone=None)])
    assert members.of(ALICE.account) is not None
    assert members.of_phone(b"") == ()


def test_whom_hq_does_not_name_has_the_number_no_longer(members: Members) -> None:
    members.learn([line(ALICE), line(BOB), line(CAROL, phone=OTHER_PHONE)])
    members.found(hash_of(SCHEME, PHONE), [line(BOB)])
    assert members.of_phone(hash_of(SCHEME, PHONE)) == (line(BOB),)
    assert members.of_phone(hash_of(SCHEME, OTHER_PHONE)) != ()
    assert members.of(ALICE.account) is not None


def test_whoever_was_here_longest_ago_is_forgotten_first(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_module, "LINES_MAX", 3)
    people = [card(serial) for serial in range(600, 604)]
    members.learn(line(one) for one in people[:3])
    members.remember(people[0].account, (), 1)
    members.learn([line(people[3])])
    assert [members.of(one.account) is not None for one in people] == [True, False, True, True]


def test_news_of_somebody_known_here_does_not_make_them_seen(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_module, "LINES_MAX", 2)
    members.learn([line(ALICE), line(BOB)])
    members.learn([line(ALICE, "王○")])
    members.learn([line(CAROL)])
    assert members.of(ALICE.account) is None


def test_shares_are_bounded_too(members: Members, book: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members_module, "REMEMBERED_MAX", 2)
    for who in (ALICE, BOB, ALICE, CAROL):
        members.remember(who.account, (), 1)
    assert [members.shares(who.account) is not None for who in (ALICE, BOB, CAROL)] == [True, False, True]
    assert book.execute("select count(*) from remembered_shares").get == 2


def test_a_full_directory_has_its_bound_and_learns_quickly(members: Members, book: Connection) -> None:
    some = [
        msgspec.structs.replace(line(ALICE), account=f"a{count}", card=f"a{count}") for count in range(LINES_MAX + 9)
    ]
    book.execute("begin")
    members.learn(some)
    book.execute("commit")
    assert book.execute("select count(*) from members").get == LINES_MAX


def test_what_lies_elsewhere_leaves_this_till_and_points_out(members: Members) -> None:
    assert members.elsewhere(ALICE.account) is None
    shares = [share("hq", 300, 20, 7), share(HERE, 1000, 0, 0), share("09-1", 50, 5, 9)]
    members.remember(ALICE.account, shares, TWO_O_CLOCK)
    assert members.elsewhere(ALICE.account) == Elsewhere(375, TWO_O_CLOCK)
    members.remember(ALICE.account, [], TWO_O_CLOCK + 1)
    assert members.elsewhere(ALICE.account) == Elsewhere(0, TWO_O_CLOCK + 1)


def test_what_came_here_lies_elsewhere_no_longer(members: Members) -> None:
    """Were the line lost now, the member would otherwise seem to have it twice."""
    members.came(drawn(("principal", 1)), HEADQUARTERS)
    assert members.shares(ALICE.account) is None
    members.remember(ALICE.account, [share("09-1", 200, 10, 0), share(HERE, 70, 0, 0), share("hq", 100, 0, 5)], 1)
    members.came(drawn(("principal", 150), ("bonus", 4)), HEADQUARTERS)
    assert members.elsewhere(ALICE.account) == Elsewhere(156, 1)
    assert members.shares(ALICE.account) == ((share("hq", 0, 0, 5), share("09-1", 150, 6, 0)), 1)
    members.went(drawn(("principal", 30), ("points", 2)), HEADQUARTERS)
    assert members.shares(ALICE.account) == ((share("hq", 30, 0, 7), share("09-1", 150, 6, 0)), 1)


def test_value_that_goes_home_lies_at_hq(members: Members) -> None:
    members.remember(ALICE.account, [], 1)
    members.went(drawn(("principal", 30)), HEADQUARTERS)
    assert members.shares(ALICE.account) == ((share("hq", 30, 0, 0),), 1)


def test_what_moved_at_hq_is_known_until_hq_says_it(members: Members) -> None:
    members.remember(ALICE.account, [share("hq", 100, 6, 5), share("12-1", 9, 0, 0)], 10, (1, 9))
    sold = held(("principal", -100), ("bonus", -2), ("points", 3))
    members.moved(ALICE.account, sold, AT_HQ, (1, 9))
    assert members.elsewhere(ALICE.account) == Elsewhere(115, 10), "HQ has said so since"
    members.moved(ALICE.account, sold, AT_HQ, (1, 10))
    after = (share(AT_HQ, 0, 0, 3), share("hq", 0, 4, 5), share("12-1", 9, 0, 0))
    assert members.shares(ALICE.account) == (after, 10)
    members.moved(ALICE.account, sold, AT_HQ, (1, 10))
    assert members.shares(ALICE.account) == (after, 10), "once"
    members.moved(ALICE.account, held(("principal", 50)), AT_HQ, (2, 1))
    assert members.elsewhere(ALICE.account) == Elsewhere(63, 10)
    members.moved(BOB.account, sold, AT_HQ, (1, 11))
    assert members.shares(BOB.account) is None, "HQ never spoke of him"


BEFORE, AFTER = (share("hq", 100, 0, 0),), (share("hq", 60, 0, 0),)


@pytest.fixture
def sold(members: Members) -> list[Leg]:
    """What moved at the till's place at HQ, of which HQ does not know yet."""
    sold = held(("principal", -40))
    members.remember(ALICE.account, BEFORE, 10, (1, 4))
    members.moved(ALICE.account, sold, HEADQUARTERS, (1, 10))
    assert members.shares(ALICE.account) == (AFTER, 10)
    return sold


def test_hq_that_has_not_posted_what_the_till_knows_has_not_the_last_word(members: Members, sold: list[Leg]) -> None:
    assert sold
    members.remember(ALICE.account, BEFORE, 20, (1, 9))
    assert members.shares(ALICE.account) == (AFTER, 10)
    members.went(drawn(("points", 1)), HEADQUARTERS)
    members.remember(ALICE.account, BEFORE, 30, (1, 9))
    assert members.elsewhere(ALICE.account) == Elsewhere(60, 10), "what else moves makes it forget nothing of that"


@pytest.mark.parametrize("knows", [(1, 10), (2, 1), None])
def test_hq_that_has_posted_it_has_the_last_word_and_it_counts_once(
    members: Members, sold: list[Leg], knows: tuple[int, int] | None
) -> None:
    """`None`: it has refused a draw, and says what there is now."""
    members.remember(ALICE.account, BEFORE, 20, knows)
    members.moved(ALICE.account, sold, HEADQUARTERS, (1, 10))
    assert members.shares(ALICE.account) == (BEFORE, 20)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王○明", "王○明"),
        ("王\r\n○\x1b[31m明\x00", "王○[31m明"),
        ("\u202e王○明\u2066\u200b", "王○明"),
        ("王\u2028○\u2029明\u3000", "王○明"),
        ("J*** L***", "J*** L***"),
        ("<img src=x onerror=a()>", "<img src=x onerror=a()>"[:NAME_LENGTH_MAX]),
        ("王" * 1_000_000, "王" * NAME_LENGTH_MAX),
        ("\x07" * 1_000_000, ""),
    ],
)
def test_a_name_is_printable_and_short(members: Members, name: str, shown: str) -> None:
    members.learn([line(ALICE, name)])
    learned = members.of(ALICE.account)
    assert learned is not None
    assert learned.name == shown


@pytest.mark.parametrize(
    "odd",
    [
        {"masked": number(417).digits},
        {"masked": "6222****0417\n"},
        {"masked": ""},
        {"account": ""},
        {"account": "x" * 65},
        {"card": "a b"},
        {"kind": "\x1b"},
    ],
)
def test_a_line_that_names_nobody_or_a_whole_card_is_not_learned(members: Members, odd: dict[str, str]) -> None:
    members.learn([msgspec.structs.replace(line(ALICE), **odd), line(BOB)])
    assert members.of_phone(hash_of(SCHEME, PHONE)) == (line(BOB),)


def test_odd_figures_of_a_line_are_left_out(members: Members) -> None:
    members.learn([msgspec.structs.replace(line(ALICE), phone=b"short", tier="\n" * 9)])
    assert members.of(ALICE.account) == msgspec.structs.replace(line(ALICE), phone=b"", tier="")


def test_shares_that_cannot_be_are_left_out(members: Members) -> None:
    true = [share("hq", 1, 2, 3), share("09-1", 4, 5, 6)]
    false = [share("hq", 9, 9, 9), share("", 1, 0, 0), share("09-1\n", 1, 0, 0), share("09-2", UNITS_MAX + 1, 0, 0)]
    members.remember(ALICE.account, [*true, *false], 2**63 - 1)
    known = members.shares(ALICE.account)
    assert known is not None
    assert known[0] == tuple(true)
    members.remember(ALICE.account, [share(f"{count}-1", 1, 0, 0) for count in range(5000)], 1)
    assert members.elsewhere(ALICE.account) == Elsewhere(50, 1)
