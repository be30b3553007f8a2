"""What a till has told the world, and so may never become otherwise, whatever happens to its power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from checkout.sold import PaidWith
from ledger.ids import AccountId
from ledger.slices import MONEY, total
from protocol.bodies import Given, Transfer
from protocol.records import RecordKind, SignedRecord
from terminal.answering import balance_of
from terminal.answers import Answer, Balance, Outcome
from terminal.slip_job import SlipJob, SlipState
from terminal.store import TillStore
from tests.chains.company import MEMBERS
from tests.chains.headquarters import Headquarters


class Promises:
    """Answers, records, directives, steps of slips, the date: each kept from the moment that the till has returned."""

    def __init__(self, hq: Headquarters) -> None:
        self._hq = hq
        self.directive = 0
        self.answers: dict[str, tuple[AccountId, Answer]] = {}
        self.hashes: dict[int, bytes] = {}
        self.jobs: dict[int, SlipJob] = {}
        self.originals: Counter[int] = Counter()
        self.business_date = ""

    def note_answer(self, account: AccountId, answer: Answer) -> None:
        self.answers[answer.operation_id] = account, answer
        if answer.receipt_number is not None:
            number = int(answer.receipt_number.rpartition("-")[2])
            self.jobs.setdefault(number, SlipJob(number))

    def account_of(self, receipt_number: str) -> AccountId:
        """Whose slip it is; nobody's, if it was never told of."""
        told = (account for account, answer in self.answers.values() if answer.receipt_number == receipt_number)
        return next(told, AccountId(""))

    def note_step(self, job: SlipJob) -> None:
        """A step is on record; bytes go to the printer after `started`, never before."""
        self.jobs[job.number] = job
        if job.state is SlipState.STARTED and not job.is_copy:
            self.originals[job.number] += 1

    def note_head(self, store: TillStore) -> None:
        head = store.head()
        self.hashes[head.ref.sequence] = head.hash
        self.business_date = head.business_date

    def note_directive(self, number: int) -> None:
        """It is carried out: what it moves is in the book, with all that follows from it."""
        self.directive = max(self.directive, number)

    def note_restart(self) -> None:
        """What had started when the till went off is unknown when it comes back."""
        for number, job in self.jobs.items():
            if job.state is SlipState.STARTED:
                self.jobs[number] = SlipJob(number, job.run, SlipState.UNKNOWN, ("interrupted",))

    def broken_by(self, store: TillStore) -> Iterator[str]:
        """The promises that are not kept, in words."""
        said = chain(self._answers(store), self._records(store), self._slips(store))
        return chain(said, self._directives(store), self._balances(store), self._value(store))

    def _answers(self, store: TillStore) -> Iterator[str]:
        for operation_id, (_, answer) in self.answers.items():
            found = store.find(operation_id)
            if found != answer:
                yield f"{operation_id} was answered {answer}, and now it is {found}"

    def _records(self, store: TillStore) -> Iterator[str]:
        kept = {number: signed.hash for number, signed in enumerate(store.records(), start=1)}
        yield from (f"record {at} is gone, or another" for at, known in self.hashes.items() if kept.get(at) != known)
        if store.head().business_date < self.business_date:
            yield f"the business date went back from {self.business_date}"

    def _slips(self, store: TillStore) -> Iterator[str]:
        for number, job in self.jobs.items():
            found = store.slip(number)
            if found is None or found[1] != job:
                yield f"slip {number} was {job}, and now it is {found}"
        yield from (f"slip {number} is twice on paper as the original" for number, n in self.originals.items() if n > 1)

    def _directives(self, store: TillStore) -> Iterator[str]:
        if store.resume().directive < self.directive:
            yield f"directive {self.directive} was carried out, and now the last one is {store.resume().directive}"

    def _balances(self, store: TillStore) -> Iterator[str]:
        """Each member has what the answers and the transfers add up to, purse by purse."""
        sums: dict[AccountId, Counter[str]] = {who.account: Counter() for who in MEMBERS}
        for account, answer in self.answers.values():
            if answer.outcome is Outcome.DONE:
                sign = _sign(answer)
                points = answer.points_in - answer.points_out
                sums[account].update(principal=sign * answer.principal, bonus=sign * answer.bonus, points=points)
        for transfer in self._hq.transfers(store.resume().directive):
            _add(sums, transfer, 1)
        for transfer in gifts(store.records()):
            _add(sums, transfer, -1)
        for account, expected in sums.items():
            held = balance_of(store.slices(account))
            if held != Balance(expected["principal"], expected["bonus"], expected["points"]):
                yield f"account {account} has {held}, and its answers and transfers add up to {dict(expected)}"

    def _value(self, store: TillStore) -> Iterator[str]:
        """What was issued and not spent lies here, at HQ or is under way, whatever happened."""
        for who in MEMBERS:
            answers = [answer for account, answer in self.answers.values() if account == who.account]
            moved = [one for one in answers if one.outcome is Outcome.DONE]
            issued = sum(_sign(one) * (one.principal + one.bonus) for one in moved)
            under_way = [
                *self._hq.transfers()[len(self._hq.transfers(store.resume().directive)) :],
                *gifts(store.records(self._hq.seen)),
            ]
            places = {
                "here": total(store.slices(who.account), *MONEY),
                "at hq": self._hq.funds.units(who.account),
                "under way": sum(part.units for one in under_way if one.account == who.account for part in one.parts),
            }
            if sum(places.values()) != self._hq.funds.issued[who.account] + issued:
                yield f"account {who.account} has {places}, with {issued} loaded and not spent here"


def _sign(answer: Answer) -> int:
    """Whether stored value came on the card, or left it."""
    if answer.kind in ("refund", "void"):
        return 1 if any(part.tender is PaidWith.STORED_VALUE for part in answer.paid) else -1
    return 1 if answer.kind == "load" else -1


def _add(sums: dict[AccountId, Counter[str]], transfer: Transfer, sign: int) -> None:
    for part in transfer.parts:
        sums[AccountId(transfer.account)][part.purse] += sign * part.units


def gifts(records: Iterable[SignedRecord]) -> list[Transfer]:
    """What these records have given away."""
    opened = (signed.open() for signed in records)
    return [record.body_as(Given).transfer for record in opened if record.kind is RecordKind.GIVEN]
