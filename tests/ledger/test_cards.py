"""Cards: our own are opened from a stripe or a number, all others are turned away, and no number is ever shown."""

import logging
from dataclasses import replace

import msgspec
import pytest

from ledger.cards import Card, CardFault, CardKind, CardNumber, CardScheme
from tests.chains.company import LONG, MEMBER, POINTS_ONLY, SCHEME, number

ALICE = number(417)
OTHER_CHAIN = CardScheme(SCHEME.kinds, token_key=bytes(32), stripe_keys={1: bytes(32)})
RENEWED = replace(SCHEME, stripe_keys={1: SCHEME.stripe_keys[1], 2: bytes([2]) * 32})


def swipe(scheme: CardScheme, track2: str) -> Card | CardFault:
    return scheme.read_tracks(None, track2)


def test_a_genuine_card_opens_its_account() -> None:
    opened = swipe(SCHEME, SCHEME.track2(ALICE))
    assert isinstance(opened, Card)
    assert opened == SCHEME.card(ALICE)
    assert (opened.kind, opened.masked) == (MEMBER, f"6222****{ALICE.digits[-4:]}")
    assert opened.account == opened.token


def test_the_same_card_keyed_in_opens_the_same_account() -> None:
    spaced = " ".join(ALICE.digits[at : at + 4] for at in range(0, 16, 4))
    keyed = SCHEME.parse_number(spaced)
    assert isinstance(keyed, CardNumber)
    assert SCHEME.card(keyed) == swipe(SCHEME, SCHEME.track2(ALICE))


def test_every_member_has_a_token_of_his_own_which_says_nothing_of_the_number() -> None:
    tokens = {SCHEME.card(number(serial)).token for serial in range(1000)}
    assert len(tokens) == 1000
    assert not any(number(serial).digits in "".join(tokens) for serial in range(1000))


def test_a_guessed_number_without_the_chains_key_is_not_genuine() -> None:
    genuine = SCHEME.track2(ALICE)
    guesses = [
        genuine[:-8] + str(guess).zfill(8)
        for guess in range(0, 10**8, 10**6)
        if not genuine.endswith(str(guess).zfill(8))
    ]
    assert {swipe(SCHEME, guess) for guess in guesses} == {CardFault.NOT_GENUINE}


@pytest.mark.parametrize("cut", [1, 8, 9])
def test_a_stripe_whose_proof_is_cut_short_is_not_genuine(cut: int) -> None:
    assert swipe(SCHEME, SCHEME.track2(ALICE)[:-cut]) is CardFault.NOT_GENUINE


def test_the_proof_of_one_card_does_not_open_another() -> None:
    stolen = SCHEME.track2(ALICE).replace(ALICE.digits, number(418).digits)
    assert swipe(SCHEME, stolen) is CardFault.NOT_GENUINE


def test_the_expiry_cannot_be_changed() -> None:
    assert swipe(SCHEME, SCHEME.track2(ALICE, "2611").replace("=2611", "=4911")) is CardFault.NOT_GENUINE


def test_another_chains_card_with_our_numbers_is_not_genuine() -> None:
    assert swipe(SCHEME, OTHER_CHAIN.track2(ALICE)) is CardFault.NOT_GENUINE


def test_a_renewed_key_leaves_old_cards_genuine_until_it_is_taken_away() -> None:
    old, new = SCHEME.track2(ALICE), RENEWED.track2(ALICE)
    assert old != new
    assert swipe(RENEWED, old) == swipe(RENEWED, new) == SCHEME.card(ALICE)
    only_new = replace(RENEWED, stripe_keys={2: RENEWED.stripe_keys[2]})
    assert swipe(only_new, old) is CardFault.NOT_GENUINE
    assert swipe(only_new, new) == SCHEME.card(ALICE)
    assert swipe(SCHEME, new) is CardFault.NOT_GENUINE


def test_a_misread_digit_is_told_apart_from_a_forgery() -> None:
    track = SCHEME.track2(ALICE)
    misread = str((int(track[10]) + 1) % 10)
    assert swipe(SCHEME, track[:10] + misread + track[11:]) is CardFault.WRONG_CHECK_DIGIT


@pytest.mark.parametrize("track2", ["4111111111111111=49121010000012345678", "4111111111111111=4912101"])
def test_a_bank_card_is_not_ours(track2: str) -> None:
    assert swipe(SCHEME, track2) is CardFault.NOT_OURS
    assert SCHEME.read_tracks("B4111111111111111^DOE/JANE^49121010000000000", track2) is CardFault.NOT_OURS


@pytest.mark.parametrize(
    "track2",
    [
        None,
        "",
        "garbage",
        ";6222000000004178=4912?",
        "6222=4912000",
        "6222000000004178",
        "62220000000041784912000",
        "6222000000004178=4912000A",
    ],
)
def test_a_stripe_without_our_layout_is_unreadable(track2: str | None) -> None:
    assert SCHEME.read_tracks(None, track2) is CardFault.UNREADABLE


def test_track_1_serves_where_track_2_is_missing_or_unreadable() -> None:
    digits, _, rest = SCHEME.track2(ALICE).partition("=")
    track1 = f"B{digits}^CHEN/ALICE^{rest}"
    assert SCHEME.read_tracks(track1, None) == SCHEME.card(ALICE)
    assert SCHEME.read_tracks(track1, "") == SCHEME.card(ALICE)
    assert SCHEME.read_tracks(track1, "62220000%%%") == SCHEME.card(ALICE)
    assert SCHEME.read_tracks(track1[:-1], None) is CardFault.NOT_GENUINE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", CardFault.NOT_OURS),
        ("4111111111111111", CardFault.NOT_OURS),
        ("6222", CardFault.WRONG_LENGTH),
        ("622200000000417", CardFault.WRONG_LENGTH),
        ("62220000000041780", CardFault.WRONG_LENGTH),
        ("6222000000004170", CardFault.WRONG_CHECK_DIGIT),
        ("622200000000417x", CardFault.NOT_OURS),
        ("622200000000417" + "\N{FULLWIDTH DIGIT EIGHT}", CardFault.NOT_OURS),
        ("6222" + "0" * 100_000, CardFault.WRONG_LENGTH),
    ],
)
def test_a_keyed_number_that_opens_nothing_says_why(text: str, fault: CardFault) -> None:
    assert SCHEME.parse_number(text) is fault


def test_the_longest_prefix_names_the_kind() -> None:
    kinds = [SCHEME.card(number(5, kind)).kind for kind in (MEMBER, POINTS_ONLY, LONG)]
    assert kinds == [MEMBER, POINTS_ONLY, LONG]


def test_no_full_number_and_no_key_is_ever_shown(caplog: pytest.LogCaptureFixture) -> None:
    card = SCHEME.card(ALICE)
    caplog.set_level(logging.INFO)
    logging.getLogger().info("%s %r %s %r %r", ALICE, ALICE, card, card, SCHEME)
    shown = caplog.text + repr([ALICE]) + f"{ALICE}" + msgspec.json.encode(card).decode()
    assert ALICE.digits not in shown
    assert "6222****" in shown
    for key in (SCHEME.token_key, *SCHEME.stripe_keys.values()):
        assert repr(key) not in shown
        assert key.hex() not in shown


def test_a_kind_of_so_short_numbers_that_a_mask_would_show_them_whole_is_refused() -> None:
    """First four and last four of eight digits are all of them."""
    with pytest.raises(msgspec.ValidationError, match="length"):
        msgspec.convert({"name": "short", "prefix": "6222", "length": 8}, CardKind)
