"""docs/hq-api.md says what the program does: no route, setting, command, code or reason is missing or made up."""

import re
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
import pytest

import hq_server
from hq_server.api.problems import STATUS
from hq_server.api.routes import ROUTES
from hq_server.config import HqSettings
from hq_server.posting import Doubt
from hq_server.program import main
from ledger.judging import Refusal
from offline_queue.gateway import door, hosting, line, login, socket_wire

DOCUMENT = (Path(hq_server.__file__).parents[1] / "docs" / "hq-api.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table whose first column has this heading, without the heading."""
    lines = DOCUMENT.splitlines()
    begin = next(number for number, text in enumerate(lines) if text.startswith(f"| {heading} |"))
    rows = []
    for text in lines[begin + 2 :]:
        if not text.startswith("|"):
            break
        rows.append([cell.strip() for cell in text.strip("|").split(" |")])
    return rows


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def commands(group: click.Group, words: str) -> Iterable[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            arguments = [one for one in command.params if isinstance(one, click.Argument)]
            named = [one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments if one.name]
            yield " ".join([words, name, *named])


def test_every_route_is_told() -> None:
    assert [named(row[0])[0] for row in table("route")] == [f"{route.method} {route.path}" for route in ROUTES]


def test_every_setting_is_told_with_its_default() -> None:
    told = {named(row[0])[0]: named(row[1])[0] for row in table("setting")}
    defaults = msgspec.to_builtins(HqSettings())
    assert told == {name: _written(name, value) for name, value in defaults.items()}


def test_every_bound_of_placement_is_told_with_its_default() -> None:
    told = {named(row[0])[0]: [int(*named(cell)) for cell in row[1:5]] for row in table("placement")}
    defaults = msgspec.to_builtins(HqSettings().placement)
    assert f"`quota_percent` (`{defaults.pop('quota_percent')}`)" in DOCUMENT
    assert list(defaults) == ["transfer", "real_time", "points", "proxy_run"]
    assert told == {name: [one[name] for one in defaults.values()] for name in defaults["points"]}


def _written(name: str, value: object) -> str:
    """As it stands in the file: a text in quotes, a table under its heading."""
    match value:
        case str():
            return f'"{value}"'
        case dict():
            return f"[{name}]"
        case _:
            return str(value)


def test_every_command_is_told() -> None:
    told = [named(row[0])[0] for row in table("command")]
    assert sorted(told) == sorted(commands(main, "counterfoil-hq"))


def test_every_problem_is_told_with_its_status() -> None:
    told = [(named(code)[0], int(status)) for code, status, *_ in table("code")]
    assert sorted(told) == sorted((code.value, status.value) for code, status in STATUS.items())


def test_every_reason_of_suspense_is_told() -> None:
    told = [reason for row in table("reason") for reason in named(row[0])]
    assert sorted(told) == sorted([*(refusal.name.lower() for refusal in Refusal), *Doubt])


@pytest.mark.parametrize("module", [door, hosting, line, login, socket_wire])
def test_every_reason_for_which_a_line_ends_is_told(module: object) -> None:
    told = {reason for row in table("close code") for reason in named(row[1])}
    source = Path(str(module.__dict__["__file__"])).read_text("utf-8")
    assert set(re.findall(r'LineOver\([\w.]+, "(\w+)"\)', source)) <= told | {"hung_up"}


def test_bounds_are_told_as_they_are() -> None:
    for said in (
        f"within {login.LOGIN_S_MAX:g} s",
        f"After {socket_wire.HEARTBEAT_S:g} s of silence",
        f"gives {socket_wire.HEARTBEAT_S / 2:g} s for a sign of life",
        f"takes nothing for {socket_wire.SEND_S_MAX:g} s",
    ):
        assert said in DOCUMENT
