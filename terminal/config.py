"""The till's settings: one TOML file, checked whole at the start."""

from __future__ import annotations

from typing import Annotated

import msgspec

from drivers.profiles import GENERIC_PRINTER, GENERIC_READER
from ledger.ids import HOSTED, Place, agent_of
from offline_queue.settings import Port, SettingsWrong, read_toml
from receipts.wording import Language
from terminal.exchanges import ExchangeRules
from terminal.modes import ModeName

__all__ = ["PrinterSettings", "ReaderSettings", "SettingsWrong", "TillSettings", "read_toml"]

StoreText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,8}$(?!\n)")]
TillText = Annotated[str, msgspec.Meta(pattern=rf"^[0-9A-Za-z]{{1,4}}({HOSTED})?$(?!\n)")]


DrawTimeout = Annotated[float, msgspec.Meta(gt=0, le=30)]


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A magnetic stripe reader. `address`: `COM3`, `/dev/serial/by-id/…`, `socket://host:port`, `rfc2217://host:port`."""

    address: str
    model: str = GENERIC_READER.name


class PrinterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt printer in the network, raw TCP."""

    host: str
    port: Port = 9100
    model: str = GENERIC_PRINTER.name


class LanSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where this till listens for the others of its store, once HQ has named it their lead."""

    host: str = "0.0.0.0"  # noqa: S104 - the other tills are on other machines; each has to prove its key
    port: Port = 8372


class TillSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about one till. Paths are relative to the file that names them."""

    store: StoreText
    till: TillText
    chain_name: str
    store_name: str
    data: str = "data"
    marker: str = ""
    """The file that names the chain's head outside the book; empty: `till.head` in `data`."""
    programme: str = "programme.toml"
    language: Language = Language.TAIWAN
    timezone: str = "Asia/Taipei"
    mode: ModeName = ModeName.TRANSFER
    draw_timeout_s: DrawTimeout = 3.0
    """So long may a sale wait for value from HQ."""
    customer_sees_balance: bool = True
    """Whether the customer's screen shows a balance before payment."""
    port: Port = 8370
    exchange: ExchangeRules | None = None
    """When a till in transfer mode calls HQ; without it the line is kept up."""
    lan: LanSettings | None = None
    """Without it the till can't be its store's lead."""
    reader: ReaderSettings | None = None
    printer: PrinterSettings | None = None

    @property
    def is_hosted(self) -> bool:
        """Whether they are of a till's place at HQ (`till = "1@hq"`), which sells for it while its store is hosted."""
        return agent_of(Place(self.till)) is not None
