"""Promises that are open when all is said: each for a reason that the chain allows. HQ forgets none that it knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from hq_server.views import PromiseLine, Stands
from ledger.ids import ChainId
from ledger.transactions import TransactionKind
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from simulation.checks.chain import Chain, Keeper
from simulation.checks.promised import Promise
from simulation.checks.unheard import posted


@dataclass
class _Unheard:
    """What HQ has not heard of: slips of promises and of sales, and the records of promises that were settled."""

    promised: set[str] = field(default_factory=set)
    sold: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)

    def read(self, till: Keeper, after: int) -> None:
        """What a till has done behind this record."""
        for signed in till.machine.store.records(after):
            record = signed.open()
            if record.kind is not RecordKind.TRANSACTION:
                continue
            body = record.body_as(TransactionBody)
            if body.kind == TransactionKind.PROMISE:
                self.promised.add(body.receipt_number)
            elif body.undone is not None:
                self.settled.add(body.undone.promise or body.undone.original)
            else:
                self.sold.add(body.receipt_number)


def check_waiting(chain: Chain) -> None:
    """HQ knows just those that are open, and why. Raises AssertionError."""
    unheard, hq = _Unheard(), chain.hq.machine.store
    for till in chain.tills:
        unheard.read(till, posted(hq, till.name))
    said, promised = hq.within(hq.promises.all), chain.truth.promises.open()
    lines = {line.receipt_number: line for line in said.lines if line.record not in unheard.settled}
    assert said.total == len(said.lines), "there are more than HQ shows"
    known = sorted(number for number in promised if number not in unheard.promised)
    assert sorted(lines) == known, f"HQ waits to bring {lines}, and open are {promised}, of which it knows {known}"
    for number, line in lines.items():
        reason = f"{number} waits, and could be kept: {promised[number]} {line}"
        assert _may_wait(chain, promised[number], line, unheard), reason


def _may_wait(chain: Chain, promise: Promise, line: PromiseLine, unheard: _Unheard) -> bool:
    """Nothing is left of the sale, HQ knows of none, its store bears a part of it, or a till is lost."""
    left = chain.truth.left_of(promise.original)
    lost = {till.name for till in chain.tills if not chain.is_open(till)}
    match line.stands:
        case Stands.TILL_LOST:
            return _till_of(chain, line.receipt_number) in lost
        case Stands.HOLDER_LOST:
            return line.holder in {name.keeper for name in lost}
        case Stands.STAYS:
            return chain.truth.is_at_risk(promise.original)
        case Stands.NOTHING_LEFT:
            return left == 0
        case Stands.NOT_REPORTED | Stands.NO_SALE:
            return left is None or promise.original in unheard.sold
        case _:
            return False


def _till_of(chain: Chain, receipt_number: str) -> ChainId:
    return next(till for till, number in chain.truth.promises.made if number == receipt_number)
