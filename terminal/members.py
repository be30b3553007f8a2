"""What a till remembers of members: lines of HQ's directory, and what HQ last said lies where. Bounded, and no book."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from checkout.requests import Elsewhere
from ledger.ids import Place
from ledger.journal_sqlite import Connection
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from protocol.bodies import Transfer
from protocol.conversation import FOUND_MAX
from protocol.members import Member, Share
from terminal.member_lines import AT_MS_MAX, fitting, fitting_shares

LINES_MAX = 20_000
"""The line of whoever was here longest ago goes first. HQ knows them all."""
REMEMBERED_MAX = 20_000
"""Accounts whose shares are remembered."""

Knows = tuple[int, int]
"""A record of the place at HQ, by its epoch and sequence: what came later is not known."""

_SHARES = msgspec.msgpack.Decoder(tuple[Share, ...])
_LINE = "select account, card, masked, kind, name, tier, birth_month, phone from members "
_OF = _LINE + "where account = ?"
_OF_PHONE = _LINE + "where phone = ? and phone <> x'' order by seen desc limit ?"
_EVICT_LINES = (
    "delete from members where account in"
    " (select account from members order by seen limit max(0, (select count(*) from members) - ?))"
)
_EVICT_SHARES = _EVICT_LINES.replace("members", "remembered_shares")


class Members:
    """The members' tables. Every method runs inside the caller's transaction. `place` is this till."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self._connection = connection
        self._place = place

    def of(self, account: str) -> Member | None:
        """Who has this account."""
        row = self._connection.execute(_OF, (account,)).fetchone()
        return None if row is None else Member(*row)

    def of_phone(self, phone: bytes) -> tuple[Member, ...]:
        """Who has the number with this hash: at most FOUND_MAX, whoever was here last comes first."""
        return tuple(Member(*row) for row in self._connection.execute(_OF_PHONE, (phone, FOUND_MAX)))

    def learn(self, members: Iterable[Member], version: int | None = None) -> None:
        """Take in lines of the directory, or forget those that are gone; `version`: all up to there is known now."""
        for member in members:
            if member.gone:
                self._connection.execute("delete from members where account = ?", (member.account,))
            elif (line := fitting(member)) is not None:
                self._put(line)
        self._connection.execute(_EVICT_LINES, (LINES_MAX,))
        if version is not None:
            self._connection.execute("insert or replace into directory_version values (1, ?)", (version,))

    def found(self, phone: bytes, members: Iterable[Member]) -> None:
        """HQ has said who has this number; whoever had it here and is not among them has it no longer."""
        self._connection.execute("update members set phone = x'' where phone = ? and phone <> x''", (phone,))
        self.learn(members)

    def version(self) -> int:
        """Up to where HQ's directory is known; 0 before it said anything."""
        version = self._connection.execute("select version from directory_version").get
        return 0 if version is None else int(version)

    def remember(self, account: str, shares: Iterable[Share], at_ms: int, knows: Knows | None = None) -> None:
        """HQ has said what this member has where, as of Unix time `at_ms`. The member is here now.

        HQ may know less than this till of what its place there has done (`knows`): then its word is not the last one.
        """
        known = self._knows(account)
        if knows is None or knows >= known:
            self._keep(account, fitting_shares(shares), min(at_ms, AT_MS_MAX), knows or known)
        self._connection.execute(
            "update members set seen = (select max(seen) from members) + 1 where account = ?", (account,)
        )
        self._connection.execute(_EVICT_SHARES, (REMEMBERED_MAX,))

    def shares(self, account: str) -> tuple[tuple[Share, ...], int] | None:
        """What HQ last said of this member, and when; None: it never said anything here."""
        row = self._connection.execute(
            "select shares, at_ms from remembered_shares where account = ?", (account,)
        ).fetchone()
        return None if row is None else (_SHARES.decode(row[0]), row[1])

    def elsewhere(self, account: str) -> Elsewhere | None:
        """The member's money at all places but this one, as HQ last said; None: it never said anything here."""
        known = self.shares(account)
        if known is None:
            return None
        shares, at_ms = known
        return Elsewhere(sum(one.principal + one.bonus for one in shares if one.place != self._place), at_ms)

    def came(self, transfer: Transfer, giver: Place) -> None:
        """Value came here from its giver: what is remembered of the places it came from is less by so much."""
        self._move(transfer, giver, with_part=_with_less)

    def went(self, transfer: Transfer, taker: Place) -> None:
        """Value went to its taker."""
        self._move(transfer, taker, with_part=_with_more)

    def moved(self, account: str, legs: Iterable[Leg], place: Place, record: Knows) -> None:
        """Value was earned, loaded or spent at another place, by this record of it. HQ may have said so before."""
        known = self.shares(account)
        if known is None or self._knows(account) >= record:
            return
        shares = tuple(one for one in known[0] if one.place != self._place)
        for leg in legs:
            if leg.side is Side.HELD and leg.account == account:
                with_part = _with_more if leg.units > 0 else _with_less
                shares = with_part(shares, place, leg.purse, abs(leg.units))
        self._keep(account, shares, known[1], record)

    def _move(self, transfer: Transfer, other: Place, *, with_part: _WithPart) -> None:
        known = self.shares(transfer.account)
        if known is None:
            return
        shares, at_ms = known
        shares = tuple(one for one in shares if one.place != self._place)
        for part in transfer.parts:
            shares = with_part(shares, other, part.purse, part.units)
        self._keep(transfer.account, shares, at_ms, self._knows(transfer.account))

    def _keep(self, account: str, shares: tuple[Share, ...], at_ms: int, knows: Knows) -> None:
        self._connection.execute(
            "insert or replace into remembered_shares"
            " values (?1, ?2, ?3, (select coalesce(max(seen), 0) + 1 from remembered_shares), ?4, ?5)",
            (account, at_ms, msgspec.msgpack.encode(shares), *knows),
        )

    def _knows(self, account: str) -> Knows:
        query = "select hosted_epoch, hosted_sequence from remembered_shares where account = ?"
        knows: Knows = self._connection.execute(query, (account,)).get or (0, 0)
        return knows

    def _put(self, line: Member) -> None:
        """A line that is news of somebody known here does not make them seen."""
        self._connection.execute(
            "insert into members"
            " values (?, ?, ?, ?, ?, ?, ?, ?, (select coalesce(max(seen), 0) + 1 from members))"
            " on conflict do update set card = excluded.card, masked = excluded.masked, kind = excluded.kind,"
            " name = excluded.name, tier = excluded.tier, birth_month = excluded.birth_month, phone = excluded.phone",
            msgspec.structs.astuple(line)[:-1],
        )


_WithPart = Callable[[tuple[Share, ...], Place, str, int], tuple[Share, ...]]
"""The shares when so many units of a purse have moved into, or out of, one place."""


def _with_more(shares: tuple[Share, ...], taker: Place, purse: str, units: int) -> tuple[Share, ...]:
    """The taker's share comes first."""
    known = next((one for one in shares if one.place == taker), Share(taker, 0, 0, 0))
    more = msgspec.structs.replace(known, **{purse: getattr(known, purse) + units})
    return (more, *(one for one in shares if one.place != taker))


def _with_less(shares: tuple[Share, ...], giver: Place, purse: str, units: int) -> tuple[Share, ...]:
    """From the giver's share; what it is not known to have had came through it from the others, in their order."""
    assert purse in tuple(Purse), "a transfer was posted: its purses exist"
    after = []
    for one in sorted(shares, key=lambda share: share.place != giver):
        taken = min(units, getattr(one, purse))
        units -= taken
        after.append(msgspec.structs.replace(one, **{purse: getattr(one, purse) - taken}))
    return tuple(after)
