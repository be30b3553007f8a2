"""What a hosted store's till says to have heard: its place at HQ has signed it, and it answers what was asked."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from checkout.slip_facts import SlipFacts
from offline_queue.auditing.findings import Sort
from protocol.bodies import NewEpoch, TransactionBody
from protocol.hosting import ToldBody
from protocol.records import RecordKind, SignedRecord, seal
from tests.audit.by_hand import ref
from tests.audit.halves import STRANGER
from tests.audit.hosted_by_hand import Shop, at, changed

OPERATION = "operation-1"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_an_answer_to_an_earlier_try_under_the_same_number_of_the_pos_is_one(shop: Shop) -> None:
    sale = shop.sell(OPERATION, asked=shop.ask(OPERATION, pos_ref="T-77"))
    asked = shop.ask("operation-2", pos_ref="T-77")
    sale = shop.sell("operation-2", asked=asked, slip=slip_of(sale, "T-77"))
    shop.ask("operation-3", pos_ref="T-77")
    told = shop.told("operation-3", sale)
    assert shop.found() == []
    shop.ask("operation-4", pos_ref="T-78")
    other = shop.told("operation-4", sale)
    assert shop.found() == [no_answer(shop, other, sale)]
    assert at(told) != at(other)


def slip_of(sale: SignedRecord, pos_ref: str) -> SlipFacts:
    return replace(sale.open().body_as(TransactionBody).slip, pos_ref=pos_ref)


def no_answer(shop: Shop, told: SignedRecord, quoted: SignedRecord) -> tuple[str, str, str]:
    asked = shop.agent.outbox.record(ref(told).sequence - 1)
    assert asked is not None
    what = f"the record {at(quoted)} that it quotes is no answer to {at(asked)}"
    return Sort.WRONG_TOLD, at(told), what


def test_what_a_till_heard_of_another_place_is_named(shop: Shop) -> None:
    shop.ask(OPERATION)
    told = shop.told(OPERATION, shop.company.a.load(40))
    what = "the record 07-2/1/3 that it quotes is not of 05-1@hq, its place at HQ"
    assert (Sort.WRONG_TOLD, at(told), what) in shop.found(shop.agent)


def test_what_a_till_heard_and_its_place_did_not_sign_is_named(shop: Shop) -> None:
    sale = shop.sell(OPERATION)
    told = shop.told(OPERATION, changed(sale, STRANGER))
    named = (Sort.WRONG_TOLD, at(told), f"the record {at(sale)} that it quotes is not signed by 05-1@hq")
    assert named in shop.found(shop.agent, shop.company.hq)
    assert shop.found(shop.agent) == [], "without HQ's word nobody knows the key"
    assert shop.notes(shop.agent)[0].endswith(
        "the key of 05-1@hq/1 is not known: what it asked or told was not checked by its signature."
    )


def test_what_a_till_heard_and_its_place_has_otherwise_is_named(shop: Shop) -> None:
    """The place's key signed both: the till has printed one, and HQ has booked the other."""
    sale = shop.sell(OPERATION)
    told = shop.told(OPERATION, changed(sale, shop.host.key, software="0.2.0"))
    shop.send()
    named = (Sort.WRONG_TOLD, at(told), f"what it quotes as {at(sale)} is not what its keeper's chain has there")
    for keepers in ((shop.company.hq,), (shop.agent, shop.host)):
        assert shop.found(*keepers) == [named]


def test_what_a_till_heard_and_its_place_does_not_have_at_all_is_named(shop: Shop) -> None:
    sale = shop.sell(OPERATION)
    record = sale.open()
    later = seal(replace(record, sequence=record.sequence + 7), shop.host.key.sign)
    told = shop.told(OPERATION, later)
    what = f"the record {at(later)} that it quotes is not in its keeper's chain"
    assert (Sort.WRONG_TOLD, at(told), what) in shop.found(shop.agent, shop.host)


def test_an_answer_to_what_the_till_never_asked_is_named(shop: Shop) -> None:
    told = shop.told(OPERATION, shop.sell(OPERATION, asked=False))
    shop.ask(OPERATION)
    what = f"no earlier record of this chain asks for operation {OPERATION}"
    assert (Sort.WRONG_TOLD, at(told), what) in shop.found(shop.agent)


@pytest.mark.parametrize("kind", ["another operation", "another kind", "no outcome"])
def test_what_is_no_answer_to_what_was_asked_is_named(shop: Shop, kind: str) -> None:
    other = shop.sell("operation-2")
    quoted = {
        "another operation": other,
        "another kind": shop.decline(OPERATION, "refund"),
        "no outcome": next(iter(shop.host.outbox.records(0))),
    }[kind]
    shop.ask(OPERATION)
    told = shop.told(OPERATION, quoted)
    assert no_answer(shop, told, quoted) in shop.found(shop.agent)


def test_a_body_that_nobody_can_read_is_named(shop: Shop) -> None:
    asked = shop.agent.sign(RecordKind.ASKED, NewEpoch())
    told = shop.agent.sign(RecordKind.TOLD, NewEpoch())
    assert [(sort, where) for sort, where, _ in shop.found(shop.agent)] == [
        (Sort.RULE_BROKEN, at(asked)),
        (Sort.RULE_BROKEN, at(told)),
    ]
    garbage = shop.agent.sign(RecordKind.TOLD, ToldBody(OPERATION, SignedRecord(b"garbage", bytes(64))))
    assert (Sort.WRONG_TOLD, at(garbage), "what it quotes is not a record") in shop.found(shop.agent)
