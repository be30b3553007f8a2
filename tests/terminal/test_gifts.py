"""What the lead gives is taken once and in its order; what no sale needs goes back to whoever gave it."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.slices import Asset
from offline_queue.doubts import Doubt, Gift, Hearer, check_gift
from protocol.bodies import Given, Revoke, Transfer, Why
from protocol.conversation import Resume
from protocol.records import SignedRecord, encode_body, seal
from terminal.answers import Answer, Outcome, Problem
from terminal.modes import MODES, ONLY_MISSING, ModeName
from terminal.wanting import GoneHome, Held
from tests.chains.company import ALICE, POINTS_TOO
from tests.chains.till import asked
from tests.hq_server.forger import Keeper, part
from tests.terminal.moves import apply, kinds
from tests.terminal.one_store import A, OneStore, given_by, has, taken_by, units_given


@pytest.fixture
def store(tmp_path: Path) -> OneStore:
    """The lead has 400.00 of Alice's, the other till nothing."""
    store = OneStore(tmp_path)
    store.lead.load(ALICE, "400.00")
    return store


def signed_again(
    gift: SignedRecord, key: Ed25519PrivateKey, body: Given | None = None, **changes: object
) -> SignedRecord:
    record = msgspec.structs.replace(gift.open(), **changes)
    return seal(record if body is None else msgspec.structs.replace(record, body=encode_body(body)), key.sign)


def settle(store: OneStore, gift: Gift, amount: str, operation_id: str = "sale-0001") -> Answer:
    request = asked(store.till.charge_of(ALICE, amount, operation_id), store.till.moment())
    answer = store.till.store.settle(gift, request)
    assert isinstance(answer, Answer), answer
    return answer


# Taken once


def test_a_gift_for_a_sale_that_waits_is_taken_in_the_sales_commit(store: OneStore) -> None:
    answer = settle(store, store.lend(150_00), "150.00")
    assert answer.outcome is Outcome.DONE
    assert kinds(store.till)[-2:] == ["taken", "transaction"]
    assert store.has == (250_00, 0)
    store.prove()


def test_what_comes_again_is_taken_once_also_after_a_restart(store: OneStore) -> None:
    gift = store.lend(150_00)
    settle(store, gift, "150.00")
    before = store.till.chain()
    for _ in range(2):
        assert store.take(gift) is None
        store.till.restart()
        assert store.till.store.gifts.has(gift)
    assert (store.till.chain(), store.has) == (before, (250_00, 0))
    again = asked(store.till.charge_of(ALICE, "150.00", "sale-0002"), store.till.moment())
    assert isinstance(store.till.store.settle(gift, again), GoneHome)
    assert (store.till.chain(), store.has) == (before, (250_00, 0))
    store.prove()


def test_where_the_lead_is_to_go_on_is_known_after_a_restart(store: OneStore) -> None:
    gifts, lead = store.till.store.gifts, store.lead.identity.place
    assert gifts.resume(lead, 1) == Resume(1, 0, 0, None)
    gift = store.lend(150_00)
    assert store.take(gift) is None
    store.till.restart()
    gifts, taken = store.till.store.gifts, gift.passage.giver.sequence
    assert gifts.resume(lead, 1) == Resume(1, taken, 0, None)
    assert gifts.resume(lead, 2) == Resume(2, 0, 0, None), "another epoch of the lead's numbers its own records"


def test_a_gift_of_an_earlier_record_than_the_last_that_was_taken_brings_nothing(store: OneStore) -> None:
    """An honest lead gives in order: whoever brings an earlier one brings it again."""
    first, second = store.lend(1_00, "sale-0001"), store.lend(2_00, "sale-0002")
    assert store.take(second) is None
    before = store.till.chain()
    assert store.take(first) is None
    assert store.till.chain() == before
    assert store.till.store.gifts.resume(store.lead.identity.place, 1).directive == second.passage.giver.sequence


# What is no gift to this till


def test_what_the_lead_has_not_signed_is_forged(store: OneStore) -> None:
    gift = store.lend(150_00)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([99]) * 32)
    assert store.seen(signed_again(gift.signed, stranger)) is Doubt.FORGED
    assert store.seen(SignedRecord(gift.signed.content[:-1] + b"\x00", gift.signed.signature)) is Doubt.FORGED
    assert store.seen(signed_again(gift.signed, store.till.key)) is Doubt.FORGED


