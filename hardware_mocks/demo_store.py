"""One store of a made-up chain, in a folder: settings, programme, card keys and cards, made at the first start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from drivers.profiles import GENERIC_PRINTER, GENERIC_READER
from hardware_mocks.demo_cards import CARDS, PROGRAMME_FILE, DemoCards, write_once
from ledger.cards import CardNumber, CardScheme

__all__ = ["CARDS", "CARD_KEYS_FILE", "MAINLAND", "TAIWAN", "Country", "DemoStore"]

CARD_KEYS_FILE = "cards.key"
"""Where a till looks. Said here again, because terminal.wiring takes a third of a second to import."""

SETTINGS = """\
store = "{store}"
till = "{till}"
chain_name = "{chain_name}"
store_name = "{store_name}"
language = "{language}"
timezone = "{timezone}"
mode = "{mode}"
draw_timeout_s = {draw_timeout_s}
programme = "{programme}"
data = "till-{till}"
port = {port}
"""

READER = '\n[reader]\naddress = "{address}"\nmodel = "{model}"\n'
LAN = '\n[lan]\nhost = "127.0.0.1"\nport = {port}\n'
PRINTER = '\n[printer]\nhost = "127.0.0.1"\nport = {port}\nmodel = "{model}"\n'


@dataclass(frozen=True, slots=True)
class Country:
    """What a chain takes from where it trades. `currency` is a table of the programme, `rules` more of it, in TOML."""

    language: str
    timezone: str
    chain_name: str
    store_name: str
    currency: str
    rules: str = ""


TAIWAN = Country(
    "zh-TW", "Asia/Taipei", "存根百貨", "中山店", 'code = "TWD"\nminor_digits = 2\nshown_digits = 0\ncharge_step = 100'
)
MAINLAND = Country("zh-CN", "Asia/Shanghai", "存根百货", "静安店", 'code = "CNY"')


@dataclass(frozen=True, slots=True)
class DemoStore:
    """The folder and what is in it. `card(1)` to `card(9)` are members' cards; `card(9)` carries points only.

    `chain` is the folder of what the stores of one chain share; a store that has none is a chain of its own.
    """

    folder: Path
    country: Country = TAIWAN
    number: str = "07"
    chain: Path | None = None

    def settings(  # noqa: PLR0913 - one argument for each setting that a bench turns
        self,
        *,
        till: str = "1",
        port: int = 0,
        reader_address: str | None = None,
        reader_model: str = GENERIC_READER.name,
        printer_port: int | None = None,
        printer_model: str = GENERIC_PRINTER.name,
        mode: str = "transfer",
        draw_timeout_s: float = 3.0,
        exchange: str = "",
        lan_port: int | None = None,
        enrols: bool = False,
    ) -> Path:
        """Write the settings of one till (0: any free port) and whatever is missing beside them; the file.

        `exchange` has the lines of that table. A till that `enrols` gets the card keys from HQ; others have them.
        """
        self.cards.write(self.country.currency, self.country.rules)
        data = self.data(till)
        data.mkdir(parents=True, exist_ok=True)
        if not enrols:
            write_once(data / CARD_KEYS_FILE, self.cards.secrets())
        words = {"till": till, "port": port, "mode": mode, "draw_timeout_s": draw_timeout_s}
        text = SETTINGS.format(**words, **self._words())
        if reader_address is not None:
            text += READER.format(address=reader_address, model=reader_model)
        if printer_port is not None:
            text += PRINTER.format(port=printer_port, model=printer_model)
        if lan_port is not None:
            text += LAN.format(port=lan_port)
        if exchange:
            text += f"\n[exchange]\n{exchange}"
        file = self.folder / f"till-{till}.toml"
        file.write_text(text, "utf-8")
        return file

    def data(self, till: str = "1") -> Path:
        """The folder in which a till keeps its book and its keys."""
        return self.folder / f"till-{till}"

    def card(self, which: int) -> CardNumber:
        """The number of a demo card, the same in every demo."""
        return self.cards.card(which)

    def track2(self, which: int) -> str:
        """What the stripe of a demo card says, without sentinels; it differs from chain to chain."""
        return self.cards.track2(which)

    def scheme(self) -> CardScheme:
        """This chain's card scheme, with its secrets."""
        return self.cards.scheme()

    @property
    def cards(self) -> DemoCards:
        """The cards of the chain."""
        return DemoCards(self.folder if self.chain is None else self.chain)

    def _words(self) -> dict[str, str]:
        programme = os.path.relpath(self.cards.folder / PROGRAMME_FILE, self.folder)
        names = ("language", "timezone", "chain_name", "store_name")
        country = {name: getattr(self.country, name) for name in names}
        return {"store": self.number, "programme": Path(programme).as_posix(), **country}
