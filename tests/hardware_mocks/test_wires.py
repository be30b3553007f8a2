import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_mocks.wires import Parcel, Wire, byte_by_byte, chain, cut, garbled, lossy, slow, travel, whole

DATA = b";6222000000000017=3012?\r"


def arrives(data: bytes, wire: Wire) -> bytes:
    return b"".join(parcel.data for parcel in travel(data, wire))


@given(st.binary(), st.sampled_from([whole, byte_by_byte, slow(0.1), lossy(1, 0), garbled(1, 0), cut(10**6)]))
def test_a_wire_that_does_no_harm_changes_nothing(data: bytes, wire: Wire) -> None:
    assert arrives(data, wire) == data


def test_bytes_travel_alone() -> None:
    assert [parcel.data for parcel in travel(b"abc", byte_by_byte)] == [b"a", b"b", b"c"]


def test_a_slow_wire_pauses_before_each_parcel() -> None:
    assert list(travel(b"ab", chain(byte_by_byte, slow(0.5)))) == [Parcel(b"a", 0.5), Parcel(b"b", 0.5)]
    assert list(travel(b"ab", chain(slow(0.5), byte_by_byte))) == [Parcel(b"a", 0.5), Parcel(b"b", 0.0)]


@pytest.mark.parametrize("wire", [cut(10), chain(byte_by_byte, cut(10)), chain(cut(10), byte_by_byte)])
def test_nothing_comes_through_behind_a_cut(wire: Wire) -> None:
    assert arrives(DATA, wire) == DATA[:10]


def test_a_bad_cable_is_bad_in_the_same_way_for_the_same_seed() -> None:
    long = DATA * 20
    for bad in (lossy, garbled):
        assert arrives(long, bad(7, 0.1)) == arrives(long, bad(7, 0.1)) != arrives(long, bad(8, 0.1))


def test_a_lossy_wire_loses_and_a_garbled_one_flips_single_bits() -> None:
    long = DATA * 20
    assert 0 < len(arrives(long, lossy(7, 0.1))) < len(long)
    flips = [(sent ^ got).bit_count() for sent, got in zip(long, arrives(long, garbled(7, 0.1)), strict=True)]
    assert set(flips) == {0, 1}
    assert arrives(DATA, lossy(7, 1)) == b""
