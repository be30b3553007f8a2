"""The till's settings: one TOML file, checked whole at the start."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from drivers.profiles import GENERIC_PRINTER, GENERIC_READER
from receipts.wording import Language
from terminal.modes import ModeName

Settings = TypeVar("Settings", bound=msgspec.Struct)
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
StoreText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,8}$")]
TillText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,4}$")]


class SettingsWrong(Exception):
    """The settings cannot be used. Nothing was started; the message names the file, the setting and what is wrong."""


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A magnetic stripe reader. `address`: `COM3`, `/dev/serial/by-id/…`, `socket://host:port`, `rfc2217://host:port`."""

    address: str
    model: str = GENERIC_READER.name


class PrinterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt printer in the network, raw TCP."""

    host: str
    port: Port = 9100
    model: str = GENERIC_PRINTER.name


class TillSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about one till. Paths are relative to the file that names them."""

    store: StoreText
    till: TillText
    chain_name: str
    store_name: str
    data: str = "data"
    programme: str = "programme.toml"
    language: Language = Language.TAIWAN
    timezone: str = "Asia/Taipei"
    mode: ModeName = ModeName.TRANSFER
    port: Port = 8370
    reader: ReaderSettings | None = None
    printer: PrinterSettings | None = None


def read_toml(path: Path, kind: type[Settings]) -> Settings:
    """Read a TOML file as `kind`. Raises SettingsWrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except OSError as fault:
        raise SettingsWrong(f"{path} cannot be read: {fault.strerror}.") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsWrong(f"{path} is not TOML: {fault}.") from fault
    except msgspec.ValidationError as fault:
        raise SettingsWrong(f"{path}: {fault}.") from fault
