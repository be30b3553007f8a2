"""The ways of running a store, as a story needs them: an object for each, and no story asks which one it has."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hardware_mocks.cable import Cable
from hardware_mocks.demo_chain import DemoChain, Held
from hardware_mocks.demo_till import TRANSFER, DemoTill, TillManner
from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import PROGRAM
from ledger.ids import Place, hosted_place
from tests.scenarios.stick import Stick
from tests.scenarios.test_another_mode import run_store
from tests.scenarios.whole_chain import fresh

EVENINGS_MAX = 8
PLACEMENT = "".join(
    f"[placement.{mode}]\nmember_units = 30_000\ntill_units = 100_000_000\ntills = 2\n"
    for mode in ("transfer", "real_time", "proxy_run")
)
"""NT$300 of a member may lie ready at a till, or with a lead."""
TELLS_S = 1.0
"""On a line that is up HQ says within so long what lies where, or the line was not."""


@dataclass(frozen=True)
class Way:
    """Two tills whose lines are kept up: of two stores, or of one, the first till of which leads.

    What other ways change of this is below.
    """

    manner: TillManner = TRANSFER
    has_lead: bool = False
    refused: str = "lies_elsewhere"
    """How more than lies within reach is declined; HQ has said what lies elsewhere."""
    host_program: Sequence[str] = PROGRAM
    """What keeps the places at HQ, if there are any."""
    refused_elsewhere: str = "original_unknown"
    """What the second till says of a slip of the first one's, of which nothing is left."""

    @property
    def places(self) -> tuple[str, str]:
        """The first till, which leads if there is a lead, and the second."""
        return ("07-1", "07-2") if self.has_lead else ("07-1", "12-1")

    @property
    def homes(self) -> set[str]:
        """Where something lies ready of a member who was at both tills."""
        return {"07-1"} if self.has_lead else set(self.places)

    def open(self, chain: DemoChain) -> Cable | None:
        """Before the first customer comes; the cable by which the others reach the lead."""
        return chain.name_lead("07-1") if self.has_lead else None

    def hears(self, chain: DemoChain) -> None:
        """HQ hears of all that the tills know, and they of what it says, until nothing moves any more."""
        chain.wait_until_quiet()

    def sell_at_the_second(self, chain: DemoChain, member: int) -> int:
        """What the first till has taken in is spent at the second; what the member has more by it."""
        sold = chain.till(self.places[1]).sell(member, 20_00)
        assert sold["outcome"] == "done", sold
        return -20_00

    def lose_hq(self, chain: DemoChain) -> None:
        """HQ is killed, and the tills know."""
        chain.hq.kill()
        chain.wait_until(lambda: {till.hq["state"] for till in chain.tills.values()} == {"not_reached"})

    def cut_off(self, chain: DemoChain, till: DemoTill) -> None:
        """One till has no line to HQ, and knows."""
        till.cut()
        chain.wait_until(lambda: till.hq["state"] == "not_reached")

    def load_without_hq(self, chain: DemoChain, member: int, money: int) -> int:  # noqa: ARG002 - others need it
        """What has to be loaded before anything can be sold while HQ is away."""
        return 0

    def within_reach(self, chain: DemoChain, till: DemoTill, member: int) -> int:
        """What a till can sell while HQ is away: what lies there, or with the lead that it draws from."""
        own = int(till.swipe(member)["spendable"])
        lead = chain.till("07-1")
        return own + int(lead.swipe(member)["spendable"]) if self.has_lead and till is not lead else own

    def shown(self, chain: DemoChain, till: DemoTill, member: int) -> tuple[int, int]:
        """What a till can spend of a member's, by its own book and by HQ's; HQ has said there what lies where."""
        self.present(chain, till, member)
        spendable = fresh(chain, till, chain.money(member))["spendable"]
        return int(spendable), sum(chain.balances(member).get(till.place, (0, 0)))

    def present(self, chain: DemoChain, till: DemoTill, member: int) -> None:  # noqa: ARG002 - others need it
        """Swipe a member's card, so that HQ is asked what lies where."""
        till.swipe(member)

    def told(self, known: dict[str, Held], till: DemoTill, drawn: int) -> dict[str, int]:
        """What a till says of other places: what HQ knew before it was lost, less what the lead gave since."""
        elsewhere = {place: sum(held) for place, held in known.items() if place != till.place}
        if drawn:
            elsewhere["07-1"] -= drawn
        return elsewhere


class Resting(Way):
    """The line rests between exchanges, which need a reason, or somebody who wants one."""

    def hears(self, chain: DemoChain) -> None:
        """Each till calls until there is nothing more to say."""
        chain.wait_until(lambda: self._all_have_called(chain) and chain.is_quiet())

    def lose_hq(self, chain: DemoChain) -> None:
        """Nobody notices."""
        chain.hq.kill()

    def present(self, chain: DemoChain, till: DemoTill, member: int) -> None:
        """A swipe asks HQ while the line is up, and when the till has just hung up nobody: then it is swiped again."""
        chain.wait_until(lambda: self._is_told(till, member))

    def _is_told(self, till: DemoTill, member: int) -> bool:
        till.exchange()
        till.swipe(member)
        with suppress(TimeoutError):
            wait_until(lambda: till.look()["total_is_fresh"], timeout_s=TELLS_S)
        return bool(till.look()["total_is_fresh"])

    def _all_have_called(self, chain: DemoChain) -> bool:
        for till in chain.tills.values():
            till.exchange()
        return True


