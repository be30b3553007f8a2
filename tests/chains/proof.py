"""Everything that must agree in a till's file, whatever was done to it. What does not agree is said in words."""

from collections.abc import Iterator
from itertools import chain, count, islice
from typing import NamedTuple

from ledger.audit import compare, replay
from ledger.ids import agent_of
from protocol.bodies import DeclinedBody, PrintBody, TransactionBody
from protocol.chain import verify_each
from protocol.check_code import check_code
from protocol.hosting import ToldBody
from protocol.records import Record, RecordKind, SignedRecord
from protocol.replaying import lines as lines_of
from protocol.signing import public_key
from terminal.answers import Answer, Outcome
from terminal.slip_job import SlipJob, SlipState, SlipStep
from terminal.slips import HOSTED_FROM
from terminal.store import TillStore
from tests.chains.book_reading import read_book
from tests.chains.undoings import undoing_faults

FAULTS_MAX = 20


def faults(store: TillStore) -> list[str]:
    """What does not agree in the store's file; nothing when all of it is true. Raises when the chain is broken."""
    verify_each(store.records(), public_key(store.identity.public_key))
    lines = [(signed, signed.open()) for signed in store.records()]
    moved = list(_moved(lines))
    found = chain(_file(store), _book(store), _answers(store, lines), _slips(store, moved))
    found = chain(found, _runs(store, lines, moved), _undoings(store, moved), _movements(store, moved))
    found = chain(found, undoing_faults(_decided(*line)[1] for line in lines))
    return list(islice(found, FAULTS_MAX))


class Moved(NamedTuple):
    """A movement of which the book has a slip: its record, and the line of this chain that tells of it."""

    number: int
    signed: SignedRecord
    record: Record
    line: Record

    @property
    def body(self) -> TransactionBody:
        return self.record.body_as(TransactionBody)


def _moved(lines: list[tuple[SignedRecord, Record]]) -> Iterator[Moved]:
    """The till's own movements, and those at its place at HQ of which it was told; each once."""
    own, hosted, names = count(1), count(HOSTED_FROM), set()
    for signed, line in lines:
        one, record = _decided(signed, line)
        if record.kind is RecordKind.TRANSACTION:
            name = record.body_as(TransactionBody).receipt_number
            if name not in names:
                yield Moved(next(own if record is line else hosted), one, record, line)
            names.add(name)


def _decided(signed: SignedRecord, line: Record) -> tuple[SignedRecord, Record]:
    """The line, or the record at HQ of which it tells."""
    if line.kind is not RecordKind.TOLD:
        return signed, line
    told = line.body_as(ToldBody).told
    return told, told.open()


def prove(store: TillStore) -> None:
    found = faults(store)
    assert not found, "\n".join(found)


def _file(store: TillStore) -> Iterator[str]:
    for (said,) in store._connection.execute("pragma integrity_check"):
        if said != "ok":
            yield said
    for row in store._connection.execute("pragma foreign_key_check"):
        yield f"row without its parent: {row}"


def _book(store: TillStore) -> Iterator[str]:
    replayed = replay(lines_of(store.records()))
    kept = read_book(store._connection, store.identity.place)
    yield from map(str, chain(replayed.findings, compare(replayed.book, kept)))


def _answers(store: TillStore, lines: list[tuple[SignedRecord, Record]]) -> Iterator[str]:
    """Each decision in the chain was answered so, and each answer has its record."""
    decisions: dict[str, TransactionBody | DeclinedBody] = {}
    for _, record in (_decided(*line) for line in lines):
        if record.kind is RecordKind.TRANSACTION:
            decisions[str(record.ref)] = record.body_as(TransactionBody)
        elif record.kind is RecordKind.DECLINED:
            decisions[str(record.ref)] = record.body_as(DeclinedBody)
    answers = {answer.record: answer for answer in _every_answer(store)}
    if decisions.keys() != answers.keys():
        yield f"records without answer, or answers without record: {sorted(decisions.keys() ^ answers.keys())}"
    for at in decisions.keys() & answers.keys():
        if not _agree(decisions[at], answers[at]):
            yield f"{at}: the record has another story than the answer {answers[at]}"


