"""The bench: a made-up chain to be tried by hand, HQ and two tills as real programs with virtual devices."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_mocks.bench_hq import BenchHq
from hardware_mocks.bench_keeping import Kept
from hardware_mocks.bench_members import FIRST_LOADS, PROMOTIONS, FirstLoad
from hardware_mocks.bench_ports import Ports
from hardware_mocks.bench_till import BenchTill, TillPlan
from hardware_mocks.demo_store import TAIWAN, DemoStore
from hardware_mocks.program import DidNotStart

TILLS = (
    TillPlan("07", "1", "中山店", "transfer", 8370),
    TillPlan("12", "1", "信義店", "real_time", 8371),
)
HQ_PORT = 8380
COUNTRY = replace(TAIWAN, rules=PROMOTIONS)
SEEDED = "seeded"


class Bench:
    """The chain in `folder`, from `with` to its end; then every program that was started has ended.

    At the first start tills are enrolled, members join, and some load money. Raises DidNotStart.
    """

    def __init__(self, folder: Path, ports: Ports) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.hq = BenchHq(folder, COUNTRY, ports.take(HQ_PORT))
        self.tills = {plan.place: _till(folder, plan, ports, self.hq.url) for plan in TILLS}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # undone here when something does not start
            for till in self.tills.values():
                stack.enter_context(till)
            stack.callback(self._end)
            self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def programs(self) -> list[Kept]:
        """HQ's and the tills'."""
        return [self.hq.kept, *(till.kept for till in self.tills.values())]

    def watch(self) -> str:
        """Start again what has ended by itself; what there is to say. Raises DidNotStart."""
        return "\n".join(filter(None, [kept.watch() for kept in self.programs]))

    def _start(self) -> None:
        new = [till for till in self.tills.values() if not till.is_enrolled]
        if new:
            self.hq.kept.start()
            codes = [(till, self.hq.pairing_code(till.plan.place)) for till in new]
            at_once(self.hq.take_members_in, *(lambda till=till, code=code: till.enrol(code) for till, code in codes))
        at_once(*(kept.start for kept in self.programs))
        at_once(*(till.reader.wait_until_connected for till in self.tills.values()))
        if not (self.folder / SEEDED).exists():
            self._seed()

    def _seed(self) -> None:
        """Again after a first start that broke off: what was done then stays done once."""
        self.hq.take_members_in()
        self.hq.fund_promotions()
        for number, first in enumerate(FIRST_LOADS):
            self._load(first, f"first-load-{number}")
        (self.folder / SEEDED).touch()

    def _load(self, first: FirstLoad, operation_id: str) -> None:
        till = self.tills[first.place].process
        if "outcome" in till.get(f"/v1/operations/{operation_id}"):
            return
        card = till.post("/v1/presentations", {"number": self.hq.cards.card(first.which).digits})["presentation"]
        body = {"operation_id": operation_id, "presentation": card, "amount": first.units, "tender": "cash"}
        said = till.post("/v1/loads", body)
        if said.get("outcome") != "done":
            raise DidNotStart(0, f"till {first.place} did not load card {first.which}: {said}")
        self.tills[first.place].clear_counter(card)

    def _end(self) -> None:
        at_once(*(kept.end for kept in self.programs))


def at_once(*jobs: Callable[[], object]) -> None:
    """Do these things at the same time. Raises what the first of those that failed raised, when all are over."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        doing = [pool.submit(job) for job in jobs]
    for done in doing:
        done.result()


def _till(folder: Path, plan: TillPlan, ports: Ports, hq_url: str) -> BenchTill:
    country = replace(COUNTRY, store_name=plan.store_name)
    store = DemoStore(folder / plan.store, country, plan.store, folder)
    return BenchTill(plan, store, ports.take(plan.port), hq_url)
