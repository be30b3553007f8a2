"""Every yes and no can be made again: from the chain alone, with the same reasons and the same legs."""

import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from checkout.requests import BookView, Entry, Load, Original, PresentedCard, Sale, Tender, Undo
from checkout.results import Decline, Declined, Done
from checkout.sold import Paid, PaidWith
from ledger.audit import replay
from ledger.cards import Card
from ledger.ids import AccountId, OperationId
from ledger.slices import Slice
from loyalty.evaluation import Item
from protocol.bodies import DeclinedBody, TransactionBody
from protocol.originals import original_of
from protocol.records import Record, RecordKind, SignedRecord
from protocol.replaying import lines, posting_of
from tests.chains.company import MEMBER, MEMBERS, POINTS_ONLY, POINTS_TOO, card, keyed, swiped
from tests.chains.till import DAY_MS, IDENTITY, USE_CASES, Request, Till, Void

STRANGER = card(1, POINTS_ONLY)


THOROUGHLY = [pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 20)]


@pytest.mark.parametrize("seed", [0, *THOROUGHLY])
def test_every_decision_can_be_made_again_from_the_chain_alone(tmp_path: Path, seed: int) -> None:
    """The book before a record, the request that it names, the programme: the same legs, slip and reasons come out."""
    till = Till(tmp_path / "till.db", programme=POINTS_TOO)
    a_busy_day(till, random.Random(seed))
    chain = till.chain()
    kinds: Counter[str] = Counter()
    for at, signed in enumerate(chain):
        record = signed.open()
        if record.kind is RecordKind.TRANSACTION:
            made = record.body_as(TransactionBody)
            again = decide(request_of(made), chain[:at])
            posting = posting_of(record)
            assert isinstance(again, Done)
            assert posting is not None
            assert (again.transaction, again.facts, again.reasons) == (posting.transaction, made.slip, made.reasons)
            assert (again.sold, again.undone) == (made.sold, made.undone)
            kinds[made.kind] += 1
        elif record.kind is RecordKind.DECLINED:
            no = record.body_as(DeclinedBody)
            assert decide(request_declined(no), chain[:at]) == Declined(Decline(no.decline), no.reasons)
            kinds[f"no {no.kind}"] += 1
    assert min(kinds[kind] for kind in ("sale", "load", "refund", "void", "no sale", "no refund", "no void")) > 1, kinds


def a_busy_day(till: Till, chance: random.Random) -> None:
    for _ in range(250):
        request = some_request(till, chance)
        if chance.random() < 0.1 and not isinstance(request, Undo):
            presented = chance.choice((keyed(request.presented.card), swiped(STRANGER)))
            request = msgspec.structs.replace(request, presented=presented)
        till.ask(request)
        if chance.random() < 0.05:
            till.close_day()
            till.now_ms += DAY_MS


def some_request(till: Till, chance: random.Random) -> Request:
    who, luck = chance.choice(MEMBERS), chance.random()
    slips = sum(signed.open().kind is RecordKind.TRANSACTION for signed in till.chain())
    receipt = f"07-2-{max(slips - chance.randrange(4), 0):06}"
    if luck < 0.25:
        return till.load_of(who, chance.choice(("0.01", "500.00", "1000.00")))
    if luck < 0.6:
        return some_sale(till, who, chance)
    if luck < 0.85:
        return till.refund_of(receipt, chance.choice((1, 33, 333, 9_999)))
    return till.void_of(receipt)


def some_sale(till: Till, who: Card, chance: random.Random) -> Sale:
    items = tuple(
        Item(name, chance.choice((0, 1, 333, 9_999, 50_000)), group=chance.choice(("", "tobacco")), clerk="K7")
        for name in ("tea", "pen", "rice")[: chance.randrange(1, 4)]
    )
    left = sum(item.units for item in items)
    paid: list[Paid] = []
    for tender in chance.sample(list(PaidWith), chance.randrange(1, 4)):
        units = chance.randrange(left + 1) if chance.random() < 0.8 else left
        paid += [Paid(tender, units)] if units else []
        left -= units
    return till.sale_of(who, items, *paid, *([Paid(PaidWith.CASH, left)] if left and chance.random() < 0.9 else []))


def decide(request: Request, chain: list[SignedRecord]) -> Done | Declined:
    """The use case over the book that the chain up to here proves."""
    last, book = chain[-1].open(), replay(lines(chain)).book
    original = original_in(chain, request.receipt_number) if isinstance(request, Undo) else None
    account = original.account if original else AccountId("")
    if not isinstance(request, Undo):
        account = request.presented.card.account
    slices = (Slice(book.lots[key], units) for key, units in book.slices.items() if key.account == account)
    view = BookView(last.ref.next(), IDENTITY.store, last.business_date, tuple(slices), original=original)
    return USE_CASES[type(request)](request, view, POINTS_TOO)


def original_in(chain: list[SignedRecord], receipt_number: str) -> Original | None:
    moved = [record for signed in chain if (record := signed.open()).kind is RecordKind.TRANSACTION]
    made = [one for one in moved if one.body_as(TransactionBody).receipt_number == receipt_number]
    return original_of(made[0], [one for one in moved if undoes(one, made[0])]) if made else None


def undoes(later: Record, original: Record) -> bool:
    undone = later.body_as(TransactionBody).undone
    return undone is not None and undone.original == str(original.ref)


def request_of(made: TransactionBody) -> Request:
    slip, operation_id = made.slip, OperationId(made.operation_id)
    if made.undone is not None:
        undo = Void if made.kind == "void" else Undo
        return undo(operation_id, slip.original or "", made.undone.units, slip.cashier, slip.pos_ref)
    kind = POINTS_ONLY if made.account == STRANGER.account else MEMBER
    presented = PresentedCard(Card(slip.card, made.account, kind), Entry.KEYED if slip.keyed else Entry.SWIPED)
    if made.sold is not None:
        return Sale(operation_id, presented, made.sold.items, made.sold.paid, slip.cashier, slip.pos_ref)
    return Load(operation_id, presented, slip.amount, Tender(slip.tender or ""), slip.cashier, slip.pos_ref)


def request_declined(no: DeclinedBody) -> Request:
    """How the card came is told by the record; what it may do, by its number, which the test knows."""
    operation_id = OperationId(no.operation_id)
    if no.original is not None:
        return (Void if no.kind == "void" else Undo)(operation_id, no.original, no.units, no.cashier)
    kind = POINTS_ONLY if no.account == STRANGER.account else MEMBER
    presented = PresentedCard(Card("", no.account, kind), Entry(no.entry))
    if no.sold is not None:
        return Sale(operation_id, presented, no.sold.items, no.sold.paid, no.cashier)
    return Load(operation_id, presented, no.units, Tender.CASH, no.cashier)
