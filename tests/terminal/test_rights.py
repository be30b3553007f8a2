"""The right to undo a sale leaves the till that sold, comes to another, and goes back: one may undo at any time."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from checkout.requests import Sale, Undo
from checkout.sold import Paid, PaidWith
from ledger.slices import Purse
from loyalty.programme import FloorLimit
from offline_queue.doubts import Doubt
from protocol.bodies import NewEpoch, TransactionBody
from protocol.conversation import NoDraw, NotDrawn
from protocol.records import Record, RecordKind, SignedRecord, encode_body, seal
from protocol.rights import Entrust, GiveRight, Right, RightGiven
from terminal import originals
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import Identity
from tests.chains.company import ALICE, BOB, POINTS_TOO, swiped, units
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import KEY, Till, asked, done

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([77]) * 32)
OTHER = Identity("12", "1", OTHER_KEY.public_key().public_bytes_raw(), "0.1.0")
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)
UNKNOWN = NotDrawn("operation-x", NoDraw.UNKNOWN, (), 1)


class TwoTills:
    """07-2, which has sold to Alice for 100.00 of 300.00 + bonus, and 12-1; HQ orders both by hand."""

    def __init__(self, folder: Path) -> None:
        self.seller = Till(folder / "seller.db", programme=POINTS_TOO)
        self.other = Till(folder / "other.db", identity=OTHER, key=OTHER_KEY, programme=POINTS_TOO)
        self.hqs = {id(self.seller): Headquarters(), id(self.other): Headquarters(OTHER)}
        self.seller.load(ALICE, "300.00")
        for till in (self.seller, self.other):
            self.order(till, NewEpoch())
        sold = self.seller.charge(ALICE, "100.00")
        assert sold.receipt_number is not None
        self.slip, self.record = sold.receipt_number, sold.record

    def order(self, till: Till, order: GiveRight | Entrust | NewEpoch) -> Doubt | None:
        return till.store.hq.apply(self.hqs[id(till)].give(order), till.moment())

    def call(self, till: Till) -> SignedRecord | None:
        """HQ calls the right home; what the till gives, if anything."""
        before = len(till.chain())
        assert self.order(till, GiveRight(self.record)) is None
        given = [one for one in till.chain()[before:] if one.open().kind is RecordKind.RIGHT_GIVEN]
        return given[0] if given else None

    def entrust(self, till: Till, given: SignedRecord | None, key: bytes = b"") -> Doubt | None:
        assert given is not None, "there is a right to entrust"
        keys = {one.identity.place: one.identity.public_key for one in (self.seller, self.other)}
        return self.order(till, Entrust("operation-x", key or keys[given.open().keeper], given))

    def move(self, giver: Till, taker: Till) -> None:
        assert self.entrust(taker, self.call(giver)) is None

    def refund(self, till: Till, amount: str) -> Answer:
        return done(till.ask(till.refund_of(self.slip, units(amount))))

    def declined(self, till: Till, amount: str, told: NotDrawn | None = None) -> str | None:
        answer = till.store.perform(asked(till.refund_of(self.slip, units(amount)), till.moment()), told)
        assert isinstance(answer, Answer)
        assert answer.outcome is Outcome.DECLINED
        return answer.decline

    def prove(self) -> None:
        for till in (self.seller, self.other):
            till.restart()
            prove(till.store)


@pytest.fixture
def tills(tmp_path: Path) -> TwoTills:
    return TwoTills(tmp_path)


def right_in(given: SignedRecord | None) -> Right:
    assert given is not None
    return given.open().body_as(RightGiven).right


def has(till: Till) -> dict[str, int]:
    return {one.key.lot: one.units for one in till.store.slices(ALICE.account) if one.key.purse is Purse.PRINCIPAL}


def test_a_right_says_what_is_left_of_its_sale(tills: TwoTills) -> None:
    tills.refund(tills.seller, "30.00")
    right = right_in(tills.call(tills.seller))
    assert (right.record, right.receipt_number, right.account) == (tills.record, tills.slip, ALICE.account)
    assert (right.total, right.moves) == (100_00, 1)
    assert right.paid == (Paid(PaidWith.STORED_VALUE, 70_00),)
    assert [(leg.purse, leg.units) for leg in right.spent] == [("principal", 70_00)]
    terms = {(lot.purse, lot.lot, lot.store) for lot in right.lots}
    assert terms == {("principal", "07-2/1/2", "07"), ("points", tills.record, "07")}


def test_who_has_the_right_gives_back_in_the_lots_that_had_paid(tills: TwoTills) -> None:
    tills.move(tills.seller, tills.other)
    back = tills.refund(tills.other, "60.00")
    assert (back.original, back.principal, back.points_owed > 0) == (tills.slip, 60_00, True)
    assert has(tills.other) == {"07-2/1/2": 60_00}
    [body] = [one.open().body_as(TransactionBody) for one in tills.other.chain()[-1:]]
    assert {lot.lot for lot in body.carries} == {leg.lot for leg in body.legs}
    tills.refund(tills.other, "40.00")
    assert tills.declined(tills.other, "1.00") == "more_than_left"
    tills.prove()


def test_who_gave_it_undoes_nothing_more_until_it_comes_back(tills: TwoTills) -> None:
    tills.refund(tills.seller, "10.00")
    tills.move(tills.seller, tills.other)
    assert tills.declined(tills.seller, "1.00") == "right_elsewhere"
    assert done_nothing(tills.seller.ask(tills.seller.void_of(tills.slip))) == "original_unknown"
    tills.refund(tills.other, "20.00")
    tills.move(tills.other, tills.seller)
    assert tills.declined(tills.other, "1.00") == "right_elsewhere"
    assert tills.declined(tills.seller, "70.01") == "more_than_left"
    tills.refund(tills.seller, "30.00")
    tills.move(tills.seller, tills.other)
    right = right_in(tills.call(tills.other))
    assert (right.moves, right.paid) == (4, (Paid(PaidWith.STORED_VALUE, 40_00),))
    tills.prove()


def done_nothing(answer: Answer | Problem) -> str | None:
    assert isinstance(answer, Answer)
    return answer.decline


def test_a_void_is_for_the_till_that_sold_whoever_has_the_right(tills: TwoTills) -> None:
    tills.move(tills.seller, tills.other)
    assert done_nothing(tills.other.ask(tills.other.void_of(tills.slip))) == "original_unknown"
    tills.move(tills.other, tills.seller)
    done(tills.seller.ask(tills.seller.void_of(tills.slip)))
    tills.prove()


def test_a_slip_of_whom_nobody_knows_has_no_balance(tills: TwoTills) -> None:
    answer = tills.other.ask(tills.other.refund_of(tills.slip, 1_00))
    assert isinstance(answer, Answer)
    assert (answer.decline, answer.balance) == ("right_elsewhere", None)


def test_buy_and_refund_all_by_turns_is_as_if_nothing_had_been_bought(tills: TwoTills) -> None:
    here, there = tills.seller, tills.other
    for amount in ("33.33", "33.33", "33.34"):
        tills.refund(here, amount)
        if amount != "33.34":
            tills.move(here, there)
        here, there = there, here
    assert has(tills.seller).keys() | has(tills.other).keys() == {"07-2/1/2"}
    assert sum(has(tills.seller).values()) + sum(has(tills.other).values()) == 300_00
    tills.prove()


def test_a_right_that_is_not_here_is_not_given(tills: TwoTills) -> None:
    assert tills.call(tills.other) is None
    given = tills.call(tills.seller)
    assert tills.call(tills.seller) is None
    assert tills.entrust(tills.other, given) is None
    tills.prove()


def test_a_load_is_undone_by_its_own_till_alone(tills: TwoTills) -> None:
    tills.record = tills.seller.load(ALICE, "10.00").record
    assert tills.call(tills.seller) is None


def test_what_is_at_the_stores_risk_is_undone_by_its_own_till_alone(tills: TwoTills) -> None:
    seller = tills.seller
    seller.store.close()
    seller._programme = replace(POINTS_TOO, floor_limit=FloorLimit(("transfer",), 500_00, 500_00, 500_00))
    seller.start()
    sold = done(seller.ask(Sale.charge(seller._id(""), swiped(BOB), 20_00, "C01", floor_limit=20_00)))
    assert {part.tender for part in sold.paid} == {PaidWith.STORE_RISK}
    tills.record = sold.record
    assert tills.call(seller) is None
    assert sold.receipt_number is not None
    done(seller.ask(seller.refund_of(sold.receipt_number, 20_00)))


def test_a_sale_of_too_many_lots_is_undone_by_its_own_till_alone(
    tills: TwoTills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "RIGHT_LOTS_MAX", 1)
    assert tills.call(tills.seller) is None
    monkeypatch.setattr(originals, "RIGHT_LOTS_MAX", 2)
    assert tills.call(tills.seller) is not None


def test_a_right_that_has_moved_on_since_is_not_taken_again(tills: TwoTills) -> None:
    """HQ may have been put back from a copy, and not know of it."""
    first = tills.call(tills.seller)
    assert tills.entrust(tills.other, first) is None
    tills.refund(tills.other, "60.00")
    second = tills.call(tills.other)
    assert tills.entrust(tills.other, first) is Doubt.TRANSFER_REFUSED
    assert tills.entrust(tills.seller, first) is None, "it cannot know"
    assert tills.entrust(tills.seller, second) is None
    assert tills.entrust(tills.seller, first) is Doubt.TRANSFER_REFUSED
    assert tills.declined(tills.seller, "40.01") == "more_than_left"


@pytest.mark.parametrize(
    "tampered", ["another key", "another kind", "not readable", "other account", "no such purse", "again"]
)
def test_what_is_no_right_is_not_taken(tills: TwoTills, tampered: str) -> None:
    given = tills.call(tills.seller)
    assert given is not None
    record, right = given.open(), right_in(given)
    key = STRANGER.public_key().public_bytes_raw() if tampered == "another key" else b""
    if tampered == "another kind":
        given = tills.seller.chain()[0]
    elif tampered == "not readable":
        given = SignedRecord(b"?", bytes(64))
    elif tampered == "other account":
        given = signed(record, replace(right, account="another"))
    elif tampered == "no such purse":
        given = signed(record, replace(right, lots=(replace(right.lots[0], purse="gold"),)))
    elif tampered == "again":
        assert tills.entrust(tills.other, given) is None
    before = len(tills.other.chain())
    if tampered == "not readable":
        order = Entrust("operation-x", tills.seller.identity.public_key, given)
        assert tills.order(tills.other, order) is Doubt.TRANSFER_REFUSED
    else:
        assert tills.entrust(tills.other, given, key) is Doubt.TRANSFER_REFUSED
    assert len(tills.other.chain()) == before
    tills.prove()


def signed(record: Record, right: Right) -> SignedRecord:
    return seal(replace(record, body=encode_body(RightGiven(right))), KEY.sign)


def test_a_slip_that_nobody_can_have_is_unknown_and_another_s_is_not_until_hq_says_so(tills: TwoTills) -> None:
    other = tills.other
    assert tills.declined(other, "1.00") == "right_elsewhere"
    assert tills.declined(other, "1.00", UNKNOWN) == "original_unknown"
    for slip in ("12-1-000001", "12-1-000417", "7-2-1", "x"):
        tills.slip = slip
        assert tills.declined(other, "1.00") == "original_unknown"


def test_a_till_that_never_heard_hq_knows_that_nobody_else_has_it(tmp_path: Path) -> None:
    alone = Till(tmp_path / "alone.db")
    answer = alone.ask(Undo(alone._id(""), "07-9-000001", 1_00, "C01"))
    assert done_nothing(answer) == "original_unknown"


def test_what_a_refund_waited_for_is_taken_and_refunded_in_one_commit(tills: TwoTills) -> None:
    other, request = tills.other, tills.other.refund_of(tills.slip, 60_00)
    words = asked(request, other.moment())
    assert other.store.perform_or_fetch(words) is None
    assert other.store.find(request.operation_id) is None
    given = tills.call(tills.seller)
    assert given is not None
    order = Entrust(request.operation_id, tills.seller.identity.public_key, given)
    drawn = tills.hqs[id(other)].give(order)
    answer = other.store.settle(drawn, words)
    assert isinstance(answer, Answer)
    assert answer.outcome is Outcome.DONE
    assert [one.open().kind.value for one in other.chain()[-2:]] == ["applied", "transaction"]
    again = other.store.settle(drawn, words)
    assert isinstance(again, Answer)
    assert again.replayed
    known = other.store.perform_or_fetch(asked(other.refund_of(tills.slip, 40_00), other.moment()))
    assert isinstance(known, Answer), "the right is here: nobody is asked"
    tills.prove()
