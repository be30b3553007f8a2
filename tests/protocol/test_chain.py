"""A chain: whatever is touched, taken away, put in or put elsewhere is found, and the record is named."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol.chain import Head, verify_chain, verify_each
from protocol.errors import ChainBroken, ProtocolFault
from protocol.records import SignedRecord, seal
from terminal.slip_job import SlipStep
from tests.chains.company import ALICE
from tests.chains.till import KEY, PUBLIC_KEY, Till

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)

Chain = list[SignedRecord]
Verify = Callable[[Chain], Head | None]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Opened, load, charge, declined, two steps of a slip, day close."""
    till = Till(tmp_path_factory.mktemp("till") / "till.db")
    till.load(ALICE, "500.00")
    till.charge(ALICE, "12.34")
    till.ask(till.charge_of(ALICE, "2000.00"))
    till.step(1, SlipStep.STARTED)
    till.step(1, SlipStep.PRINTED)
    till.close_day()
    return till.chain()


def by_last(records: Chain) -> Head | None:
    return verify_chain(records, PUBLIC_KEY)


def by_each(records: Chain) -> Head | None:
    return verify_each(records, PUBLIC_KEY)


both = pytest.mark.parametrize("verify", [by_last, by_each])


@both
def test_a_good_chain_is_verified_to_its_head(chain: Chain, verify: Verify) -> None:
    head = verify(chain)
    assert head is not None
    assert (str(head.ref), head.hash, head.business_date, head.mode) == (
        *("07-2/1/7", chain[-1].hash),
        *("2026-11-23", "transfer"),
    )


@both
def test_an_empty_run_changes_no_head(chain: Chain, verify: Verify) -> None:
    assert verify([]) is None
    head = verify_chain(chain, PUBLIC_KEY)
    assert verify_chain([], PUBLIC_KEY, head) == head


def test_a_run_continues_a_head_and_no_other(chain: Chain) -> None:
    heads = [verify_each(chain[:length], PUBLIC_KEY) for length in range(len(chain))]
    for length, head in enumerate(heads):
        assert verify_chain(chain[length:], PUBLIC_KEY, head) == verify_each(chain, PUBLIC_KEY)
    for earlier, later in pairwise(heads):
        with pytest.raises(ChainBroken):
            verify_chain(chain[-1:], PUBLIC_KEY, earlier)
        assert earlier != later


def test_any_byte_that_is_flipped_is_found_and_its_record_is_named(chain: Chain) -> None:
    """The first record's name may be among what was touched, and no record before it tells."""
    for at, signed in enumerate(chain):
        named = str(signed.open().ref) if at else ""
        for offset in range(len(signed.content)):
            touched = SignedRecord(flipped(signed.content, offset), signed.signature)
            assert named in named_by(by_each, [*chain[:at], touched, *chain[at + 1 :]]), f"byte {offset}"


def test_any_byte_that_is_flipped_is_found_by_the_last_signature_alone(chain: Chain) -> None:
    for at, signed in enumerate(chain):
        for offset in range(len(signed.content)):
            touched = SignedRecord(flipped(signed.content, offset), signed.signature)
            named_by(by_last, [*chain[:at], touched, *chain[at + 1 :]])


def test_a_touched_signature_is_found_where_each_is_checked(chain: Chain) -> None:
    for at, signed in enumerate(chain):
        for offset in range(64):
            touched = SignedRecord(signed.content, flipped(signed.signature, offset))
            assert str(signed.open().ref) in named_by(by_each, [*chain[:at], touched, *chain[at + 1 :]])


def test_by_the_last_signature_alone_the_others_are_not_looked_at(chain: Chain) -> None:
    bare = [SignedRecord(signed.content, b"") for signed in chain[:-1]]
    assert by_last([*bare, chain[-1]]) == by_last(chain)
    assert named_by(by_last, [*chain[:-1], SignedRecord(chain[-1].content, b"")])


def flipped(content: bytes, offset: int) -> bytes:
    return content[:offset] + bytes([content[offset] ^ 0x01]) + content[offset + 1 :]


def named_by(verify: Verify, records: Chain) -> str:
    with pytest.raises(ProtocolFault) as broken:
        verify(records)
    return str(broken.value)


@both
@pytest.mark.parametrize("at", range(1, 6))
def test_a_record_that_is_taken_out_repeated_or_put_elsewhere_is_found(chain: Chain, verify: Verify, at: int) -> None:
    for broken in (
        [*chain[:at], *chain[at + 1 :]],
        [*chain[: at + 1], *chain[at:]],
        [*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]],
    ):
        assert named_by(verify, broken)


@both
def test_a_chain_begins_with_its_first_record(chain: Chain, verify: Verify) -> None:
    assert "07-2/1/2: expected 07-2/1/1" in named_by(verify, chain[1:])


@both
def test_a_record_signed_by_a_stranger_is_found(chain: Chain, verify: Verify) -> None:
    forged = seal(chain[-1].open(), STRANGER.sign)
    assert "07-2/1/7: the signature is not of its keeper's key" in named_by(verify, [*chain[:-1], forged])


@both
def test_a_keeper_cannot_rewrite_a_record_that_others_follow(chain: Chain, verify: Verify) -> None:
    """Signed by the keeper's own key, with another time: the next record names the hash of the first."""
    rewritten = seal(msgspec.structs.replace(chain[1].open(), recorded_at_ms=0), KEY.sign)
    assert named_by(verify, [chain[0], rewritten, *chain[2:]]).startswith("07-2/1/3: it does not name the hash")


def test_the_head_of_a_chain_is_what_the_store_goes_on_from(tmp_path: Path) -> None:
    till = Till(tmp_path / "till.db")
    till.load(ALICE, "1.00")
    assert till.store.head() == verify_each(till.chain(), PUBLIC_KEY)
