"""What all stores of a made-up chain have in common: the programme, the card secrets and the members' cards."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import msgspec
from stdnum import luhn

from ledger.cards import CardNumber, CardScheme
from loyalty.programme import Programme
from offline_queue.keys import CardKeys
from offline_queue.settings import read_toml

PREFIX = "6222"
"""Of a made-up issuer."""
CARDS = 9
SECRETS_FILE = "chain-cards.key"
PROGRAMME_FILE = "programme.toml"

PROGRAMME = """\
version = "demo-1"
spending_order = "principal_first"
charge_max_units = 2_000_000

[currency]
{currency}

[[card_kinds]]
name = "member"
prefix = "6222"
length = 16

[[card_kinds]]
name = "points"
prefix = "62229"
length = 16
stored_value = false

[load]
min_units = 10_000
max_units = 1_000_000

[[load.bonus]]
from_units = 50_000
bonus_units = 6_055

[[load.bonus]]
from_units = 100_000
bonus_units = 15_000

[earning]
name = "base"
points = 1
per_units = 10_000

[redeeming]
points = 1
units = 100
"""


@dataclass(frozen=True, slots=True)
class DemoCards:
    """The files in `folder`, and the cards that go with them. Card 9 carries points only."""

    folder: Path

    def write(self, currency: str, rules: str = "") -> None:
        """Make what is not there yet. `currency` is a table of the programme, `rules` are more of it, in TOML."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_once(self.folder / PROGRAMME_FILE, PROGRAMME.format(currency=currency) + rules)
        self.secrets()

    def secrets(self) -> str:
        """The card secrets as a till or HQ keeps them, in JSON; made at the first time."""
        token_key, stripe_key = (b64encode(os.urandom(32)).decode() for _ in range(2))
        file = self.folder / SECRETS_FILE
        write_once(file, json.dumps({"token_key": token_key, "stripe_keys": {"1": stripe_key}}))
        return file.read_text("utf-8")

    def card(self, which: int) -> CardNumber:
        """The number of a demo card, the same in every demo."""
        body = f"{PREFIX}{9 if which == CARDS else 0}{which:010d}"
        return CardNumber(body + luhn.calc_check_digit(body))

    def track2(self, which: int) -> str:
        """What the stripe of a demo card says, without sentinels; it differs from chain to chain."""
        return self.scheme().track2(self.card(which))

    def scheme(self) -> CardScheme:
        """This chain's card scheme, with its secrets."""
        programme = read_toml(self.folder / PROGRAMME_FILE, Programme)
        keys = msgspec.json.decode(self.secrets().encode(), type=CardKeys)
        return CardScheme(programme.card_kinds, keys.token_key, keys.stripe_keys)


def write_once(file: Path, text: str) -> None:
    """Write a file that is not there yet."""
    if not file.exists():
        file.write_text(text, "utf-8")
