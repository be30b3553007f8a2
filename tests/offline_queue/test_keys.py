"""Keys at rest: made once, safely, and never guessed when the file is wrong."""

import os
import stat
from pathlib import Path

import pytest

from offline_queue.keys import KEY_BYTES, KeyUnusable, secret, till_key


def test_a_key_is_made_once_and_is_the_same_ever_after(tmp_path: Path) -> None:
    first = secret(tmp_path / "keys" / "token.key")
    assert len(first) == KEY_BYTES
    assert secret(tmp_path / "keys" / "token.key") == first
    assert secret(tmp_path / "keys" / "other.key") != first


def test_a_till_signs_with_the_same_key_after_a_restart(tmp_path: Path) -> None:
    before = till_key(tmp_path).public_key()
    before.verify(till_key(tmp_path).sign(b"message"), b"message")


def test_only_the_tills_user_may_read_a_key(tmp_path: Path) -> None:
    path = tmp_path / "till.key"
    secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_but_the_key_is_left_in_the_folder(tmp_path: Path) -> None:
    secret(tmp_path / "till.key")
    assert [path.name for path in tmp_path.iterdir()] == ["till.key"]


def test_a_file_half_written_when_the_power_went_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / f"till.key-{os.getpid()}.new").write_bytes(b"half")
    key = secret(tmp_path / "till.key")
    assert len(key) == KEY_BYTES
    assert (tmp_path / "till.key").read_bytes() == key


def test_a_half_written_file_that_others_could_read_is_not_what_the_key_goes_into(tmp_path: Path) -> None:
    (tmp_path / f"till.key-{os.getpid()}.new").write_bytes(b"half")
    (tmp_path / f"till.key-{os.getpid()}.new").chmod(0o644)
    secret(tmp_path / "till.key")
    assert stat.S_IMODE((tmp_path / "till.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_a_file_of_the_wrong_size_is_no_key_and_is_left_alone(tmp_path: Path, size: int) -> None:
    (tmp_path / "till.key").write_bytes(bytes(size))
    with pytest.raises(KeyUnusable, match=rf"till\.key has {size} bytes where a key has 32"):
        till_key(tmp_path)
    assert (tmp_path / "till.key").read_bytes() == bytes(size)


def test_what_is_wrong_with_a_key_says_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "till.key").write_bytes(b"very secret")
    with pytest.raises(KeyUnusable) as refused:
        secret(tmp_path / "till.key")
    assert "secret" not in str(refused.value).replace(str(tmp_path), "")