class Hosted(Way):
    """HQ keeps the tills' places, and all value lies there."""

    @property
    def homes(self) -> set[str]:
        """Nothing lies ready."""
        return set()

    def open(self, chain: DemoChain) -> Cable | None:
        """HQ keeps a place for each till, and the stores are run from there."""
        lan = super().open(chain)
        chain.host(*chain.tills, program=self.host_program)
        for store in sorted({place.partition("-")[0] for place in chain.tills}):
            run_store(chain, store, "hosted")
        chain.wait_until(lambda: {till.status["mode"] for till in chain.tills.values()} == {"hosted"})
        self.hears(chain)
        return lan

    def hears(self, chain: DemoChain) -> None:
        """The places at HQ are on line, too."""
        chain.wait_until(lambda: all(chain.head(hosted_place(Place(place)))["on_line"] for place in chain.tills))
        chain.wait_until_quiet()

    def load_without_hq(self, chain: DemoChain, member: int, money: int) -> int:
        """Nothing that lies at HQ is sold; a till takes loads into its own book, and sells from there."""
        tills = [chain.till(place) for place in self.places]
        for till in tills:
            no = till.sell(member, 30_00)
            assert (no["outcome"], no["decline"], no["elsewhere"]) == ("declined", "lies_elsewhere", money), no
        loads = [till.load(300_00) for till in tills]
        assert [one["outcome"] for one in loads] == ["done", "done"]
        assert [one["receipt_number"].partition("-0")[0] for one in loads] == [*self.places]
        return 600_00

    def shown(self, chain: DemoChain, till: DemoTill, member: int) -> tuple[int, int]:
        """All that the member has."""
        spendable, _ = super().shown(chain, till, member)
        return spendable, chain.money(member)


class ByMedium(Way):
    """There is no line: files go to HQ and back, each evening."""

    def open(self, chain: DemoChain) -> Cable | None:
        """No byte goes through the cables from here on."""
        for till in chain.tills.values():
            till.cable.holds_up = till.cable.holds_down = True
        if not self.has_lead:
            return None
        lan = chain.order_lead("07-1")
        self.hears(chain)
        chain.wait_until_led("07-1")
        return lan

    def cut_off(self, chain: DemoChain, till: DemoTill) -> None:
        """It is."""

    def hears(self, chain: DemoChain) -> None:
        """So many evenings that nothing is left to be carried."""
        stick = Stick(chain, chain.folder / "stick")
        for _ in range(EVENINGS_MAX):
            stick.evening()
            if chain.is_quiet():
                return
        raise AssertionError("what is carried never comes to an end")

    def shown(self, chain: DemoChain, till: DemoTill, member: int) -> tuple[int, int]:
        """No medium tells a till what lies elsewhere."""
        return int(till.swipe(member)["spendable"]), sum(chain.balances(member).get(till.place, (0, 0)))

    def told(self, known: dict[str, Held], till: DemoTill, drawn: int) -> dict[str, int]:  # noqa: ARG002 - the same
        """Nothing: it does not know, and says so."""
        return {}

    def lose_hq(self, chain: DemoChain) -> None:
        """The tills do not know, as ever."""
        chain.hq.kill()
        assert {till.hq["state"] for till in chain.tills.values()} == {"by_medium"}


class ByMediumAlone(ByMedium):
    """What is taken in at one till comes to another store's by the stick, once the member was there."""

    def sell_at_the_second(self, chain: DemoChain, member: int) -> int:
        """First there is nothing; then what was placed there."""
        second = chain.till(self.places[1])
        refused = second.sell(member, 20_00)
        assert refused["outcome"] == "declined", refused
        assert second.load(100_00)["outcome"] == "done"
        assert second.sell(member, 120_00)["outcome"] == "declined", "HQ has not heard of it"
        self.hears(chain)
        return 100_00 + super().sell_at_the_second(chain, member)


RESTING = TillManner(exchange="after_records = 5\nlinger_s = 0.3\n")
REAL_TIME = TillManner(mode="real_time")
PROXY_RUN = TillManner(mode="proxy_run")

WAYS: dict[str, Way] = {
    "transfer": Way(),
    "transfer, with a lead": Way(has_lead=True),
    "transfer, at rest": Resting(RESTING),
    "transfer, at rest, with a lead": Resting(RESTING, has_lead=True),
    "real time": Way(REAL_TIME),
    "real time, with a lead": Way(REAL_TIME, has_lead=True),
    "hosted": Hosted(),
    "hosted, with a lead": Hosted(has_lead=True),
    "proxy-run": ByMediumAlone(PROXY_RUN, refused="not_enough_here", refused_elsewhere="right_elsewhere"),
    "proxy-run, with a lead": ByMedium(
        PROXY_RUN, has_lead=True, refused="not_enough_here", refused_elsewhere="more_than_left"
    ),
}
