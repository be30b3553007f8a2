"""Every yes and no can be made again: from the chain alone, with the same reasons and the same legs."""

import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from checkout.load import load
from checkout.requests import BookView, Entry, Load, PresentedCard, Sale, Tender
from checkout.results import Decline, Declined, Done
from checkout.sale import sale
from ledger.audit import replay
from ledger.cards import Card
from ledger.ids import OperationId
from ledger.slices import Slice
from protocol.bodies import DeclinedBody, TransactionBody
from protocol.records import RecordKind, SignedRecord
from protocol.replaying import lines, posting_of
from tests.chains.company import MEMBER, MEMBERS, POINTS_ONLY, PROGRAMME, card, keyed, swiped
from tests.chains.till import IDENTITY, Till


@pytest.mark.parametrize("seed", range(3))
def test_every_decision_can_be_made_again_from_the_chain_alone(tmp_path: Path, seed: int) -> None:
    """The book before a record, the request that it names, the programme: the same legs, slip and reasons come out."""
    till = Till(tmp_path / "till.db")
    a_busy_day(till, random.Random(seed))
    chain = till.chain()
    for at, signed in enumerate(chain):
        record = signed.open()
        if record.kind is RecordKind.TRANSACTION:
            made = record.body_as(TransactionBody)
            again = decide(request_of(made), chain[:at])
            posting = posting_of(record)
            assert isinstance(again, Done)
            assert posting is not None
            assert (again.transaction, again.facts, again.reasons) == (posting.transaction, made.slip, made.reasons)
        elif record.kind is RecordKind.DECLINED:
            no = record.body_as(DeclinedBody)
            assert decide(request_declined(no), chain[:at]) == Declined(Decline(no.decline), no.reasons)
    counts = Counter(signed.open().kind for signed in chain)
    assert counts[RecordKind.TRANSACTION] > 20
    assert counts[RecordKind.DECLINED] > 10


def a_busy_day(till: Till, chance: random.Random) -> None:
    for _ in range(80):
        who, amount = chance.choice(MEMBERS), chance.choice(("0.01", "3.33", "99.99", "500.00", "1000.00", "0.00"))
        request = till.load_of(who, amount) if chance.random() < 0.4 else till.charge_of(who, amount)
        if chance.random() < 0.1:
            request = msgspec.structs.replace(request, presented=keyed(who))
        if chance.random() < 0.1:
            request = msgspec.structs.replace(request, presented=swiped(card(1, POINTS_ONLY)))
        till.ask(request)
        if chance.random() < 0.1:
            till.close_day()


def decide(request: Sale | Load, chain: list[SignedRecord]) -> Done | Declined:
    """The use case over the book that the chain up to here proves."""
    last, book = chain[-1].open(), replay(lines(chain)).book
    account = request.presented.card.account
    slices = (Slice(book.lots[key], units) for key, units in book.slices.items() if key.account == account)
    view = BookView(last.ref.next(), IDENTITY.store, last.business_date, tuple(slices))
    return sale(request, view, PROGRAMME) if isinstance(request, Sale) else load(request, view, PROGRAMME)


def request_of(made: TransactionBody) -> Sale | Load:
    slip = made.slip
    presented = PresentedCard(Card(slip.card, made.account, MEMBER), Entry.KEYED if slip.keyed else Entry.SWIPED)
    operation_id = OperationId(made.operation_id)
    if made.kind == "sale":
        return Sale.charge(operation_id, presented, slip.amount, slip.cashier, slip.pos_ref)
    return Load(operation_id, presented, slip.amount, Tender(slip.tender or ""), slip.cashier, slip.pos_ref)


def request_declined(no: DeclinedBody) -> Sale | Load:
    """What card it was, and how it came, is told by the reasons."""
    seen = {reason.rule: reason.seen for reason in no.reasons}
    kind = msgspec.structs.replace(MEMBER, stored_value=bool(seen["stored_value"]))
    entry = Entry.SWIPED if seen.get("card_present", 1) else Entry.KEYED
    presented, operation_id = PresentedCard(Card("", no.account, kind), entry), OperationId(no.operation_id)
    if no.kind == "sale":
        return Sale.charge(operation_id, presented, no.units, "C01")
    return Load(operation_id, presented, no.units, Tender.CASH, "C01")
