"""How a command asks the running server of a settings file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from hq_server.admin_token import read_token
from hq_server.caller import Caller, CallFailed
from hq_server.config import HqSettings
from offline_queue.settings import SettingsWrong, read_toml

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - where it listens is a setting
"""Where to call a server that listens on every address of this machine."""

Command = Callable[..., None]
T = TypeVar("T")


def asks(command: Command) -> Command:
    """A command that speaks to the running server of the file SETTINGS."""
    at = click.option("--url", help="Where the server answers, when it is not where SETTINGS says.")
    settings = click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
    return settings(at(command))


def ask(settings_file: Path, url: str | None, question: Callable[[Caller], T]) -> T:
    """What the server answers. Raises click.ClickException, with what to do."""
    try:
        settings = read_toml(settings_file, HqSettings)
        token = read_token(settings_file.parent / settings.data)
        return question(Caller(url or url_of(settings.host, settings.port), token))
    except (SettingsWrong, CallFailed) as fault:
        raise click.ClickException(str(fault)) from fault


def url_of(host: str, port: int) -> str:
    """Where a server that listens there is called."""
    host = EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"
