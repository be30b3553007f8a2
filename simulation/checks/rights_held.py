"""Who has the right to undo a sale: HQ knows who, and nobody else has it. Invariant 10, when all is said."""

from __future__ import annotations

from hq_server.storage.rights import AT_HQ, right_in
from ledger.ids import AccountId, ChainId, Place
from protocol.records import RecordKind, SignedRecord
from simulation.checks.chain import Chain, Keeper


def check_rights(chain: Chain, aside: set[AccountId]) -> None:
    """Of each right that has moved, as far as HQ takes the records of who has it. Raises AssertionError."""
    silent = chain.revoked | chain.gone
    here = {till.name: _here(till) for till in chain.tills if till.name not in silent}
    opened = {till.name for till in chain.tills if chain.is_open(till)}
    rows = chain.hq.machine.store._connection.execute("select original, keeper, epoch, content, signature from rights")
    for original, keeper, epoch, *given in rows:
        holder = ChainId(Place(keeper), epoch)
        if right_in(SignedRecord(*given)).account in aside:
            continue
        others = [name for name, rights in here.items() if original in rights and name != holder]
        assert not others, f"{others} have the right to undo {original}, and by HQ's book {holder} has it"
        is_there = holder == AT_HQ or holder not in here or original in here[holder]
        assert is_there or holder not in opened, f"{holder} has not the right to undo {original}, and HQ says so"


def passed_on(chain: Chain) -> int:
    """How many rights tills have taken from their neighbours."""
    query = "select count(*) from records where kind = ?"
    return sum(
        int(till.machine.store._connection.execute(query, (RecordKind.RIGHT_TAKEN,)).get) for till in chain.tills
    )


def _here(till: Keeper) -> set[str]:
    """The rights that have moved, and are here."""
    rows = till.machine.store._connection.execute("select original from rights where is_here = 1")
    return {original for (original,) in rows}
