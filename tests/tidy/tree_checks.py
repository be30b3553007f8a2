"""Taste that shows only when files are seen together, or that lies outside Python. Each check lists what is wrong."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.tidy.code_checks import imports
from tests.tidy.sources import files, sources

# Written in pieces, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(FIX" + r"ME|TO" + r"DO|X" + r"XX|HA" + r"CK)\b|^(<{7}|>{7})(?= )")
REGISTRY = re.compile(r"(py" + r"pi\.org|python" + r"hosted\.|npm" + r"js\.|\bdeb\.deb" + r"ian\.)", re.IGNORECASE)
LOCK_LINE = re.compile(r"[a-z0-9][a-z0-9.-]*==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(<?([^)\s>]+)")
NAMED_DOCUMENT = re.compile(r"`([\w./-]+\.md)`")


def unused_modules(root: Path, packages: Sequence[str], programs: Sequence[str]) -> list[str]:
    """Modules that nothing imports: dead code, or a wire that was never connected.

    A program (`console_scripts`, `__main__`) needs no importer. An import by a test counts for the bench only, which is
    there for tests.
    """
    everything = sources(root)
    modules = {source.module: source for source in everything if source.folder in packages}
    imported = {name for source in everything for name in _reached(source.folder, imports(source), modules)}
    return sorted(
        module
        for module, source in modules.items()
        if not source.path.endswith(("/__init__.py", "/__main__.py")) and module not in {*imported, *programs}
    )


def _reached(folder: str, names: Iterator[tuple[int, str]], modules: Mapping[str, object]) -> Iterator[str]:
    for _, name in names:
        module = name if name in modules else name.rpartition(".")[0]
        if folder != "tests" or module.startswith("hardware_mocks."):
            yield module


def shared_names(ours: Sequence[str], distributions: Mapping[str, Sequence[str]]) -> list[str]:
    """Our top-level names that another distribution installs too: the later one would silently overwrite the first."""
    return [name for name in ours if set(distributions.get(name, ())) != {"counterfoil"}]


def odd_lock_lines(text: str) -> list[str]:
    """Lines of a lock that are neither a pinned package nor its hash: an address, an option, an unpinned name."""
    return [line for line in text.splitlines() if not LOCK_LINE.fullmatch(line)]


def odd_skip_lines(text: str) -> list[str]:
    """Allowed skips without the command that removes them."""
    return [line for line in text.splitlines() if not line.startswith("#") and line.count("\t") != 1]


def left_in_text(root: Path) -> list[str]:
    """Words and marks (of a merge) that say unfinished, and hosts of registries, one for each site, in any text."""
    return [
        f"{path.relative_to(root)}:{number}: {found[0]}"
        for path in files(root)
        for number, line in enumerate(_text(path).splitlines(), start=1)
        for found in (UNFINISHED.search(line), REGISTRY.search(line))
        if found
    ]


def _text(path: Path) -> str:
    """A file's text; nothing for pictures, fonts and what others have written (*.min.js)."""
    content = b"" if ".min." in path.name else path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def missing_documents(root: Path) -> list[str]:
    """Links in documents, and documents named in them, that lead nowhere."""
    return [
        f"{path.relative_to(root)}: {target}"
        for path in files(root)
        if path.suffix == ".md"
        for target in _targets(FENCE.sub("", path.read_text(encoding="utf-8")))
        if not (path.parent / target).exists() and not (root / target).exists()
    ]


def _targets(text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        place = target.partition("#")[0]
        if place and ":" not in place:
            yield place
    yield from NAMED_DOCUMENT.findall(text)
