"""The members' files, and which stores know whom. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from hq_server.members import KnownCard, MemberFile, Profile, masked_name
from ledger.ids import AccountId
from ledger.journal_sqlite import Connection
from protocol.conversation import FOUND_MAX
from protocol.members import Member
from receipts.wording import Language

STORE_LINES_MAX = 20_000
"""What a till keeps of its directory: one that has nothing yet is told no more, the latest."""

_Row: TypeAlias = tuple[str, str, str, str, str, str, bytes, int, str, str, str, int]
_FILES = (
    "select account, card, masked, kind, name, phone, phone_hash, birth_month, tier, store, language, joined_at_ms"
    " from members join cards using (card)"
)


class Members:
    """Who is behind an account. A phone's hash is 32 bytes (protocol.phones), or empty: no number is known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, account: AccountId) -> Member | None:
        """A member's line of the directory; None when nobody is known by that account."""
        row = self._row(account)
        return None if row is None else _line(row)

    def of_phone(self, phone_hash: bytes) -> tuple[Member, ...]:
        """The members with that number, at most FOUND_MAX; who joined first comes first."""
        return tuple(map(_line, self._with_phone(phone_hash)))

    def file(self, account: AccountId) -> MemberFile | None:
        """A member's whole file; None when nobody is known by that account."""
        row = self._row(account)
        return None if row is None else _file(row)

    def files_of_phone(self, phone_hash: bytes) -> tuple[MemberFile, ...]:
        """The whole files of the members with that number, at most FOUND_MAX."""
        return tuple(map(_file, self._with_phone(phone_hash)))

    def join(self, member: MemberFile, phone_hash: bytes) -> tuple[str, ...]:
        """Begin a file. The stores that know it from now on: the member's home, and every store that has seen it."""
        self.name_card(member.card)
        self._connection.execute(
            "insert into members values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (member.account, member.card.token, *_columns(member.profile, phone_hash), member.joined_at_ms),
        )
        return self._tell({member.profile.store, *self._stores_of(member.account)}, member.account)

    def change(self, account: AccountId, profile: Profile, phone_hash: bytes) -> tuple[str, ...]:
        """Write a file over the old one, which is gone; the stores that know the member, its home among them."""
        self._connection.execute("pragma secure_delete = on")
        self._connection.execute(
            "update members set name = ?, phone = ?, phone_hash = ?, birth_month = ?, tier = ?, store = ?, language = ?"
            " where account = ?",
            (*_columns(profile, phone_hash), account),
        )
        return self._tell({profile.store, *self._stores_of(account)}, account)

    def erase(self, account: AccountId) -> tuple[str, ...]:
        """Forget who a member is; what lies in its account stays. Every store that has a till is to forget it too.

        A till may have looked for a member who never came to its store, and of that HQ keeps no list.
        """
        self._connection.execute("pragma secure_delete = on")
        self._connection.execute("delete from members where account = ?", (account,))
        stores = {store for (store,) in self._connection.execute("select distinct store from keepers")}
        return self._tell(stores.union(self._stores_of(account)), account)

    def name_card(self, card: KnownCard) -> None:
        """Remember which card a token is."""
        self._connection.execute("insert or ignore into cards values (?, ?, ?)", card)

    def card(self, token: str) -> KnownCard | None:
        """Which card a token is; None when HQ was never told its number."""
        row = self._connection.execute("select card, masked, kind from cards where card = ?", (token,)).get
        return None if row is None else KnownCard(*row)

    def seen_at(self, store: str, account: AccountId) -> bool:
        """Note that a store has seen an account; True when there is a new line in that store's directory."""
        query = "select 1 from directory where store = ? and account = ?"
        if self._connection.execute(query, (store, account)).get is not None:
            return False
        if self._row(account) is None:
            self._connection.execute("insert into directory values (?, ?, 0)", (store, account))
            return False
        self._tell({store}, account)
        return True

    def news(self, store: str, after: int, most: int) -> tuple[tuple[Member, ...], int]:
        """A store's lines that are newer than version `after`, the oldest first, at most `most`; their last version.

        Whoever has a version that this HQ has never given had it from one that is lost: it is told everything.
        """
        begin = self._begin(store, after)
        rows = list(
            self._connection.execute(
                "select version, account from directory where store = ? and version > ? order by version limit ?",
                (store, begin, most),
            )
        )
        lines = tuple(self.of(AccountId(account)) or _gone(account) for _, account in rows)
        return lines, rows[-1][0] if rows else self._version(store)

    def _begin(self, store: str, after: int) -> int:
        if after > self._version(store):
            return 0
        # A till that has nothing yet has nothing to forget either, and would drop what is beyond its bound.
        return self._beyond_a_till(store) if after == 0 else after

    def _version(self, store: str) -> int:
        last = self._connection.execute("select max(version) from directory where store = ?", (store,)).get
        return 0 if last is None else int(last)

    def _beyond_a_till(self, store: str) -> int:
        """The version of the last line that a till has no room for; 0 when it has room for all."""
        query = "select version from directory where store = ? order by version desc limit 1 offset ?"
        version = self._connection.execute(query, (store, STORE_LINES_MAX)).get
        return 0 if version is None else int(version)

    def _tell(self, stores: Iterable[str], account: AccountId) -> tuple[str, ...]:
        """Make this member the latest news of these stores."""
        told = tuple(sorted(stores))
        self._connection.executemany(
            "insert into directory values"
            " (?1, ?2, (select ifnull(max(version), 0) + 1 from directory where store = ?1))"
            " on conflict do update set version = excluded.version",
            [(store, account) for store in told],
        )
        return told

    def _stores_of(self, account: AccountId) -> tuple[str, ...]:
        rows = self._connection.execute("select store from directory where account = ?", (account,))
        return tuple(store for (store,) in rows)

    def _row(self, account: AccountId) -> _Row | None:
        row: _Row | None = self._connection.execute(f"{_FILES} where account = ?", (account,)).get
        return row

    def _with_phone(self, phone_hash: bytes) -> list[_Row]:
        query = f"{_FILES} where phone_hash = ? and length(phone_hash) > 0 order by joined_at_ms, account limit ?"
        return list(self._connection.execute(query, (phone_hash, FOUND_MAX)))


def _columns(profile: Profile, phone_hash: bytes) -> tuple[str, str, bytes, int, str, str, str]:
    who = (profile.name, profile.phone, phone_hash, profile.birth_month)
    return *who, profile.tier, profile.store, profile.language.value


def _line(row: _Row) -> Member:
    account, card, masked, kind, name, _, phone_hash, birth_month, tier, _, language, _ = row
    return Member(account, card, masked, kind, masked_name(name, Language(language)), tier, birth_month, phone_hash)


def _gone(account: str) -> Member:
    return Member(account, "", "", "", "", "", 0, b"", gone=True)


def _file(row: _Row) -> MemberFile:
    account, card, masked, kind, name, phone, _, birth_month, tier, store, language, joined_at_ms = row
    profile = Profile(name, phone, birth_month, tier, store, Language(language))
    return MemberFile(AccountId(account), KnownCard(card, masked, kind), profile, joined_at_ms)
