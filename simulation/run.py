"""One run of a chain from its seed: days of customers and faults, then rest, and everything is looked at."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from ledger.ids import HEADQUARTERS, ChainId, agent_of
from ledger.slices import Asset
from simulation.cashier import Cashier
from simulation.chain import Chain, Size
from simulation.checks.rights_held import passed_on
from simulation.company import Company
from simulation.digest import digest
from simulation.faults import befall
from simulation.logs import overheard
from simulation.report import Report
from simulation.resting import come_to_rest, printing
from simulation.shop import ShopTill
from simulation.signatures import checked_once
from terminal.exchanges import Occasion

HOUR_S, DAY_S = 3_600.0, 86_400.0
OPENS_S, CLOSES_S = 2 * 3600.0, 14 * 3600.0
"""From the beginning of a day of a run, which is three in the afternoon."""
NEXT_DATE_S = (7 * 3600.0, 12 * 3600.0)
"""When a till closes its business day, and goes on selling: before midnight, or after it."""
FAULTS_A_DAY = 3.8
"""For each till."""
LOOK_S = 1800.0
"""Between two looks at what lies where."""
EXCHANGE_S = 3600.0
LATE_S_MAX = 6 * 3600.0
"""So long after the last day everybody has gone home."""


class Outcome(NamedTuple):
    """What a run has come to. `digest` is the same for the same arguments (SHA-256, hex)."""

    digest: str
    report: Report


def run(seed: int, size: Size, days: int, company: Company | None = None) -> Outcome:
    """Let a chain live for so many days. Raises AssertionError where something is not as it must be."""
    with overheard() as log, checked_once():
        chain = Chain(seed, company or Company())
        log.listen(chain.loop)
        try:
            chain.open(size)
            return _Life(chain, days).live()
        finally:
            chain.close()


class _Life:
    def __init__(self, chain: Chain, days: int) -> None:
        self._chain, self._days = chain, days
        self._report = Report()
        self._cashiers = [Cashier(chain, till, self._report, self._fork()) for till in chain.in_shops()]
        self._selling = len(self._cashiers)
        """How many of them have not gone home yet."""

    def live(self) -> Outcome:
        chain = self._chain
        for one in self._cashiers:
            chain.loop.begin(self._sell(one))
        schedules = [self._exchange(till) for till in chain.tills if till.exchange is not None]
        work = (self._befall(), self._watch(), *schedules)
        others = [chain.loop.begin(one) for one in work]
        ends_s = self._days * DAY_S + LATE_S_MAX
        assert chain.loop.run_until_true(lambda: not self._selling, within_s=ends_s), "nobody goes home"
        for task in others:
            task.cancel()
        come_to_rest(chain)
        for cashier in self._cashiers:
            cashier.go_to_the_latest()
            if cashier.till in printing(chain):
                chain.do(cashier.slips.settle, within_s=HOUR_S)
        come_to_rest(chain)
        self._check_words()
        self._check_exports()
        losses = chain.proof.losses()
        self._bring_all_back()
        self._report.outages, self._report.looks = chain.outages, chain.looks
        self._report.promised(chain.truth.promises)
        self._report.gave(chain.truth.gifts)
        self._report.rights_passed = passed_on(chain)
        self._report.written_off, self._report.paid = losses
        self._report.let_go, self._report.let_go_units = chain.truth.let_go.sales, chain.truth.let_go.units
        self._report.slips, self._report.copies = chain.printed.counts()
        return Outcome(digest(chain), self._report)

    async def _sell(self, cashier: Cashier) -> None:
        chance, loop = self._fork(), self._chain.loop
        for day in range(self._days):
            await asyncio.sleep(max(day * DAY_S + OPENS_S + chance.uniform(0, 1200) - loop.time(), 0))
            closes_s, is_closed = day * DAY_S + chance.uniform(*NEXT_DATE_S), False
            while loop.time() < day * DAY_S + CLOSES_S:
                await cashier.serve()
                if loop.time() >= closes_s and not is_closed:
                    is_closed = await cashier.close_day()
                await asyncio.sleep(chance.expovariate(self._chain.company.customers_a_day / (CLOSES_S - OPENS_S)))
        self._selling -= 1

    async def _exchange(self, till: ShopTill) -> None:
        """By schedule: the programs' own (terminal.jobs) go by the machine's clock, which stands still here."""
        while True:
            await asyncio.sleep(EXCHANGE_S)
            await till.latest.machine.try_ask(partial(_call_hq, till.latest))

    async def _befall(self) -> None:
        """One fault after another, some of them at once. The last ones may last until the shops have closed."""
        chain, chance = self._chain, self._fork()
        mean_s = (CLOSES_S - OPENS_S) / (FAULTS_A_DAY * len(chain.tills))
        while True:
            opens_s = chain.loop.time() // DAY_S * DAY_S + OPENS_S
            await asyncio.sleep(max(opens_s - chain.loop.time(), 0) + chance.expovariate(1 / mean_s))
            if chain.loop.time() % DAY_S <= CLOSES_S:
                chain.loop.begin(befall(chain, chance, self._tell))
            else:
                await asyncio.sleep(DAY_S - chain.loop.time() % DAY_S)

    async def _watch(self) -> None:
        """What lies where, as HQ's book has it."""
        chain = self._chain
        while True:
            await asyncio.sleep(LOOK_S)
            if chain.hq.machine.is_on:
                held = self._held()
                cut_off = {till.name for till in chain.tills if not self._is_reached(till)}
                self._report.exposure.append(sum(held.values()))
                self._report.stranded.append(sum(units for till, units in held.items() if till in cut_off))

    def _held(self) -> dict[ChainId, int]:
        """By keepers; but for what was written off, which lies at HQ."""
        purses = ", ".join(f"'{purse}'" for purse in Asset.MONEY.purses)
        rows = self._chain.hq.machine.store._connection.execute(
            f"select place, epoch, sum(units) from slices where place <> ? and purse in ({purses})"  # noqa: S608 - our own names
            " and (place, epoch) not in (select keeper, epoch from write_offs where agreed_by is not null)"
            " group by place, epoch",
            (HEADQUARTERS,),
        )
        return {ChainId(*keeper): int(units) for *keeper, units in rows}

    def _is_reached(self, till: ShopTill) -> bool:
        if agent_of(till.name.keeper) is not None:
            return till.machine.is_on and self._chain.hosts.is_in
        line, _ = self._chain.cables[till.name.store]
        return till.machine.is_on and line.is_in and self._chain.wan.is_in

    def _check_words(self) -> None:
        """What a till has answered is still so, and what it said it never did it has not done since."""
        stores = {till.name: till.machine.store for till in self._chain.tills}
        for (name, operation_id), answer in self._chain.truth.answers.items():
            found, said = stores[name].find(operation_id), msgspec.structs.replace(answer, cashier_message=None)
            assert found == said, f"{operation_id} was answered {answer}, and now it is {found}"
        self._chain.truth.pos_numbers.check_told(self._chain.truth.answers)
        for cashier in self._cashiers:
            for operation_id, till in cashier.never.items():
                found = till.machine.store.find(operation_id)
                assert found is None, f"{operation_id} was not done, the till said, and now it is {found}"

    def _check_exports(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = self._chain.proof.audit(Path(folder))
        assert not found, "\n".join(found)

    def _bring_all_back(self) -> None:
        """As if nobody had ever bought anything. It is not a day of the chain's, and not in its report."""
        for cashier in self._cashiers:
            cashier.report = Report()
            for (name, receipt), original in list(self._chain.truth.originals.items()):
                if name in cashier.served:
                    self._chain.do(partial(cashier.bring_back, receipt, original))
        come_to_rest(self._chain)
        self._chain.proof.check_all_is_undone()
        claims = self._chain.truth.with_claims() & {till.name for till in self._chain.in_shops()}
        assert not claims, f"all was brought back, and stores have claims on sales of {claims}"

    def _tell(self, fault: str) -> None:
        self._report.faults[fault] = self._report.faults.get(fault, 0) + 1

    def _fork(self) -> Random:
        return Random(self._chain.chance.random())


async def _call_hq(till: ShopTill) -> None:
    till.till.exchange(Occasion.SCHEDULE)
