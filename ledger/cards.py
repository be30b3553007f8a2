"""Card numbers and the chain's own track layout: prefix, check digit, and a verification value on the stripe."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec
from stdnum import luhn

from ledger.ids import AccountId

NUMBER_LENGTH_MIN = 12
"""A mask shows eight digits; at least four must stay hidden."""
NUMBER_LENGTH_MAX = 19
"""ISO/IEC 7812-1."""
VERIFICATION_DIGITS = 8
"""One guess in a hundred million is right; a try leaves a declined swipe in the journal."""
TOKEN_BYTES = 12


class CardFault(StrEnum):
    """Why a swipe or a key-in did not open a card. The values are the codes in the API and in the wording table."""

    UNREADABLE = "card.unreadable"
    """The stripe has no card number where our layout has it."""
    NOT_OURS = "card.not_ours"
    """A card of another company, such as a bank's. Its number is forgotten at once."""
    WRONG_LENGTH = "card.wrong_length"
    """Too few or too many digits for its kind."""
    WRONG_CHECK_DIGIT = "card.wrong_check_digit"
    """A digit was misread or mistyped."""
    NOT_GENUINE = "card.not_genuine"
    """The number is well formed and the stripe does not prove it: it was guessed, or copied by hand."""


class CardNumber:
    """A full card number. It is shown masked; `digits` is for the few places that must know it."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        assert digits.isascii(), "parse() is the only way to make a CardNumber"
        assert digits.isdigit(), "parse() is the only way to make a CardNumber"
        self._digits = digits

    @property
    def digits(self) -> str:
        """The number itself. Never log, print or store it."""
        return self._digits

    def __str__(self) -> str:
        return f"{self._digits[:4]}****{self._digits[-4:]}"

    __repr__ = __str__


class CardKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of card that the chain defines: its number range and what it may do."""

    name: str
    prefix: str
    length: Annotated[int, msgspec.Meta(ge=NUMBER_LENGTH_MIN, le=NUMBER_LENGTH_MAX)]
    stored_value: bool = True
    points: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A genuine card. `token` names it in books and messages; the number itself goes no further."""

    masked: str
    token: str
    kind: CardKind

    @property
    def account(self) -> AccountId:
        """The account that this card opened when it was issued; the directory knows better for replaced cards."""
        return AccountId(self.token)


@dataclass(frozen=True, slots=True)
class CardScheme:
    """How this chain's cards look, and the secrets that name them and tell them from guesses.

    `token_key` never changes, as tokens stand in books for ever; `stripe_keys` (version digit 1-9 -> 32 bytes) can be
    renewed: new cards carry the highest version, cards with older ones stay genuine until their key is taken away.
    """

    kinds: tuple[CardKind, ...]
    token_key: bytes = field(repr=False)
    stripe_keys: dict[int, bytes] = field(repr=False)

    def read_tracks(self, track1: str | None, track2: str | None) -> Card | CardFault:
        """Open a card from what the reader decoded, without sentinels; track 2 first, track 1 where it is missing."""
        match = _TRACK2.fullmatch(track2 or "") or _TRACK1.fullmatch(track1 or "")
        if match is None:
            return CardFault.UNREADABLE
        number = self.parse_number(match["number"])
        if isinstance(number, CardFault):
            return number
        return self._verified(number, match["expiry"], match["proof"] or "")

    def parse_number(self, text: str) -> CardNumber | CardFault:
        """The only way to get a CardNumber: our prefix, the kind's length, the check digit (Luhn)."""
        digits = re.sub(r"[ -]", "", text)
        kind = self._kind_of(digits)
        if not digits.isascii() or not digits.isdigit() or kind is None:
            return CardFault.NOT_OURS
        if len(digits) != kind.length:
            return CardFault.WRONG_LENGTH
        if not luhn.is_valid(digits):
            return CardFault.WRONG_CHECK_DIGIT
        return CardNumber(digits)

    def card(self, number: CardNumber) -> Card:
        """The card as books know it: the same token from any till, the number not to be had from it without the key."""
        kind = self._kind_of(number.digits)
        assert kind is not None
        token = _mac(self.token_key, "token", number.digits)[:TOKEN_BYTES].hex()
        return Card(str(number), token, kind)

    def track2(self, number: CardNumber, expiry: str = "4912") -> str:
        """What the stripe of a genuine card says: ISO/IEC 7813 fields, then key version and verification value."""
        version = max(self.stripe_keys)
        return f"{number.digits}={expiry}000{version}{self._proof(version, number, expiry)}"

    def _kind_of(self, digits: str) -> CardKind | None:
        fits = [kind for kind in self.kinds if digits.startswith(kind.prefix)]
        return max(fits, key=lambda kind: len(kind.prefix), default=None)

    def _verified(self, number: CardNumber, expiry: str, proof: str) -> Card | CardFault:
        version = int(proof[:1] or "0")
        if version not in self.stripe_keys or not hmac.compare_digest(self._proof(version, number, expiry), proof[1:]):
            return CardFault.NOT_GENUINE
        return self.card(number)

    def _proof(self, version: int, number: CardNumber, expiry: str) -> str:
        mac = _mac(self.stripe_keys[version], "stripe", number.digits + "=" + expiry)
        return str(int.from_bytes(mac[:8], "big") % 10**VERIFICATION_DIGITS).zfill(VERIFICATION_DIGITS)


# ISO/IEC 7813: number, separator, expiry YYMM, service code; our discretionary data is the key version and the proof.
_TRACK2 = re.compile(r"(?P<number>[0-9]{8,19})=(?P<expiry>[0-9]{4})[0-9]{3}(?P<proof>[0-9]{9})?[0-9]*")
_TRACK1 = re.compile(r"B(?P<number>[0-9]{8,19})\^[^^]{0,26}\^(?P<expiry>[0-9]{4})[0-9]{3}(?P<proof>[0-9]{9})?[^^]*")


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"counterfoil/{purpose}/{text}".encode(), hashlib.sha256)
