"""Keys at rest: files that only their program's user may read, made once."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32


class KeyUnusable(Exception):
    """A key file does not hold a key. Nothing was signed; restore the file, or enrol the till anew."""


class CardKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The chain's card secrets as they lie at HQ and at each till (JSON, bytes in base64); enrolment hands them on."""

    token_key: bytes
    stripe_keys: dict[int, bytes]


def till_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs this till's records; made at the first call. Raises KeyUnusable."""
    return signing_key(folder / "till.key")


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs a keeper's records; made at the first call. Raises KeyUnusable."""
    return Ed25519PrivateKey.from_private_bytes(secret(path))


def secret(path: Path) -> bytes:
    """32 secret bytes, made at the first call and safely on the disk when it returns. Raises KeyUnusable."""
    if not path.exists():
        _make(path)
    data = path.read_bytes()
    if len(data) != KEY_BYTES:
        raise KeyUnusable(f"{path} has {len(data)} bytes where a key has {KEY_BYTES}.")
    return data


def _make(path: Path) -> None:
    """Make a key, unless somebody else makes it at the same moment: the first one stays, and both read that."""
    ours = path.with_name(f"{path.name}-{os.getpid()}")
    write_private(ours, os.urandom(KEY_BYTES))
    try:
        path.hardlink_to(ours)
    except FileExistsError:
        return
    finally:
        ours.unlink()
    _sync_folder(path.parent)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read: the whole of it or nothing, and safely on the disk at its return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    # O_BINARY exists on Windows only, where text mode would change line feeds in a key.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    fresh.unlink(missing_ok=True)  # what a cut left half written may have been readable by others
    with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Without this a power cut can take a new name away, and with it the key of records that stand on the disk."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(opened)
        os.close(opened)
