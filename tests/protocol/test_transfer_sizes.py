"""What carries value, or a right, has bounds, so that whoever takes it can always sign the record that says so."""

import msgspec
import pytest

from checkout.sold import Paid, PaidWith
from ledger.amounts import UNITS_MAX
from ledger.ids import HEADQUARTERS, AccountId, LotId, Place
from ledger.slices import Purse
from ledger.transactions import Leg, Side
from loyalty.programme import PARTS_MAX
from protocol.bodies import (
    BLOCKED_CARDS_MAX,
    DIRECTIVE_BYTES_MAX,
    GIVEN_BYTES_MAX,
    RELAYED_BYTES_MAX,
    Applied,
    Block,
    Directive,
    Given,
    Order,
    Taken,
    Transfer,
    TransferPart,
    Unblock,
    Why,
)
from protocol.errors import NotARecord
from protocol.records import FIRST_PREVIOUS, RECORD_BYTES_MAX, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.replaying import posting_of
from protocol.rights import RIGHT_LOTS_MAX, Entrust, LotTerms, Right, RightGiven
from protocol.transfers import given_in, taken_in
from tests.chains.till import KEY

ALICE, TILL = "435a872421af559bdaa702b6", Place("ABCDEFGH-1234")
PART = TransferPart("principal", "07-2/1/2", "07", "2026-11-22", None, 30_000)


def record(kind: RecordKind, body: msgspec.Struct, keeper: Place) -> Record:
    """Of a keeper whose name and numbers are as long as they may be."""
    numbers = 2**63 - 1, 2**63 - 1, 2**63 - 1
    return Record(1, keeper, *numbers, "2026-11-22", "proxy_run", kind, FIRST_PREVIOUS, encode_body(body))


def signed(one: Record) -> SignedRecord:
    return seal(one, KEY.sign)


def directive(order: Order) -> Record:
    return record(RecordKind.DIRECTIVE, Directive(TILL, 2**63 - 1, 2**63 - 1, order), HEADQUARTERS)


def gift(transfer: Transfer) -> Record:
    return record(RecordKind.GIVEN, Given("hq", 2**63 - 1, transfer), TILL)


def applied(one: Record) -> Record:
    return record(RecordKind.APPLIED, Applied(signed(one)), TILL)


def taken(one: Record) -> Record:
    return record(RecordKind.TAKEN, Taken(signed(one)), HEADQUARTERS)


LONGEST = TransferPart(
    "principal", f"ABCDEFGH-1234/{10**17}/{10**17}", "ABCDEFGH", "2026-11-22", "2027-11-22", UNITS_MAX
)


def of_longest_parts(count: int) -> Transfer:
    return Transfer(Why.RETURN, "o" * 64, "a" * 64, (LONGEST,) * count)


def test_as_many_parts_as_a_transfer_may_have_fit_in_all_records_that_carry_it() -> None:
    transfer = of_longest_parts(PARTS_MAX)
    order, given_away = directive(transfer), gift(transfer)
    assert len(signed(order).content) <= DIRECTIVE_BYTES_MAX
    assert len(signed(given_away).content) <= GIVEN_BYTES_MAX
    assert taken_in(signed(applied(order)).open()) is not None
    assert taken_in(signed(taken(given_away)).open()) is not None


def test_what_a_till_gives_is_a_record_that_hq_can_hold_in_its_own_or_it_is_none() -> None:
    """Else one till could sign what makes HQ's next record too large, and stop it for all."""
    held = refused = 0
    for parts in range(350, 450):
        huge = gift(of_longest_parts(parts))
        size = len(msgspec.msgpack.encode(huge))
        if size <= GIVEN_BYTES_MAX:
            assert len(signed(taken(huge)).content) <= RECORD_BYTES_MAX
            held += 1
        elif size <= RECORD_BYTES_MAX:
            with pytest.raises(NotARecord):
                given_in(huge)
            refused += 1
    assert held
    assert refused


@pytest.mark.parametrize("where", ["mode", "business_date", "operation_id"])
def test_nothing_in_a_givers_record_is_so_long_that_its_taker_cannot_sign(where: str) -> None:
    for length in (RECORD_BYTES_MAX - 1_200, RECORD_BYTES_MAX - 600):
        text = "x" * length
        one = gift(Transfer(Why.RETURN, text if where == "operation_id" else "", ALICE, (PART,)))
        one = one if where == "operation_id" else msgspec.structs.replace(one, **{where: text})
        assert len(signed(one).content) <= RECORD_BYTES_MAX
        with pytest.raises(NotARecord):
            posting_of(one)


def test_a_right_of_as_many_lots_as_it_may_have_fits_in_all_records_that_carry_it() -> None:
    terms = LotTerms(LONGEST.purse, LONGEST.lot, LONGEST.store, LONGEST.opened_on, LONGEST.expires_on)
    spent, issued = (Leg(AccountId("a" * 64), Purse.PRINCIPAL, LotId(LONGEST.lot), side, -UNITS_MAX)
                     for side in (Side.SPENT, Side.ISSUED))  # fmt: skip
    right = Right(
        *(LONGEST.lot, "r" * 64, "2026-11-22", "a" * 64, "c" * 64, UNITS_MAX),
        tuple(Paid(tender, UNITS_MAX, UNITS_MAX) for tender in PaidWith),
        (spent,) * RIGHT_LOTS_MAX,
        (issued,) * RIGHT_LOTS_MAX,
        (terms,) * RIGHT_LOTS_MAX,
        UNITS_MAX,
    )
    given = record(RecordKind.RIGHT_GIVEN, RightGiven(right), TILL)
    assert len(signed(given).content) <= RELAYED_BYTES_MAX
    order = directive(Entrust("o" * 64, KEY.public_key().public_bytes_raw(), signed(given)))
    assert len(signed(order).content) <= DIRECTIVE_BYTES_MAX
    assert len(signed(applied(order)).content) <= RECORD_BYTES_MAX


def test_a_directive_has_room_for_as_many_cards_as_it_may_block() -> None:
    for order in (Block(("c" * 24,) * BLOCKED_CARDS_MAX), Unblock(("c" * 24,) * BLOCKED_CARDS_MAX)):
        assert len(signed(directive(order)).content) <= DIRECTIVE_BYTES_MAX