def test_what_is_another_tills_or_not_the_leads_to_give_is_not_ours(store: OneStore) -> None:
    gift = store.lend(150_00)
    lead, transfer = store.lead.key, gift.passage.transfer
    for to, to_epoch in (("07-3", 1), ("hq", 1), ("07-2", 2)):
        assert store.seen(signed_again(gift.signed, lead, Given(to, to_epoch, transfer))) is Doubt.NOT_OURS
    assert store.seen(signed_again(gift.signed, lead, keeper="07-4")) is Doubt.NOT_OURS
    me = Hearer(store.till.identity.place, 1, lead.public_key())
    assert check_gift(store.lead.chain()[0], me, store.lead.identity.place) is Doubt.NOT_OURS, "it gives nothing"


def test_a_body_of_no_form_is_not_understood(store: OneStore) -> None:
    gift = store.lend(150_00)
    odd = msgspec.structs.replace(gift.signed.open(), body=msgspec.Raw(msgspec.msgpack.encode("all of it")))
    assert store.seen(seal(odd, store.lead.key.sign)) is Doubt.ORDER_UNKNOWN


UNTAKEABLE = {
    "nothing": (),
    "negative units": (part("07-1/1/3", -1),),
    "units beyond any amount": (part("07-1/1/3", 2**62),),
    "a purse that does not exist": (msgspec.structs.replace(part("07-1/1/3", 1), purse="gold"),),
    "a lot that this till has yet to open": (part("07-2/1/6", 1),),
    "other terms of a lot": (msgspec.structs.replace(part("07-2/1/3", 1), expires_on="2030-01-01"),),
}


@pytest.mark.parametrize("parts", UNTAKEABLE.values(), ids=UNTAKEABLE.keys())
def test_what_the_book_refuses_changes_nothing_decides_nothing_and_is_said(
    parts: tuple[object, ...], store: OneStore
) -> None:
    store.till.load(ALICE, "5.00")
    body = msgspec.convert(
        {"why": "draw", "operation_id": "sale-0001", "account": A, "parts": parts, "type": "transfer"}, Transfer
    )
    gift = store.seen(signed_again(store.lend(150_00).signed, store.lead.key, Given("07-2", 1, body)))
    assert isinstance(gift, Gift)
    before = store.till.chain()
    assert store.take(gift) is Doubt.TRANSFER_REFUSED
    request = asked(store.till.charge_of(ALICE, "1.00", "sale-0001"), store.till.moment())
    assert store.till.store.settle(gift, request) is Doubt.TRANSFER_REFUSED
    assert store.till.store.find("sale-0001") is None
    assert (store.till.chain(), has(store.till)) == (before, 5_00)
    assert store.till.store.gifts.resume(store.lead.identity.place, 1).directive == 0
    store.prove()


# What no sale needs goes back to its giver


def test_a_gift_that_comes_too_late_goes_back_at_once_and_the_lead_takes_it(store: OneStore) -> None:
    gift = store.lend(150_00)
    assert store.take(gift) is None
    assert kinds(store.till)[-2:] == ["taken", "given"]
    (back,) = given_by(store.till)
    assert (back.to, back.to_epoch, back.transfer.why) == ("07-1", 1, Why.RETURN)
    assert back.transfer.parts == gift.passage.transfer.parts
    assert store.has == (250_00, 0)
    assert store.copy() is None
    assert store.has == (400_00, 0)
    store.prove()


def test_what_is_given_unasked_stays(store: OneStore) -> None:
    gift = store.lend(150_00)
    transfer = msgspec.structs.replace(gift.passage.transfer, why=Why.GRANT, operation_id="")
    grant = store.seen(signed_again(gift.signed, store.lead.key, Given("07-2", 1, transfer)))
    assert isinstance(grant, Gift)
    assert store.take(grant) is None
    assert has(store.till) == 150_00