def _every_answer(store: TillStore) -> Iterator[Answer]:
    """Of what moved, and of what was asked and did not; but for transfers, which nobody asks for by their name."""
    query = (
        "select operation_id from transactions where kind not like 'transfer%' union all"
        " select operation_id from operations where answer is not null or slip >= ?"
    )
    for (operation_id,) in store._connection.execute(query, (HOSTED_FROM,)):
        answer = store.find(operation_id)
        if answer is not None:
            yield answer


def _agree(body: TransactionBody | DeclinedBody, answer: Answer) -> bool:
    same = (body.kind, body.operation_id, body.reasons) == (answer.kind, answer.operation_id, answer.reasons)
    if isinstance(body, DeclinedBody):
        return same and (answer.outcome, answer.decline) == (Outcome.DECLINED, body.decline)
    outcome = Outcome.PROMISED if body.kind == "promise" else Outcome.DONE
    return same and (answer.outcome, answer.receipt_number) == (outcome, body.receipt_number)


def _slips(store: TillStore, moved: list[Moved]) -> Iterator[str]:
    """Each movement has the slip that its record promised, and there are no others."""
    for one in moved:
        body, ref, found = one.body, one.record.ref, store.slip(one.number)
        if found is None:
            yield f"{ref}: it has no slip"
            continue
        slip, promised = found[0], (str(ref), body.receipt_number, check_code(one.signed.hash), body.slip)
        if (slip.record, slip.receipt_number, slip.check_code, slip.facts) != promised:
            yield f"{ref}: its slip says something else"
    if store._connection.execute("select count(*) from slips").get != len(moved):
        yield "a slip has no record"


def _undoings(store: TillStore, slips: list[Moved]) -> Iterator[str]:
    """The till finds every record that undoes something."""
    told = {(one.body.undone.original, str(one.line.ref)) for one in slips if one.body.undone is not None}
    found = set(store._connection.execute("select original, record from undoings"))
    if found != told:
        yield f"undoings in the book and in the chain differ: {sorted(found ^ told)}"


def _movements(store: TillStore, moved: list[Moved]) -> Iterator[str]:
    """Each slip is found by the account whose value it moved, and says when that was."""
    told = [(one.number, one.body.account, str(one.line.ref), one.line.recorded_at_ms) for one in moved]
    query = "select number, account, keeper || '/' || epoch || '/' || sequence, made_at_ms from slips order by sequence"
    if list(store._connection.execute(query)) != told:
        yield "the movements of a member are not those that the chain tells"


def _runs(store: TillStore, lines: list[tuple[SignedRecord, Record]], moved: list[Moved]) -> Iterator[str]:
    """The steps in the chain lead to where each slip stands, and at most one run of a slip is no copy."""
    jobs: dict[int, SlipJob] = {one.number: SlipJob(one.number) for one in moved}
    numbers = {one.body.receipt_number: one.number for one in moved}
    originals: list[int] = []
    for record in (record for _, record in lines if record.kind is RecordKind.PRINT):
        body = record.body_as(PrintBody)
        number = numbers[body.receipt_number]
        after = jobs[number].after(SlipStep(body.step), body.reasons)
        if after is None or body.run != jobs[number].run:
            yield f"{record.ref}: {body.step} of run {body.run} makes no sense after {jobs[number]}"
            continue
        jobs[number] = after
        originals += [number] if body.step == SlipStep.STARTED and not after.is_copy else []
    yield from (f"slip {number} has two originals" for number in set(originals) if originals.count(number) > 1)
    waiting = [job for job in jobs.values() if job.state not in (SlipState.PRINTED, SlipState.SETTLED)]
    if store.slips_waiting() != (waiting if agent_of(store.identity.place) is None else []):
        yield f"the slips that wait are {store.slips_waiting()}, and their steps lead to {waiting}"
    for number, job in jobs.items():
        found = store.slip(number)
        if found is not None and found[1] != job:
            yield f"slip {number} is {found[1]}, and its steps lead to {job}"
