"""Taste that one file's syntax tree shows. A check yields (line, what is wrong) for one file."""

import ast
import re
from collections.abc import Callable, Iterator

from tests.tidy.sources import PACKAGES, Source

Fault = tuple[int, str]
Check = Callable[[Source], Iterator[Fault]]

CORE = {"checkout", "ledger", "loyalty", "protocol", "receipts"}
CLOCKS_AND_DICE = {"random", "secrets", "time"}
READINGS = {"getrandom", "now", "today", "urandom", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7"}
MODES = {"hosted", "proxy-run", "proxy_run", "real-time", "real_time", "transfer"}
MODES_HOME = "terminal/modes.py"
MOCK_LIBRARIES = {"mock", "pytest_mock", "unittest.mock"}
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore)(:\s*[A-Z0-9, ]+|\[[\w, -]+\])?\s*$")
FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 60


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Every name that a file imports, written in full: `from . import x` in a/b.py is a.x."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = source.package.split(".")[: len(source.package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def reads_clock_or_chance(source: Source) -> Iterator[Fault]:
    """In the core, clock, ids and chance are arguments."""
    if source.folder not in CORE:
        return
    for line, name in imports(source):
        if name.partition(".")[0] in CLOCKS_AND_DICE or name.rpartition(".")[2] in READINGS:
            yield line, f"the core imports {name}"
    called = {id(node.func) for node in source.nodes if isinstance(node, ast.Call)}
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in READINGS:
            owner = ast.unparse(node.value).rpartition(".")[2]
            if id(node) in called or owner in {"date", "datetime", "os", "uuid"}:
                yield node.lineno, f"the core reads {ast.unparse(node)}"


def _names_a_mode(node: ast.AST, question: str) -> bool:
    """`transfer` is a kind of record too, and any enum may have a HOSTED: these need the word mode beside them."""
    sure = "mode" in question.lower()
    return any(
        (isinstance(part, ast.Constant) and part.value in MODES and (sure or part.value != "transfer"))
        or (isinstance(part, ast.Attribute) and part.attr.lower() in MODES and sure)
        for part in ast.walk(node)
    )


def compares_a_mode(source: Source) -> Iterator[Fault]:
    """What differs by mode is an object, chosen once."""
    if source.path == MODES_HOME or source.folder not in PACKAGES:
        return
    for node in source.nodes:
        if isinstance(node, ast.Compare) and _names_a_mode(node, ast.unparse(node)):
            yield node.lineno, f"a mode is compared: {ast.unparse(node)}"
        elif isinstance(node, ast.Match):
            subject = ast.unparse(node.subject)
            for case in node.cases:
                if _names_a_mode(case.pattern, subject + ast.unparse(case.pattern)):
                    yield case.pattern.lineno, f"a mode is matched: {ast.unparse(case.pattern)}"


def swallows_an_exception(source: Source) -> Iterator[Fault]:
    """An exception is handled, turned into a value, or named in contextlib.suppress; it never just ends."""
    for node in source.nodes:
        match node:
            case ast.ExceptHandler(body=body) if all(_does_nothing(part) for part in body):
                yield node.lineno, "an exception is swallowed"
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
                if {ast.unparse(argument) for argument in args} & {"Exception", "BaseException"}:
                    yield node.lineno, "every exception is suppressed"
            case _:
                continue


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def imports_a_mock_library(source: Source) -> Iterator[Fault]:
    """Stand-ins speak the real bytes; an object that answers anything proves nothing."""
    for line, name in imports(source):
        if any(f"{name}.".startswith(f"{library}.") for library in MOCK_LIBRARIES):
            yield line, f"a mock library is imported: {name}"


def silences_without_a_reason(source: Source) -> Iterator[Fault]:
    """A tool is overruled with the reason on the same line, or not at all."""
    for line, text in enumerate(source.text.splitlines(), start=1):
        if SILENCED.search(text):
            yield line, "a tool is silenced without a reason"


def is_too_long(source: Source) -> Iterator[Fault]:
    """A file has one noun; a function that long has two."""
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield 1, f"the file has {lines} lines, more than {FILE_LINES_MAX}"
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines, more than {FUNCTION_LINES_MAX}"


CHECKS: tuple[Check, ...] = (
    reads_clock_or_chance,
    compares_a_mode,
    swallows_an_exception,
    imports_a_mock_library,
    silences_without_a_reason,
    is_too_long,
)
