"""The files that are ours, and how to read them."""

import ast
import configparser
import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {"__pycache__", "build", "dist", "node_modules"}

SETTINGS = configparser.ConfigParser()
SETTINGS.read(ROOT / "setup.cfg", encoding="utf-8")
PACKAGES = sorted(name.rstrip("*") for name in SETTINGS["options.packages.find"]["include"].split())


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root with forward slashes, its text, and every node that it parses to."""

    path: str
    text: str
    nodes: tuple[ast.AST, ...]

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """The package that `from . import x` in this file means."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    @property
    def folder(self) -> str:
        return self.path.partition("/")[0]


def parsed(text: str, path: str = "ledger/sample.py") -> Source:
    return Source(path, text, tuple(ast.walk(ast.parse(text))))


def files(root: Path = ROOT) -> Iterator[Path]:
    """Every file but those that tools make: no dot folders (except .ci), no build output."""
    for folder, names, leaves in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if name not in NOT_OURS and not name.endswith(".egg-info") and (name == ".ci" or not name.startswith("."))
        )
        yield from (Path(folder, leaf) for leaf in sorted(leaves))


def sources(root: Path = ROOT) -> list[Source]:
    """Each Python file. Millions of nodes, of which none is garbage: to look for it meanwhile takes twice the time."""
    paths = [path for path in files(root) if path.suffix == ".py"]
    gc.disable()
    try:
        return [parsed(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()) for path in paths]
    finally:
        gc.enable()
