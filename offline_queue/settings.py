"""Settings of a program: one TOML file, checked whole at the start."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Settings = TypeVar("Settings", bound=msgspec.Struct)
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class SettingsWrong(Exception):
    """The settings cannot be used. Nothing was started; the message names the file, the setting and what is wrong."""


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


def zone(name: str) -> ZoneInfo:
    """The setting `timezone`. Raises SettingsWrong."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise SettingsWrong(f"timezone = {name!r} is not known; write it like Asia/Taipei.") from fault
