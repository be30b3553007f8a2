"""Who gives a till what it lacks for a sale: what a story needs of it in which the answer is late, or never comes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hardware_mocks.cable import Cable
from hardware_mocks.demo_chain import DemoChain, answers
from hardware_mocks.demo_till import DemoTill, TillManner
from tests.scenarios import till_that_dies
from tests.scenarios.ways import WAYS, Way
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

DYING = (sys.executable, str(Path(till_that_dies.__file__)))
LOADED = 560_55
MODES = ("transfer", "real_time", "proxy_run")
AHEAD = "[placement.{mode}]\nmember_units = {units}\ntill_units = 100_000_000\ntills = 2\n"


@dataclass(frozen=True)
class Giver:
    """HQ gives, by the line that till `asks` has to it. At `holder` and `elsewhere` members load and pay, too."""

    way: Way
    asks: str = "12-1"
    holder: str = "12-2"
    elsewhere: str = "07-1"
    share: int = 300_00
    """So much of a member may lie ready at a till."""
    unanswered: str = "lies_elsewhere"
    """What the till says of a sale for which nothing has come in time."""
    comes_late: str = "lies_elsewhere"
    """And what it says in the end."""
    load_meanwhile: str = "done"
    killed_before: str = "unknown_operation"
    """What it says in the end of a sale before the commit of which it was killed."""

    def only_it_gives(self, chain: DemoChain) -> None:
        """From here on nobody else can be asked."""

    def cable(self, chain: DemoChain, lan: Cable | None) -> Cable:  # noqa: ARG002 - a lead's is the other
        """Through which the answer comes."""
        return chain.till(self.asks).cable

    def wait_until_given(self, chain: DemoChain, member: int, units: int) -> None:
        """Until it has let it go, for a sale at `asks`."""
        chain.wait_until(lambda: chain.under_way(member) == (units, 0))

    def reached_again(self, chain: DemoChain) -> None:
        """Every line is up."""
        chain.till(self.asks).mend()
        self.way.hears(chain)


class RestingLine(Giver):
    """The line is up for a while, as some other reason has called HQ."""

    def only_it_gives(self, chain: DemoChain) -> None:
        """It rests again long after the story."""
        till = chain.till(self.asks)
        till.exchange()
        chain.wait_until(lambda: till.hq["state"] == "answered")


@dataclass(frozen=True)
class PlaceAtHq(Giver):
    """The till's place at HQ sells, and tells; till then nobody in the shop knows."""

    unanswered: str = "outcome_unknown"
    comes_late: str = "done"
    load_meanwhile: str = "outcome_unknown"
    killed_before: str = "done"

    def wait_until_given(self, chain: DemoChain, member: int, units: int) -> None:
        """Until it has sold."""
        chain.wait_until(lambda: chain.money(member) == LOADED - units)


@dataclass(frozen=True)
class Lead(Giver):
    """The store's lead lends, by the LAN, and HQ is not reached from where it is asked."""

    asks: str = "07-2"
    holder: str = "07-1"
    elsewhere: str = "07-1"
    share: int = 2_000_00

    def only_it_gives(self, chain: DemoChain) -> None:
        """In real time HQ would be asked first, and in any mode after it."""
        self.way.cut_off(chain, chain.till(self.asks))

    def cable(self, chain: DemoChain, lan: Cable | None) -> Cable:  # noqa: ARG002 - HQ's is the other
        """The lead's."""
        assert lan is not None
        return lan

    def wait_until_given(self, chain: DemoChain, member: int, units: int) -> None:
        """Until the lead shows less."""
        lead = chain.till(self.holder)
        lead.swipe(member)
        chain.wait_until(lambda: lead.look()["spendable"] == LOADED - units)

    def reached_again(self, chain: DemoChain) -> None:
        """The lead, too."""
        super().reached_again(chain)
        chain.wait_until(lambda: chain.till(self.asks).lead == answers(self.holder))


