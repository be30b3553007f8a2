"""A right is fetched within a store: the lead has it brought, passes it on, and a till takes it once."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from ledger.ids import ChainId, Place
from offline_queue.doubts import Doubt, Hearer, Passed, check_gift
from protocol.bodies import Lead, Neighbour, Relay, Revoke, Roster
from protocol.conversation import NoDraw, NotDrawn, Records
from protocol.records import SignedRecord, encode_body, seal
from protocol.rights import RightPassed
from terminal.answers import Answer, Outcome
from tests.chains.company import ALICE
from tests.chains.headquarters import Headquarters
from tests.chains.proof import prove
from tests.chains.till import Till, asked
from tests.terminal.one_store import ADDRESS, as_neighbour, chain_of, new_till

NOT_REACHED = NotDrawn("operation-x", NoDraw.NOT_REACHED, (), 1)


class Store:
    """Store 07: till 1 leads; till 2 has sold to Alice for 100.00; till 3 wants to refund that."""

    def __init__(self, folder: Path) -> None:
        self.tills = self.lead, self.seller, self.other = tuple(new_till(folder, number) for number in (1, 2, 3))
        self.hqs = {str(till.identity.place): Headquarters(till.identity) for till in self.tills}
        self.name_lead(self.lead)
        self.seller.load(ALICE, "300.00")
        slip = self.seller.charge(ALICE, "100.00").receipt_number
        assert slip is not None
        self.slip = slip

    def name_lead(self, lead: Till, without: Till | None = None) -> None:
        tills: tuple[Neighbour, ...] = tuple(as_neighbour(till) for till in self.tills if till is not without)
        for till in self.tills:
            order = Roster(Lead(Place(lead.identity.place), ADDRESS), tills)
            assert till.store.hq.apply(self.hqs[till.identity.place].give(order), till.moment()) is None

    def fetch(self, by: Till) -> SignedRecord | ChainId | None:
        return self.lead.store.rights.fetch(chain_of(by), self.slip, self.lead.moment().now_ms)

    def bring(self, till: Till, lead: Till | None = None) -> None:
        till.store.rights.bring(chain_of(lead or self.lead), self.slip, till.moment().now_ms)

    def copy(self, till: Till) -> None:
        batch = Records(*chain_of(till), tuple(till.chain()))
        assert self.lead.store.lending.take(batch, self.lead.moment()) is None

    def seen(self, signed: object) -> Passed:
        assert isinstance(signed, SignedRecord), signed
        passed = check_gift(signed, Hearer(*chain_of(self.other), self.lead.key.public_key()), Place("07-1"))
        assert isinstance(passed, Passed), passed
        return passed

    def passed(self) -> Passed:
        """The seller has brought it, and the lead has passed it on."""
        self.bring(self.seller)
        self.copy(self.seller)
        return self.seen(self.fetch(self.other))

    def take(self, passed: Passed) -> Doubt | None:
        return self.other.store.take_gift(passed, self.other.moment())

    def here(self) -> list[bool]:
        return [till.store.undoable.may_undo(self.slip) for till in self.tills]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def kinds(till: Till, count: int) -> list[str]:
    return [one.open().kind.value for one in till.chain()[-count:]]


def test_it_is_brought_passed_on_and_refunded_in_the_commit_that_takes_it(store: Store) -> None:
    request = asked(store.other.refund_of(store.slip, 60_00), store.other.moment())
    assert store.other.store.perform_or_fetch(request) is None
    assert store.fetch(store.other) == chain_of(store.seller)
    store.bring(store.seller)
    assert kinds(store.seller, 1) == ["right_passed"]
    store.copy(store.seller)
    assert kinds(store.lead, 1) == ["right_taken"]
    answer = store.other.store.settle(store.seen(store.fetch(store.other)), request)
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.principal) == (Outcome.DONE, 60_00)
    assert kinds(store.other, 2) == ["right_taken", "transaction"]
    assert store.here() == [False, False, True]
    for till in store.tills:
        prove(till.store)


def test_what_was_lost_on_the_way_is_said_again_and_taken_once(store: Store) -> None:
    passed = store.passed()
    assert store.here() == [False, False, False]
    assert store.fetch(store.other) == passed.signed
    assert store.lead.store.lending.gifts(chain_of(store.other), 0, 9) == (passed.signed,), "on its next line, too"
    assert store.take(passed) is None
    before = store.other.chain()
    assert store.take(passed) is None
    store.other.restart()
    assert store.take(passed) is None
    assert store.other.chain() == before


def test_a_lead_asks_whom_it_has_passed_it_to(store: Store) -> None:
    store.take(store.passed())
    assert store.fetch(store.seller) == store.fetch(store.lead) == chain_of(store.other)
    store.bring(store.other)
    store.copy(store.other)
    assert store.fetch(store.lead) is None, "it is here"
    assert store.here() == [True, False, False]


def test_what_hq_has_relayed_is_not_taken_from_the_lan_again(store: Store) -> None:
    passed = store.passed()
    order = store.hqs["07-3"].give(Relay(store.lead.identity.public_key, passed.signed))
    assert store.other.store.hq.apply(order, store.other.moment()) is None
    assert kinds(store.other, 2) == ["right_taken", "applied"]
    before = store.other.chain()
    assert store.take(passed) is None
    assert store.other.chain() == before


@pytest.mark.parametrize("why", ["no lead", "not listed", "revoked", "old epoch", "stranger's slip"])
def test_nobody_passes_it_where_nobody_may(store: Store, why: str) -> None:
    if why == "no lead":
        store.name_lead(store.other)
    elif why == "not listed":
        store.name_lead(store.lead, without=store.lead)
    elif why == "revoked":
        for till in (store.lead, store.seller):
            order = store.hqs[till.identity.place].give(Revoke(0))
            assert till.store.hq.apply(order, till.moment()) is None
    elif why == "old epoch":
        store.seller.store.rights.bring(ChainId(Place("07-1"), 2), store.slip, 1)
    else:
        store.slip = "12-1-000001"
    before = [till.chain() for till in store.tills]
    if why != "old epoch":
        assert store.fetch(store.other) is None
        store.bring(store.seller)
    assert [till.chain() for till in store.tills] == before


def test_a_till_believes_no_right_to_its_own_sale_that_never_left_it(store: Store) -> None:
    """A lead that lies."""
    passed = store.passed()
    body = passed.signed.open().body_as(RightPassed)
    store.other.load(ALICE, "300.00")
    slip = store.other.charge(ALICE, "50.00")
    lie = replace(body.right, record=slip.record, receipt_number=slip.receipt_number or "")
    record = replace(passed.signed.open(), body=encode_body(replace(body, right=lie)))
    assert store.take(store.seen(seal(record, store.lead.key.sign))) is Doubt.TRANSFER_REFUSED


@pytest.mark.parametrize("tampered", ["stranger", "another", "another epoch", "giver", "account"])
def test_what_a_lead_has_not_passed_to_this_till_is_not_taken(store: Store, tampered: str) -> None:
    record, key = store.passed().signed.open(), store.lead.key
    body = record.body_as(RightPassed)
    if tampered == "stranger":
        key = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
    elif tampered == "another":
        body = replace(body, to=Place("07-2"))
    elif tampered == "another epoch":
        body = replace(body, to_epoch=2)
    elif tampered == "giver":
        record = replace(record, keeper=Place("07-2"))
    else:
        body = replace(body, right=replace(body.right, account="another"))
    signed = seal(replace(record, body=encode_body(body)), key.sign)
    doubt = check_gift(signed, Hearer(*chain_of(store.other), store.lead.key.public_key()), Place("07-1"))
    assert doubt in {Doubt.FORGED, Doubt.NOT_OURS, Doubt.ORDER_UNKNOWN}


def test_what_was_promised_is_given_back_in_the_commit_that_takes_it(store: Store) -> None:
    request = replace(store.other.refund_of(store.slip, 100_00), may_promise=True)
    promised = store.other.store.perform(asked(request, store.other.moment()), NOT_REACHED)
    assert isinstance(promised, Answer)
    assert promised.outcome is Outcome.PROMISED
    assert store.take(store.passed()) is None
    assert kinds(store.other, 2) == ["right_taken", "transaction"]
    assert store.other.store.undoable.open_promises() == []


def test_a_lead_keeps_its_own_promise_when_the_copy_brings_the_right(store: Store) -> None:
    request = replace(store.lead.refund_of(store.slip, 100_00), may_promise=True)
    promised = store.lead.store.perform(asked(request, store.lead.moment()), NOT_REACHED)
    assert isinstance(promised, Answer)
    store.bring(store.seller)
    store.copy(store.seller)
    assert kinds(store.lead, 2) == ["right_taken", "transaction"]
    assert store.here() == [True, False, False]
