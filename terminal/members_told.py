"""What HQ says of members, as the till's book remembers it."""

from __future__ import annotations

from ledger.journal_sqlite import Connection, transaction
from protocol.conversation import Directory, Seen
from protocol.members import Member
from terminal.members import Members


class MembersTold:
    """Each method is one commit."""

    def __init__(self, connection: Connection, members: Members) -> None:
        self._connection = connection
        self._members = members

    def seen(self, seen: Seen, at_ms: int) -> None:
        """HQ has said what a member has where, and who it is; `at_ms` is the latest that this can have been.

        What it knows to be incomplete is not remembered.
        """
        with transaction(self._connection):
            if seen.member is not None and seen.member.account == seen.account:
                self._members.learn((seen.member,))
            if seen.knows is not None:
                self._members.remember(seen.account, seen.shares, min(seen.at_ms, at_ms), seen.knows)

    def found(self, phone: bytes, members: tuple[Member, ...]) -> None:
        """HQ has said who has this phone number."""
        with transaction(self._connection):
            self._members.found(phone, members)

    def directory(self, directory: Directory) -> None:
        """HQ has said what is new of the members whom this store knows."""
        with transaction(self._connection):
            self._members.learn(directory.members, directory.version)
