"""The token by which HQ knows its own people and commands: whoever may read the file may ask."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from offline_queue.keys import write_private
from offline_queue.settings import SettingsWrong

TOKEN_BYTES = 32
TOKEN_FILE = "admin.token"  # noqa: S105 - the name of the file, not what is in it


def make_token(folder: Path, chance: Callable[[int], bytes]) -> str:
    """The token; made at the first call, in a file that only HQ's user may read. Raises SettingsWrong."""
    if not (folder / TOKEN_FILE).exists():
        write_private(folder / TOKEN_FILE, urlsafe_b64encode(chance(TOKEN_BYTES)) + b"\n")
    return read_token(folder)


def read_token(folder: Path) -> str:
    """The token of the HQ that keeps its data in this folder. Raises SettingsWrong."""
    path = folder / TOKEN_FILE
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsWrong(f"{path} cannot be read. HQ makes it when it starts; may you read its data?") from fault
    if len(token) < TOKEN_BYTES:
        raise SettingsWrong(f"{path} holds no token. Remove it, and HQ makes a new one when it starts.")
    return token
