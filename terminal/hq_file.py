"""hq.json in the till's data folder: where HQ is, and by what it is known. Enrolment makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from offline_queue.keys import write_private
from offline_queue.settings import SettingsWrong
from protocol.records import Number
from protocol.signing import PUBLIC_KEY_BYTES

HQ_FILE = "hq.json"

PublicKey = Annotated[bytes, msgspec.Meta(min_length=PUBLIC_KEY_BYTES, max_length=PUBLIC_KEY_BYTES)]


class HqFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HQ's address (`https://hq.example.com`), its public key, and the epoch in which it knows this till."""

    url: str
    public_key: PublicKey
    epoch: Number


def read_hq_file(data: Path) -> HqFile | None:
    """The file in this data folder; None when the till was never enrolled. Raises SettingsWrong."""
    path = data / HQ_FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=HqFile)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise SettingsWrong(f"{path} cannot be used: {fault}. Enrol the till again: counterfoil-till enrol.") from fault


def write_hq_file(data: Path, content: HqFile) -> None:
    """Write it whole, or not at all."""
    write_private(data / HQ_FILE, msgspec.json.encode(content))
