"""./run simulate: the same arguments have the same digest, in any process; a seed that fails is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation.__main__ import main
from tests.simulation import simulation_faults

ROOT = Path(__file__).parents[2]


def simulating(*arguments: str, hash_seed: str) -> subprocess.Popen[str]:
    """A process of its own, in which sets of texts lie in another order."""
    return subprocess.Popen(
        [sys.executable, "-m", "simulation", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_same_arguments_have_the_same_digest_in_any_process_and_another_seed_has_another() -> None:
    """With these, HQ tells several tills at once that are on line: in the order of a set the digests would differ."""
    arguments = ("--seeds", "1", "--stores", "1", "--tills", "3", "--seed")
    processes = [simulating(*arguments, "3", hash_seed=hash_seed) for hash_seed in ("1", "4711")]
    other = CliRunner().invoke(main, [*arguments, "4"])
    one, again = (process.communicate(timeout=120)[0] for process in processes)
    assert one == again
    assert "1 runs of 1 stores with 3 tills each" in one
    assert one.splitlines()[-1].startswith("digest ")
    assert other.exit_code == 0
    assert other.output.splitlines()[-1] != one.splitlines()[-1]


def test_a_seed_that_fails_is_said_with_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation_faults.take_without_posting(monkeypatch)
    monkeypatch.setattr(sys, "argv", ["simulate", "--stores", "2", "--seeds", "5", "--seed=3"])
    found = CliRunner().invoke(main, sys.argv[1:])
    assert found.exit_code == 1
    assert found.stdout.startswith("seed 3: ")
    said, _, again = found.stdout.strip().rpartition("\nagain: ./run simulate ")
    assert again == "--stores 2 --seeds 1 --seed 3"
    assert CliRunner().invoke(main, again.split()).stdout.startswith(said)


def test_a_programme_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "programme.toml").write_text("version = 7\n", "utf-8")
    found = CliRunner().invoke(main, ["--programme", str(tmp_path / "programme.toml")])
    assert found.exit_code == 1
    assert "programme.toml" in found.output
