"""Findings: what is wrong, where, and what that means to an auditor."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec

FINDINGS_MAX = 10_000
"""Of each sort in one file; what is beyond is counted. A book that is not the chain's own differs in every line."""


class Sort(StrEnum):
    """What kind of thing is wrong."""

    DAMAGED = "damaged"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOT_SIGNED = "not_signed"
    NOT_LINKED = "not_linked"
    MISPLACED = "misplaced"
    WRONG_KEY = "wrong_key"
    WRONG_ORDER = "wrong_order"
    AFTER_REVOCATION = "after_revocation"
    ACKNOWLEDGEMENT = "acknowledgement"
    WRONG_TAKE = "wrong_take"
    TAKEN_TWICE = "taken_twice"
    NOT_TAKEN = "not_taken"
    RULE_BROKEN = "rule_broken"
    BOOK_DIFFERS = "book_differs"
    BOOK_UNPROVED = "book_unproved"
    NOT_CONSERVED = "not_conserved"
    OVERTAKEN = "overtaken"
    OVERNETTED = "overnetted"
    NOT_POSTED = "not_posted"
    HALVES_DIFFER = "halves_differ"
    FLOOR_LIMIT = "floor_limit"
    WRITE_OFF = "write_off"
    NOT_ASKED = "not_asked"
    WRONG_TOLD = "wrong_told"
    WRONG_RIGHT = "wrong_right"
    WRONG_PROMISE = "wrong_promise"
    WRONG_PROMOTION = "wrong_promotion"
    FORKED = "forked"


MEANING: dict[Sort, str] = {
    Sort.DAMAGED: "the disk or somebody has damaged the file; take the other half, or a copy",
    Sort.MISSING: "records were removed; the other half may have them",
    Sort.UNREADABLE: "it was damaged or overwritten; the other half may have it",
    Sort.NOT_SIGNED: "it was changed after it was signed, or somebody else made it",
    Sort.NOT_LINKED: "it was signed to follow another record; one of the two was exchanged",
    Sort.MISPLACED: "rows were exchanged or renamed in the file",
    Sort.WRONG_KEY: "HQ did not enrol this key; whoever signed with it is not who the file says",
    Sort.WRONG_ORDER: "HQ did not order this, or its orders were changed",
    Sort.AFTER_REVOCATION: "HQ had ceased to trust the key; look at who signed it",
    Sort.ACKNOWLEDGEMENT: "one side no longer has what HQ once confirmed",
    Sort.WRONG_TAKE: "the value was not given like this, or not to this place; look at who signed that it took it",
    Sort.TAKEN_TWICE: "value was doubled: a transfer has one taker, who takes it once",
    Sort.NOT_TAKEN: "the value left the till and did not come home: HQ owes it to the member",
    Sort.RULE_BROKEN: "the keeper signed what the rules of the book forbid",
    Sort.BOOK_DIFFERS: "the book was changed by hand or damaged; the records are right",
    Sort.BOOK_UNPROVED: "look at the broken chain first: the book can only be held against what is left of it",
    Sort.NOT_CONSERVED: "value came from nowhere or went nowhere: the book was changed by hand or damaged",
    Sort.OVERTAKEN: "value came from nowhere: it arrived at a place and left none",
    Sort.OVERNETTED: "HQ has taken value from a member who did not owe it",
    Sort.NOT_POSTED: "what HQ shows is not what the records say",
    Sort.HALVES_DIFFER: "one of the two halves was changed",
    Sort.FLOOR_LIMIT: "the till let go more at its store's risk than it may, or a member was made to pay for it",
    Sort.WRITE_OFF: "more came back at HQ than was lost, or too few people decided it: the company bears it",
    Sort.NOT_ASKED: "HQ has that place's key, and booked what its till did not ask for like this; look at who did",
    Sort.WRONG_TOLD: "the place at HQ did not say this, or was not asked for it; look at who signed that it heard it",
    Sort.WRONG_RIGHT: "one place alone has the right to undo a sale, or more goes back than was paid; see who signed",
    Sort.WRONG_PROMISE: "the till gave back what it had not promised like this, or a promise twice",
    Sort.WRONG_PROMOTION: "the till gave more of a promotion than it may, or says that it gave what it did not",
    Sort.FORKED: "two copies of one till were at work; the two signatures prove it",
}


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: `07-2/1/31: its signature is not its keeper's`."""

    sort: Sort
    at: str
    what: str

    def __str__(self) -> str:
        return printable(f"{self.at}: {self.what} ({MEANING[self.sort]})")


class Findings:
    """What was found in one file, or between files: in order, bounded, each once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}
        self.count: Counter[Sort] = Counter()

    def add(self, sort: Sort, at: object, what: str) -> None:
        """Note a finding."""
        finding = Finding(sort, str(at), what)
        if finding in self._found:
            return
        self.count[sort] += 1
        if self.count[sort] <= FINDINGS_MAX:
            self._found[finding] = None

    def all(self) -> list[Finding]:
        """Every finding that is kept."""
        return list(self._found)

    @property
    def beyond(self) -> int:
        """How many more there were than are kept."""
        return self.count.total() - len(self._found)


def printable(text: str) -> str:
    """Text that does nothing to a terminal: what came from a file may hold anything."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
