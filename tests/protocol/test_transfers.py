"""Transfers: who gives what to whom by which record, and what the books of both places make of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.amounts import UNITS_MAX
from ledger.audit import Posting
from ledger.ids import HEADQUARTERS, AccountId, LotId, Place, RecordRef
from ledger.judging import Posted, Refusal, Refused, judge
from ledger.slices import MONEY, Asset, Lot, Part, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side, TransactionKind
from protocol.bodies import (
    Applied,
    Block,
    Directive,
    Enrol,
    Given,
    Order,
    Recall,
    Revoke,
    Taken,
    Transfer,
    TransferPart,
    Unblock,
    Why,
)
from protocol.errors import NotARecord
from protocol.records import (
    FIRST_PREVIOUS,
    Record,
    RecordKind,
    SignedRecord,
    encode_body,
    seal,
)
from protocol.replaying import posting_of
from protocol.transfers import Passage, given_in, giver_of, incoming, outgoing, taken_in, transfer_of
from tests.chains.till import KEY

ALICE = AccountId("435a872421af559bdaa702b6")
TILL, OTHER = Place("07-2"), Place("12-1")
PARTS = (
    TransferPart("principal", "07-2/1/2", "07", "2026-11-22", None, 30_000),
    TransferPart("bonus", "07-2/1/2", "07", "2026-11-22", "2027-11-22", 6_055),
)
LOTS = tuple(
    Lot(SliceKey(ALICE, purse, LotId("07-2/1/2")), "07", "2026-11-22", expires)
    for purse, expires in ((Purse.PRINCIPAL, None), (Purse.BONUS, "2027-11-22"))
)
RETURN = Transfer(Why.RETURN, "", ALICE, PARTS)
DRAWN = Transfer(Why.DRAW, "operation-1", ALICE, PARTS)


def record(kind: RecordKind, body: msgspec.Struct, keeper: Place = TILL, epoch: int = 1, sequence: int = 31) -> Record:
    return Record(
        1, keeper, epoch, sequence, 1_795_320_000_000, "2026-11-22", "transfer", kind, FIRST_PREVIOUS, encode_body(body)
    )


def signed(one: Record) -> SignedRecord:
    return seal(one, KEY.sign)


def directive(order: Order, to: Place = TILL, to_epoch: int = 1, keeper: Place = HEADQUARTERS) -> Record:
    return record(RecordKind.DIRECTIVE, Directive(to, to_epoch, 7, order), keeper, 3, 40)


def gift(to: Place = HEADQUARTERS, to_epoch: int = 3, transfer: Transfer = RETURN) -> Record:
    return record(RecordKind.GIVEN, Given(to, to_epoch, transfer))


def applied(one: Record, keeper: Place = TILL, epoch: int = 1) -> Record:
    return record(RecordKind.APPLIED, Applied(signed(one)), keeper, epoch, 50)


def taken(one: Record, keeper: Place = HEADQUARTERS, epoch: int = 3) -> Record:
    return record(RecordKind.TAKEN, Taken(signed(one)), keeper, epoch, 60)


def posting(one: Record) -> Posting:
    found = posting_of(one)
    assert found is not None
    return found


def nothing_in(*found: object) -> bool:
    return all(one is None for one in found)


def test_a_till_gives_by_a_record_of_its_own_and_hq_takes_by_one_that_holds_it() -> None:
    given_away = gift()
    passage = Passage(RecordRef(TILL, 1, 31), "hq", 3, RETURN)
    assert given_in(given_away) == taken_in(taken(given_away)) == passage
    assert giver_of(taken(given_away)) == signed(given_away)
    assert nothing_in(giver_of(given_away), taken_in(given_away))


def test_hq_gives_by_a_directive_and_the_till_takes_by_applying_it() -> None:
    order = directive(DRAWN)
    passage = Passage(RecordRef(HEADQUARTERS, 3, 40), TILL, 1, DRAWN)
    assert given_in(order) == taken_in(applied(order)) == passage
    assert giver_of(applied(order)) == signed(order)


def test_what_leaves_the_giver_is_what_arrives_at_the_taker_to_the_cent_and_the_day() -> None:
    order = directive(DRAWN)
    out, arrived = posting(order), posting(applied(order))
    assert (out.ref, arrived.ref) == (RecordRef(HEADQUARTERS, 3, 40), RecordRef(TILL, 1, 50))
    assert out.receipt is arrived.receipt is None
    assert out.transaction.kind is TransactionKind.TRANSFER_OUT
    assert arrived.transaction.kind is TransactionKind.TRANSFER_IN
    assert (out.transaction.operation_id, arrived.transaction.operation_id) == ("given/hq/3/40", "taken/hq/3/40")
    assert out.transaction.carries == arrived.transaction.carries == LOTS
    principal, bonus = (lot.key for lot in LOTS)
    assert out.transaction.legs == (
        *(Leg(*principal, Side.HELD, -30_000), Leg(*principal, Side.IN_TRANSIT, 30_000)),
        *(Leg(*bonus, Side.HELD, -6_055), Leg(*bonus, Side.IN_TRANSIT, 6_055)),
    )
    assert arrived.transaction.legs == (
        *(Leg(*principal, Side.IN_TRANSIT, -30_000), Leg(*principal, Side.HELD, 30_000)),
        *(Leg(*bonus, Side.IN_TRANSIT, -6_055), Leg(*bonus, Side.HELD, 6_055)),
    )
    assert not out.transaction.opens
    assert not arrived.transaction.opens


@pytest.mark.parametrize(
    "order",
    [
        Enrol(bytes(32)),
        Revoke(5),
        Recall(ALICE, Asset.MONEY, 0),
        Block(("c" * 24,)),
        Unblock(("c" * 24,)),
    ],
)
def test_another_order_gives_nothing_and_applying_it_takes_nothing(order: Order) -> None:
    told = directive(order)
    assert nothing_in(given_in(told), giver_of(applied(told)), taken_in(applied(told)))
    assert nothing_in(posting_of(told), posting_of(applied(told)))


def test_a_directive_in_a_tills_chain_gives_nothing_and_cannot_be_taken() -> None:
    """Only HQ tells anybody anything; a till that plays HQ would give what lies elsewhere."""
    forged = directive(DRAWN, to=OTHER, keeper=TILL)
    assert nothing_in(given_in(forged), posting_of(forged))
    assert nothing_in(giver_of(applied(forged, OTHER)), posting_of(applied(forged, OTHER)))
    with pytest.raises(NotARecord):
        posting_of(taken(forged, OTHER, 1))


def test_what_hq_gives_is_taken_by_applying_it_and_in_no_other_way() -> None:
    """As a TAKEN, it would be had without its number, past the directives before it."""
    with pytest.raises(NotARecord):
        posting_of(taken(directive(DRAWN), TILL, 1))
    with pytest.raises(NotARecord):
        posting_of(applied(gift(OTHER, 1), OTHER))


@pytest.mark.parametrize("kind", sorted(set(RecordKind) - {RecordKind.GIVEN, RecordKind.DIRECTIVE}))
def test_no_other_record_gives_anything_or_can_be_taken(kind: RecordKind) -> None:
    odd = record(kind, Given("hq", 3, RETURN))
    assert given_in(odd) is None
    with pytest.raises(NotARecord):
        taken_in(taken(odd))


@pytest.mark.parametrize(
    ("to", "to_epoch"), [(OTHER, 1), (TILL, 2), (TILL, 0), (HEADQUARTERS, 1), (Place("07-20"), 1), (Place("nobody"), 1)]
)
def test_nobody_takes_what_was_given_to_another_place_or_epoch(to: Place, to_epoch: int) -> None:
    for one in (applied(directive(DRAWN, to, to_epoch)), taken(gift(to, to_epoch), TILL, 1)):
        assert giver_of(one) is not None
        with pytest.raises(NotARecord, match=f"given to {to}/{to_epoch}"):
            taken_in(one)
        with pytest.raises(NotARecord):
            posting_of(one)


def test_hq_takes_in_a_later_epoch_of_its_own_what_was_given_to_an_earlier_one_and_never_before() -> None:
    assert taken_in(taken(gift(to_epoch=3), epoch=3)) == taken_in(taken(gift(to_epoch=3), epoch=9))
    with pytest.raises(NotARecord):
        taken_in(taken(gift(to_epoch=3), epoch=2))


def test_a_tills_successor_does_not_take_what_was_given_to_the_lost_one() -> None:
    with pytest.raises(NotARecord):
        taken_in(applied(directive(DRAWN, TILL, 1), TILL, 2))


def changed(part: dict[str, Any], **transfer: object) -> Record:
    plain: dict[str, Any] = msgspec.to_builtins(Given("hq", 3, RETURN))
    first, *others = plain["transfer"]["parts"]
    plain["transfer"] |= {"parts": [first | part, *others]} | transfer
    return msgspec.structs.replace(gift(), body=msgspec.Raw(msgspec.msgpack.encode(plain)))


@pytest.mark.parametrize(
    "part",
    [
        {"purse": "gold"},
        {"purse": ""},
        {"purse": None},
        {"lot": ""},
        {"lot": "07-2/1"},
        {"lot": "07-2/01/2"},
        {"lot": "07-2/1/2\n"},
        {"store": ""},
        {"store": "07-2"},
        {"store": "0" * 9},
        {"store": "七"},
        {"opened_on": "yesterday"},
        {"opened_on": "2026-11-22 "},
        {"opened_on": None},
        {"expires_on": "never"},
        {"expires_on": ""},
        {"expires_on": "9999-12-310"},
        {"units": "5"},
        {"units": 5.5},
        {"units": None},
    ],
)
def test_a_part_that_makes_no_sense_makes_no_record(part: dict[str, object]) -> None:
    for one in (changed(part), taken(changed(part))):
        with pytest.raises(NotARecord):
            posting_of(one)


@pytest.mark.parametrize(
    "transfer", [{"account": ""}, {"account": "a" * 65}, {"why": "theft"}, {"operation_id": 5}, {"parts": [5]}]
)
def test_a_transfer_that_makes_no_sense_makes_no_record(transfer: dict[str, object]) -> None:
    with pytest.raises(NotARecord):
        posting_of(changed({}, **transfer))


HELD = {lot.key: 50_000 for lot in LOTS}
KNOWN = {lot.key: lot for lot in LOTS}


@pytest.mark.parametrize("units", [0, -1, -30_000, UNITS_MAX + 1, 2**63, 2**64 - 1, -(2**63)])
def test_units_that_no_transfer_can_have_are_refused_by_both_books(units: int) -> None:
    odd = changed({"units": units})
    reason = Refusal.WRONG_SIDE if -UNITS_MAX <= units < 0 else Refusal.UNITS_OUT_OF_RANGE
    for one in (odd, taken(odd)):
        assert judge(posting(one).transaction, HELD, KNOWN) == Refused(reason)


def test_a_part_that_is_named_twice_is_refused_by_both_books() -> None:
    """Two parts of one slice would each be there, and their sum not."""
    twice = gift(transfer=msgspec.structs.replace(RETURN, parts=(PARTS[0], PARTS[0])))
    for one in (twice, taken(twice)):
        assert judge(posting(one).transaction, HELD, KNOWN) == Refused(Refusal.LEG_REPEATED)


def test_a_transfer_of_nothing_is_refused_by_both_books() -> None:
    nothing = gift(transfer=msgspec.structs.replace(RETURN, parts=()))
    for one in (nothing, taken(nothing)):
        assert judge(posting(one).transaction, HELD, KNOWN) == Refused(Refusal.NO_LEGS)


def test_more_than_there_is_does_not_leave() -> None:
    made = posting(changed({"units": 50_001})).transaction
    assert judge(made, HELD, KNOWN) == Refused(Refusal.BELOW_ZERO)
    assert judge(outgoing(given_or_fail(gift())), HELD, KNOWN) == Posted({LOTS[0].key: 20_000, LOTS[1].key: 43_945})


def given_or_fail(one: Record) -> Passage:
    passage = given_in(one)
    assert passage is not None
    return passage


def test_a_transfer_is_made_of_slices_and_moves_one_members_value_only() -> None:
    parts = [Part(Slice(lot, 70_000), units) for lot, units in zip(LOTS, (30_000, 6_055), strict=True)]
    assert transfer_of(Why.RETURN, "", ALICE, parts) == RETURN
    with pytest.raises(AssertionError):
        transfer_of(Why.RETURN, "", AccountId("bob"), parts)


@pytest.mark.parametrize("body", [{"to": "07-2"}, b"", 5, None, {"directive": [b"", b""]}, {"given": [b"", b""]}])
def test_a_body_of_another_form_is_no_transfer(body: object) -> None:
    raw = msgspec.Raw(msgspec.msgpack.encode(body))
    for kind in (RecordKind.GIVEN, RecordKind.TAKEN, RecordKind.APPLIED):
        with pytest.raises(NotARecord):
            posting_of(msgspec.structs.replace(record(kind, RETURN), body=raw))
    with pytest.raises(NotARecord):
        posting_of(msgspec.structs.replace(directive(DRAWN), body=raw))


CONTENTS = [signed(one).content for one in (gift(), taken(gift()), directive(DRAWN), applied(directive(DRAWN)))]


@given(st.sampled_from(CONTENTS), st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=4))
def test_whatever_bytes_come_they_move_what_a_book_can_judge_or_they_are_no_record(
    content: bytes, changes: list[tuple[int, int]]
) -> None:
    touched = bytearray(content)
    for where, byte in changes:
        touched[where % len(touched)] = byte
    try:
        found = posting_of(SignedRecord(bytes(touched), bytes(64)).open())
    except NotARecord:
        return
    if found is not None:
        judge(found.transaction, HELD, KNOWN)
        assert found.transaction.kind.is_transfer


@given(
    st.lists(
        st.tuples(
            st.sampled_from((*MONEY, Purse.POINTS)), st.integers(1, 50), st.integers(1, UNITS_MAX), st.booleans()
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda part: part[:2],
    )
)
def test_whatever_leaves_one_book_the_other_takes_in_full(parts: list[tuple[Purse, int, int, bool]]) -> None:
    slices = [
        Slice(
            Lot(SliceKey(ALICE, purse, LotId(f"07-2/1/{lot}")), "07", "2026-11-22", "2027-11-22" if expires else None),
            units,
        )
        for purse, lot, units, expires in parts
    ]
    transfer = transfer_of(Why.GRANT, "", ALICE, [Part(one, one.units) for one in slices])
    passage = Passage(RecordRef(HEADQUARTERS, 1, 9), TILL, 1, transfer)
    held, known = {one.key: one.units for one in slices}, {one.key: one.lot for one in slices}
    assert judge(outgoing(passage), held, known) == Posted(dict.fromkeys(held, 0))
    assert judge(incoming(passage), {}, {}) == Posted(held)
