"""One store of a made-up chain, in a folder: settings, programme, card keys and cards, made at the first start."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import msgspec
from stdnum import luhn

from drivers.profiles import GENERIC_PRINTER, GENERIC_READER
from ledger.cards import CardNumber, CardScheme
from loyalty.programme import Programme
from offline_queue.keys import CardKeys
from terminal.config import read_toml

PREFIX = "6222"
"""Of a made-up issuer."""
CARDS = 9
CARD_KEYS_FILE = "cards.key"
"""Where a till looks. Said here again, because terminal.wiring takes a third of a second to import."""

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
"""

SETTINGS = """\
store = "07"
till = "{till}"
chain_name = "{chain_name}"
store_name = "{store_name}"
language = "{language}"
timezone = "{timezone}"
mode = "transfer"
programme = "programme.toml"
data = "till-{till}"
port = {port}
"""

READER = '\n[reader]\naddress = "{address}"\nmodel = "{model}"\n'
PRINTER = '\n[printer]\nhost = "127.0.0.1"\nport = {port}\nmodel = "{model}"\n'


@dataclass(frozen=True, slots=True)
class Country:
    """What a chain takes from where it trades. `currency` is a table of the programme, in TOML."""

    language: str
    timezone: str
    chain_name: str
    store_name: str
    currency: str


TAIWAN = Country(
    "zh-TW", "Asia/Taipei", "存根百貨", "中山店", 'code = "TWD"\nminor_digits = 2\nshown_digits = 0\ncharge_step = 100'
)
MAINLAND = Country("zh-CN", "Asia/Shanghai", "存根百货", "静安店", 'code = "CNY"')


@dataclass(frozen=True, slots=True)
class DemoStore:
    """The folder and what is in it. `card(1)` to `card(9)` are members' cards; `card(9)` carries points only."""

    folder: Path
    country: Country = TAIWAN

    def settings(  # noqa: PLR0913 - one argument for each setting that a bench turns
        self,
        *,
        till: str = "1",
        port: int = 0,
        reader_address: str | None = None,
        reader_model: str = GENERIC_READER.name,
        printer_port: int | None = None,
        printer_model: str = GENERIC_PRINTER.name,
    ) -> Path:
        """Write the settings of one till (0: any free port) and whatever is missing beside them; the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_once(self.folder / "programme.toml", PROGRAMME.format(currency=self.country.currency))
        data = self.data(till)
        data.mkdir(exist_ok=True)
        _write_once(data / CARD_KEYS_FILE, self._keys_text())
        text = SETTINGS.format(till=till, port=port, **_words(self.country))
        if reader_address is not None:
            text += READER.format(address=reader_address, model=reader_model)
        if printer_port is not None:
            text += PRINTER.format(port=printer_port, model=printer_model)
        file = self.folder / f"till-{till}.toml"
        file.write_text(text, "utf-8")
        return file

    def data(self, till: str = "1") -> Path:
        """The folder in which a till keeps its book and its keys."""
        return self.folder / f"till-{till}"

    def card(self, which: int) -> CardNumber:
        """The number of a demo card, the same in every demo."""
        body = f"{PREFIX}{9 if which == CARDS else 0}{which:010d}"
        return CardNumber(body + luhn.calc_check_digit(body))

    def track2(self, which: int) -> str:
        """What the stripe of a demo card says, without sentinels; it differs from chain to chain."""
        return self.scheme().track2(self.card(which))

    def scheme(self) -> CardScheme:
        """This chain's card scheme, with its secrets."""
        programme = read_toml(self.folder / "programme.toml", Programme)
        keys = msgspec.json.decode(self._keys_text().encode(), type=CardKeys)
        return CardScheme(programme.card_kinds, keys.token_key, keys.stripe_keys)

    def _keys_text(self) -> str:
        token_key, stripe_key = (b64encode(os.urandom(32)).decode() for _ in range(2))
        file = self.folder / "chain-cards.key"
        _write_once(file, json.dumps({"token_key": token_key, "stripe_keys": {"1": stripe_key}}))
        return file.read_text("utf-8")


def _words(country: Country) -> dict[str, str]:
    return {name: getattr(country, name) for name in ("language", "timezone", "chain_name", "store_name")}


def _write_once(file: Path, text: str) -> None:
    if not file.exists():
        file.write_text(text, "utf-8")
