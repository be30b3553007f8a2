"""What the bench's page shows: which programs are up, what was done to the devices, and the last slips."""

from __future__ import annotations

import msgspec

from hardware_mocks.bench import Bench
from hardware_mocks.bench_keeping import Kept
from hardware_mocks.bench_members import MEMBERS
from hardware_mocks.bench_till import BenchTill
from hardware_mocks.demo_cards import DemoCards

SLIPS_SHOWN = 4


class ProgramSight(msgspec.Struct, frozen=True):
    """A program; `pid` is None while it is down."""

    url: str
    pid: int | None


class MemberSight(msgspec.Struct, frozen=True):
    """A member's card; name and number are masked."""

    which: int
    name: str
    card: str


class TillSight(msgspec.Struct, frozen=True):
    """A till. `condition` has the word that was last said of each device; `slips` are paths, the newest first."""

    place: str
    store: str
    mode: str
    program: ProgramSight
    hears_reader: bool
    condition: dict[str, str]
    slips: list[str]
    hint: str


class BenchSight(msgspec.Struct, frozen=True):
    """The whole bench."""

    hq: ProgramSight
    tills: list[TillSight]
    members: list[MemberSight]


def sight(bench: Bench) -> BenchSight:
    """As it is now."""
    return BenchSight(
        hq=_program(bench.hq.kept, bench.hq.url),
        tills=[_till(till) for till in bench.tills.values()],
        members=_members(bench.hq.cards),
    )


def _program(kept: Kept, url: str) -> ProgramSight:
    return ProgramSight(f"{url}/", kept.program.pid if kept.is_up else None)


def _till(till: BenchTill) -> TillSight:
    newest = till.album.newest(SLIPS_SHOWN)
    return TillSight(
        place=till.plan.place,
        store=till.plan.store_name,
        mode=till.plan.mode,
        program=_program(till.kept, till.url),
        hears_reader=till.reader.connected,
        condition=till.condition,
        slips=[f"/slips/{till.plan.place}/{file.name}" for file in newest],
        hint=till.album.hint,
    )


def _members(cards: DemoCards) -> list[MemberSight]:
    return [MemberSight(one.which, one.masked, str(cards.card(one.which))) for one in MEMBERS]
