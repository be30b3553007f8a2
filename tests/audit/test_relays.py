"""What HQ relays between tills: clean when it was given, and named when it was not, or not to this till."""

import pytest
from msgspec.structs import replace

from ledger.ids import Place
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.report import UnderWay
from protocol.bodies import Applied, Given, Relay, Taken, Why
from protocol.records import RecordKind, SignedRecord, seal
from tests.audit.by_hand import A, B, C, Company, changed, never_made, ref
from tests.audit.halves import STRANGER


def given_to(company: Company, place: Place = B, units: int = 100) -> SignedRecord:
    """Till A gives to another, and HQ has that."""
    given = company.a.do(RecordKind.GIVEN, Given(place, 1, company.a.transfer(units, Why.GRANT)))
    company.send(A)
    return given


def relayed(company: Company, given: SignedRecord, key: bytes | None = None) -> SignedRecord:
    """HQ relays it to till B."""
    return company.order(B, Relay(key or company.a.public_key, given))


def test_a_relay_that_is_carried_out_is_clean_in_every_file_and_in_all_together(company: Company) -> None:
    given = given_to(company)
    order = relayed(company, given)
    assert company.report().in_transit.seen == UnderWay(1, {"principal": 100})
    company.b.do(RecordKind.TAKEN, Taken(given))
    company.b.do(RecordKind.APPLIED, Applied(order))
    company.send(B)
    for keepers in ((), (company.hq,), (company.b,), (company.a, company.b)):
        assert company.found(*keepers) == []
    assert company.report().in_transit.seen == UnderWay()


def test_a_relay_to_another_keeper_than_it_was_given_to_is_named_at_hq_and_at_the_till(company: Company) -> None:
    given = given_to(company, C)
    order = relayed(company, given)
    applied = company.b.sign(RecordKind.APPLIED, Applied(order))
    what = f"it relays {ref(given)} to 08-1/1, to whom that gives nothing"
    assert company.found(company.hq) == [(Sort.WRONG_ORDER, str(ref(order)), what)]
    assert company.found(company.b) == [(Sort.WRONG_ORDER, str(ref(applied)), what)]


def test_a_relay_of_a_record_that_gives_nothing_is_named(company: Company) -> None:
    load = company.a.load(10)
    company.send(A)
    order = relayed(company, load)
    what = f"it relays {ref(load)} to 08-1/1, to whom that gives nothing"
    assert company.found(company.hq) == [(Sort.WRONG_ORDER, str(ref(order)), what)]


def test_a_relay_of_a_record_that_its_givers_chain_does_not_have_is_named(company: Company) -> None:
    """The giver's key signed it, and HQ relays only what it holds."""
    made_up = never_made(company)
    order = relayed(company, made_up)
    named = (Sort.WRONG_ORDER, str(ref(order)), f"the record {ref(made_up)} that it relays is not in its giver's chain")
    assert company.found(company.hq) == [named]
    company.hq.tamper("delete from records where keeper = '07-2'")
    assert named in company.found(company.hq), "nor when that chain is not there at all"


def test_that_a_till_carried_such_a_relay_out_is_named_by_the_givers_chain(company: Company) -> None:
    made_up = never_made(company)
    applied = company.b.sign(RecordKind.APPLIED, Applied(relayed(company, made_up)))
    what = f"the record {ref(made_up)} that it relays is not in its giver's chain"
    assert (Sort.WRONG_ORDER, str(ref(applied)), what) in company.found(company.a, company.b)


@pytest.mark.parametrize("by", ["giver", "stranger"])
def test_a_relay_of_other_units_than_its_givers_chain_has_is_named(by: str, company: Company) -> None:
    given = given_to(company)
    signer = {"giver": company.a.key.sign, "stranger": STRANGER.sign}[by]
    order = relayed(company, changed(given, 150, signer))
    at = str(ref(order))
    found = company.found(company.hq)
    what = f"what it relays as {ref(given)} is not what its giver's chain has there"
    assert (Sort.WRONG_ORDER, at, what) in found
    not_signed = (Sort.WRONG_ORDER, at, f"the record {ref(given)} that it relays is not signed by 07-2")
    assert (not_signed in found) == (by == "stranger")


@pytest.mark.parametrize("key", [STRANGER.public_key().public_bytes_raw(), b"no key"], ids=["another", "none"])
def test_a_relay_that_names_another_key_than_its_givers_is_named(key: bytes, company: Company) -> None:
    """Also when that key has signed it."""
    given = given_to(company)
    order = relayed(company, seal(given.open(), STRANGER.sign), key)
    what = f"the record {ref(given)} that it relays is not signed by 07-2"
    assert (Sort.WRONG_ORDER, str(ref(order)), what) in company.found(company.hq)


def test_in_a_tills_own_file_the_key_that_hq_names_checks_what_was_relayed(company: Company) -> None:
    """Nothing else there tells of the giver's key."""
    given = given_to(company)
    forged = replace(given, signature=bytes(64))
    applied = company.b.sign(RecordKind.APPLIED, Applied(relayed(company, forged)))
    what = f"the record {ref(given)} that it relays is not signed by 07-2"
    assert company.found(company.b) == [(Sort.WRONG_ORDER, str(ref(applied)), what)]


def test_what_was_relayed_and_is_taken_twice_is_named(company: Company) -> None:
    given = given_to(company)
    company.b.do(RecordKind.TAKEN, Taken(given))
    company.b.sign(RecordKind.APPLIED, Applied(relayed(company, given)))
    second = ref(company.b.sign(RecordKind.TAKEN, Taken(given)))
    assert (Sort.TAKEN_TWICE, str(second)) in {(sort, at) for sort, at, _ in company.found(company.b)}
