"""What a till has told the world, and so may never become otherwise, whatever happens to its power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from ledger.ids import AccountId
from terminal.answers import Answer, Balance, Outcome
from terminal.operations import balance_of
from terminal.slip_job import SlipJob, SlipState
from terminal.store import TillStore


class Promises:
    """Answers, records, steps of slips and the business date, each kept from the moment that the till has returned."""

    def __init__(self) -> None:
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

    def note_step(self, job: SlipJob) -> None:
        """A step is on record; bytes go to the printer after `started`, never before."""
        self.jobs[job.number] = job
        if job.state is SlipState.STARTED and not job.is_copy:
            self.originals[job.number] += 1

    def note_head(self, store: TillStore) -> None:
        head = store.head()
        self.hashes[head.ref.sequence] = head.hash
        self.business_date = head.business_date

    def note_restart(self) -> None:
        """What had started when the till went off is unknown when it comes back."""
        for number, job in self.jobs.items():
            if job.state is SlipState.STARTED:
                self.jobs[number] = SlipJob(number, job.run, SlipState.UNKNOWN, ("interrupted",))

    def broken_by(self, store: TillStore) -> Iterator[str]:
        """The promises that are not kept, in words."""
        return chain(self._answers(store), self._records(store), self._slips(store), self._balances(store))

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

    def _balances(self, store: TillStore) -> Iterator[str]:
        """Each member has what the answers add up to, purse by purse."""
        sums: dict[AccountId, Balance] = {}
        for account, answer in self.answers.values():
            before = sums.get(account, Balance(0, 0, 0))
            sums[account] = _after(before, answer)
        for account, expected in sums.items():
            held = balance_of(store.slices(account))
            if held != expected:
                yield f"account {account} has {held}, and its answers add up to {expected}"


def _after(before: Balance, answer: Answer) -> Balance:
    if answer.outcome is Outcome.DECLINED:
        return before
    sign = 1 if answer.kind == "load" else -1
    return Balance(before.principal + sign * answer.principal, before.bonus + sign * answer.bonus, before.points)