@dataclass
class Bench:
    """A whole chain, and who gives there."""

    giver: Giver
    chain: DemoChain
    lan: Cable | None

    @property
    def till(self) -> DemoTill:
        """Which asks, and dies when it is told to."""
        return self.chain.till(self.giver.asks)

    @property
    def elsewhere(self) -> DemoTill:
        """Another one."""
        return self.chain.till(self.giver.elsewhere)

    def put_in(self, member: int) -> None:
        """A member loads where the giver can give it from, and comes to the till that has nothing."""
        holder = self.chain.till(self.giver.holder)
        holder.key_in(member)
        assert holder.load(500_00)["bonus"] == 60_55
        self.giver.way.hears(self.chain)
        assert self.chain.money(member) == LOADED
        assert self.till.place not in self.chain.balances(member)
        self.till.swipe(member)
        self.giver.only_it_gives(self.chain)

    def hold(self) -> None:
        """What the giver says stays in the cable."""
        self.giver.cable(self.chain, self.lan).holds_down = True

    def mend(self) -> None:
        """It comes, and all lines are up."""
        self.giver.cable(self.chain, self.lan).holds_down = False
        self.giver.reached_again(self.chain)

    def sell(self, till: DemoTill, member: int, units: int) -> None:
        """As soon as whoever was late is no more in doubt."""
        self.chain.wait_until(lambda: till.sell(member, units)["outcome"] == "done")

    def money(self, member: int) -> int:
        """When nothing moves any more."""
        self.giver.way.hears(self.chain)
        return self.chain.money(member)

    def wait_until_said(self, operation_id: str, word: str) -> dict[str, Any]:
        """Until the till says so of an operation; all that it says of it."""
        self.chain.wait_until(lambda: said(self.till.was_it_done(operation_id)) == word)
        return self.till.was_it_done(operation_id)


def said(answer: dict[str, Any]) -> str:
    """An answer in a word: why not, or what came of it."""
    return str(answer.get("decline") or answer.get("code") or answer["outcome"])


@contextmanager
def bench_of(giver: Giver, folder: Path) -> Iterator[Bench]:
    """The till that asks is one that dies; in the end everything is audited."""
    way = giver.way
    places = dict.fromkeys((giver.elsewhere, giver.holder))
    settings = "".join(AHEAD.format(mode=mode, units=giver.share) for mode in MODES)
    with DemoChain(folder, places=[*places], manner=way.manner, hq_settings=settings) as chain:
        chain.add_tills(giver.asks, manner=way.manner._replace(program=DYING))
        lan = way.open(chain)
        yield Bench(giver, chain, lan)
        prove_whole(chain, way.hears)


def on_line(bench: Bench) -> Bench:
    """Whatever the story before has done."""
    if bench.lan is not None:
        bench.lan.holds_down = False
    everybody_on_line(bench.chain, bench.giver.way.hears)
    return bench


CALLS_FOR_LONG = TillManner(exchange="after_records = 50\nlinger_s = 8\n")


def ways(name: str) -> Way:
    """As in the day's stories, with places at HQ that die when they are told to."""
    return replace(WAYS[name], host_program=DYING)


GIVERS: dict[str, Giver] = {
    "real time": Giver(ways("real time")),
    "transfer": Giver(ways("transfer")),
    "transfer, at rest": RestingLine(replace(WAYS["transfer, at rest"], manner=CALLS_FOR_LONG)),
    "real time, by the lead": Lead(ways("real time, with a lead")),
    "transfer, by the lead": Lead(ways("transfer, with a lead")),
    "proxy-run, by the lead": Lead(
        ways("proxy-run, with a lead"), unanswered="not_enough_here", comes_late="not_enough_here"
    ),
    "hosted": PlaceAtHq(ways("hosted")),
    "hosted, with a lead": PlaceAtHq(ways("hosted, with a lead"), "07-2", "07-1", "07-1"),
}