def test_a_refused_sale_sends_back_what_it_drew_to_whoever_gave_it(store: OneStore) -> None:
    """It drew money from the lead and from HQ, and in the end it was not enough."""
    hq = store.hq
    hq.funds.add(A, 50_00)
    lent = store.lend(150_00)
    request = asked(store.till.charge_of(ALICE, "600.00", "sale-0001"), store.till.moment())
    held = store.till.store.settle(lent, request, MODES[ModeName.TRANSFER])
    assert isinstance(held, Held)
    request = msgspec.structs.replace(request, drawn=(held.passage,), drawn_for=2 * ((A, Asset.MONEY),))
    answer = store.till.store.settle(hq.transfer(A, 50_00, Why.DRAW, "sale-0001"), request, ONLY_MISSING)
    assert isinstance(answer, Answer)
    assert answer.outcome is Outcome.DECLINED
    assert [(one.to, sum(part.units for part in one.transfer.parts)) for one in given_by(store.till)] == [
        ("07-1", 150_00),
        ("hq", 50_00),
    ]
    assert store.copy() is None
    assert store.has == (400_00, 0)
    hq.hear(store.till.chain())
    assert hq.funds.units(A) == 50_00
    store.prove()


def test_one_lot_that_came_from_both_goes_back_to_each_as_it_came(store: OneStore) -> None:
    hq = store.hq
    lot = hq.funds.add(A, 300_00)
    place = hq.transfer(A, 100_00)
    assert apply(store.till, place) is None
    assert apply(store.lead, store.hq_of_lead.transfer(A, 150_00)) is None

    lent = store.lend(550_00)
    request = asked(store.till.charge_of(ALICE, "900.00", "sale-0001"), store.till.moment())
    held = store.till.store.settle(lent, request, MODES[ModeName.TRANSFER])
    assert isinstance(held, Held)
    request = msgspec.structs.replace(request, drawn=(held.passage,), drawn_for=2 * ((A, Asset.MONEY),))
    answer = store.till.store.settle(hq.transfer(A, 50_00, Why.DRAW, "sale-0001"), request, ONLY_MISSING)
    assert isinstance(answer, Answer)
    assert answer.outcome is Outcome.DECLINED
    assert {one.key.lot: one.units for one in store.till.store.slices(ALICE.account)} == {lot: 100_00}
    assert store.copy() is None
    assert store.has == (550_00, 100_00)
    store.prove()


def test_a_revoked_till_sends_back_what_it_drew_and_sells_nothing(store: OneStore) -> None:
    gift = store.lend(150_00)
    store.order(store.till, Revoke(0))
    request = asked(store.till.charge_of(ALICE, "150.00", "sale-0001"), store.till.moment())
    assert store.till.store.settle(gift, request) is Problem.TILL_REVOKED
    assert store.has == (250_00, 0)
    assert store.copy() is None
    assert store.has == (400_00, 0)
    store.prove()


def test_points_that_come_too_late_go_back_as_points(tmp_path: Path) -> None:
    store = OneStore(tmp_path, POINTS_TOO)
    store.lead.load(ALICE, "400.00")
    store.lead.charge(ALICE, "300.00")
    points = store.draw(70, 70, "sale-0001", Asset.POINTS)
    assert isinstance(points, SignedRecord)
    gift = store.seen(points)
    assert isinstance(gift, Gift)
    assert store.take(gift) is None
    assert units_given(store.till) == 70
    assert store.copy() is None
    assert has(store.lead, Asset.POINTS) == 90
    store.prove()


# Two leads


def test_each_leads_gifts_have_an_order_of_their_own(store: OneStore) -> None:
    first = store.lend(1_00)
    assert store.take(first) is None
    other = Keeper("07-5", seed=45)
    other.open()
    other.load(ALICE.account, 300)
    given = other.give(ALICE.account, part("07-5/1/2", 300), to="07-2")
    gift = check_gift(given, Hearer(store.till.identity.place, 1, other.public_key), other.place)
    assert isinstance(gift, Gift)
    assert gift.passage.giver.sequence < first.passage.giver.sequence
    assert store.take(gift) is None
    assert has(store.till) == 300
    assert store.till.store.gifts.resume(other.place, 1).directive == 3
    assert len(taken_by(store.till)) == 2
    store.prove()
