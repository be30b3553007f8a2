"""A whole chain after its stories: everything is where it should be, and an auditor finds nothing in any half of it."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

from hardware_mocks.demo_cards import PREFIX
from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import DemoTill
from hardware_mocks.program import run_command
from hq_server.exporting import export_file
from terminal.exporting import export_till

NOBODY = 99
"""A card that no story uses."""
NUMBER = re.compile(PREFIX.encode() + rb"[0-9]{12}")
PHONE = "912345678"
"""As HQ keeps it, without what stands before it in its country."""


Hears: TypeAlias = Callable[[DemoChain], object]
"""How HQ comes to hear of all that the tills know, and they of all that it says. It returns when nothing moves."""


def prove_whole(chain: DemoChain, hears: Hears = DemoChain.wait_until_quiet) -> None:
    """Close the day at every till, look at HQ's lists, end all programs, and audit the exports of all their books."""
    close_days(chain, hears)
    assert unexplained(chain) == []
    assert lists(chain) == {"suspense": 0, "differences": 0, "waiting": 0}
    key = chain.hq.get("/v1/hq")["public_key"]
    chain.end_programs()
    audited = run_audit(chain, key)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert list(told(chain)) == []


def run_audit(chain: DemoChain, key: str, *words: str) -> CompletedProcess[str]:
    """What the auditor's program says of all books; every program has ended."""
    exports = map(str, _exports(chain))
    return run_command(sys.executable, "-m", "offline_queue.audit_program", *exports, "--hq-key", key, *words)


def everybody_on_line(chain: DemoChain, hears: Hears = DemoChain.wait_until_quiet) -> DemoChain:
    """Whatever the story before has done: each till has said something on its present line, and HQ has answered it."""
    chain.mend_all()
    for till in chain.tills.values():
        till.key_in(NOBODY)
        till.charge(1_00)
        till.exchange()
    hears(chain)
    return chain


def close_days(chain: DemoChain, hears: Hears = DemoChain.wait_until_quiet) -> None:
    """Every till whose records are taken closes its day while nothing is under way, and HQ has heard of it."""
    everybody_on_line(chain, hears)
    tills = [till for till in chain.tills.values() if till.hq["stopped"] is None]
    opened = {till.place: till.close_day()["opens"] for till in tills}
    hears(chain)
    chain.wait_until(lambda: all(chain.head(place)["business_date"] == opens for place, opens in opened.items()))
    hears(chain)


def unexplained(chain: DemoChain) -> list[object]:
    """The lots that do not add up at HQ."""
    said = chain.conservation()
    assert said["lots"] > 0
    return [*said["unexplained"]]


def lists(chain: DemoChain) -> dict[str, int]:
    """How long the lists are that should be empty."""
    return {name: chain.hq.get(f"/v1/{name}")["total"] for name in ("suspense", "differences", "waiting")}


def fresh(chain: DemoChain, till: DemoTill, total: int) -> dict[str, Any]:
    """The card before the cashier, once HQ has said there that its member has so much in all."""
    chain.wait_until(lambda: (till.look()["total_is_fresh"], till.look()["total"]) == (True, total))
    return till.look()


def told(chain: DemoChain) -> Iterator[str]:
    """The files in which a whole card number stands, and those outside HQ's book in which a member's phone does."""
    for file in sorted(chain.folder.rglob("*")):
        content = file.read_bytes() if file.is_file() else b""
        if NUMBER.search(content) or (PHONE.encode() in content and file.name != "hq.db"):
            yield str(file.relative_to(chain.folder))


def _exports(chain: DemoChain) -> list[Path]:
    folder = chain.folder / f"exports-{time.monotonic_ns()}"
    folder.mkdir()
    now_ms = time.time_ns() // 1_000_000
    files = []
    for settings in (*(till.settings for till in chain.tills.values()), *chain.hosted.values()):
        files.append(folder / f"{settings.parent.name}-{settings.stem}.counterfoil")
        export_till(settings, files[-1], now_ms=now_ms)
    files.append(folder / "hq.counterfoil")
    export_file(chain.folder / "hq" / "hq.db", files[-1], now_ms=now_ms)
    return files
