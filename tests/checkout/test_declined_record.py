"""What a decline leaves behind: who asked, how the card came, with which sale, and why the answer was no."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from checkout.requests import Entry, Load, PresentedCard, Sale, Tender
from ledger.ids import OperationId
from protocol.bodies import DeclinedBody
from protocol.records import RecordKind
from tests.chains.company import ALICE
from tests.chains.till import Till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    till = Till(tmp_path / "till.db")
    yield till
    till.store.close()


def declined(till: Till) -> DeclinedBody:
    record = till.chain()[-1].open()
    assert record.kind is RecordKind.DECLINED
    return record.body_as(DeclinedBody)


@pytest.mark.parametrize("entry", Entry)
def test_a_declined_charge_says_who_asked_and_how_the_card_came(till: Till, entry: Entry) -> None:
    till.ask(Sale.charge(OperationId("operation-1"), PresentedCard(ALICE, entry), 5_000, "C07", "20261122-0815"))
    body = declined(till)
    assert (body.kind, body.operation_id, body.account, body.units) == ("sale", "operation-1", ALICE.account, 5_000)
    assert (body.entry, body.cashier, body.pos_ref) == (entry, "C07", "20261122-0815")
    assert body.decline == ("not_enough_here" if entry is Entry.SWIPED else "swipe_needed")
    assert body.reasons[-1].rule == ("spendable_here" if entry is Entry.SWIPED else "card_present")


def test_a_declined_load_without_a_pos_has_no_sale_of_its(till: Till) -> None:
    till.ask(Load(OperationId("operation-1"), PresentedCard(ALICE, Entry.KEYED), 50, Tender.CASH, "C07"))
    body = declined(till)
    assert (body.kind, body.entry, body.cashier, body.pos_ref) == ("load", "keyed", "C07", None)
    assert body.decline == "below_load_minimum"


def test_no_field_of_a_decline_has_a_card_number(till: Till) -> None:
    till.ask(Sale.charge(OperationId("operation-1"), PresentedCard(ALICE, Entry.SWIPED), 5_000, "C07"))
    assert b"6222" not in msgspec.msgpack.encode(declined(till))
