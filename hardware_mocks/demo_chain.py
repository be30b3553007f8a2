"""A made-up chain as real programs: HQ, its stores' tills, a cable and a card reader for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from hardware_mocks.cable import Cable
from hardware_mocks.demo_cards import DemoCards
from hardware_mocks.demo_store import TAIWAN, Country, DemoStore
from hardware_mocks.demo_till import TRANSFER, DemoTill, TillManner
from hardware_mocks.hq_process import HqProcess
from hardware_mocks.loopback import LOOPBACK
from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import PROGRAM, HostProcess
from ledger.ids import Place, hosted_place
from terminal.enrolling import enrol

T = TypeVar("T")

PLACES = ("07-1", "07-2", "12-1", "12-2")
HAPPENS_S_MAX = 20.0
"""Of what a story waits for, on a slow machine."""
IN_TOUCH = ("answered", "resting", "by_medium")
"""Its line is up, or is down between two exchanges, or there is none as it should be."""
LOOKS_MAX = 100
STORE_NAMES = {"07": "中山店", "12": "信義店"}
HQ_SETTINGS = 'card_keys = "chain-cards.key"\ndata = "hq"\nport = 0\ntimezone = "{timezone}"\n'


class Held(NamedTuple):
    """What a member has at one place, in units."""

    principal: int
    bonus: int


class DemoChain:
    """The chain in `folder`, from `with` to its end; then every program that was started has ended, whatever happened.

    `manner` is that of all its tills; `hq_settings` are more lines of HQ's settings, such as `[placement.transfer]`.

    Example::

        with DemoChain(folder) as chain:
            chain.till("07-1").swipe(1)
            chain.till("07-1").load(500_00)
            chain.wait_until(lambda: chain.balances(1) == {"07-1": (500_00, 60_55)})
    """

    def __init__(
        self,
        folder: Path,
        *,
        places: Sequence[str] = PLACES,
        manner: TillManner = TRANSFER,
        hq_settings: str = "",
        country: Country = TAIWAN,
    ) -> None:
        self.folder = folder
        self.cards = DemoCards(folder)
        self.cards.write(country.currency, country.rules)
        self.hq_settings = folder / "hq.toml"
        self.hq_settings.write_text(HQ_SETTINGS.format(timezone=country.timezone) + hq_settings, "utf-8")
        self.hq = HqProcess(self.hq_settings, folder / "hq.log")
        self.tills: dict[str, DemoTill] = {}
        self.hosts: HostProcess | None = None
        """What keeps the tills' places at HQ, if there are any."""
        self.hosted: dict[str, Path] = {}
        """Those places, and their settings."""
        self._country = country
        self._manner = manner
        self._places = places
        self._stack = ExitStack()

    def till(self, place: str) -> DemoTill:
        """The till of that name, such as `07-1`."""
        return self.tills[place]

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # undone here when something does not start
            stack.enter_context(self.hq)
            stack.push(self._end)
            self.add_tills(*self._places)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, value, traceback)

    def name_lead(self, place: str, witness: str | None = None) -> Cable:
        """Make a till its store's lead, which copies its chain to the witness, and wait until all know of it.

        What comes back is the cable by which the others reach the lead, plugged in.
        """
        lan = self.order_lead(place, witness)
        self.wait_until_led(place, witness)
        return lan

    def order_lead(self, place: str, witness: str | None = None) -> Cable:
        """The same, without waiting: the tills are still to hear of it."""
        store, lead = place.partition("-")[0], self.till(place)
        lan = self._stack.enter_context(Cable())
        lan.lead_to(f"http://{LOOPBACK}:{lead.lan_port}")
        named = {"lead": place, "address": lan.url}
        if witness is not None:
            address = f"http://{LOOPBACK}:{self.till(witness).lan_port}"
            named |= {"witness": witness, "witness_address": address}
        self.hq.post(f"/v1/stores/{store}/leads", named)
        return lan

    def wait_until_led(self, place: str, witness: str | None = None) -> None:
        """Until the store's tills have heard of their lead, and reach it."""
        store, lead = place.partition("-")[0], self.till(place)
        others = [till for one, till in self.tills.items() if one.startswith(f"{store}-") and one != place]
        copied = None if witness is None else "answered"
        self.wait_until(lambda: lead.lead == {"place": place, "state": "here", "witness": copied})
        self.wait_until(lambda: all(till.lead == answers(place) for till in others))

    def add_tills(self, *places: str, manner: TillManner | None = None) -> None:
        """Enrol new tills with pairing codes, and start them."""
        tills = [self._new_till(place, manner or self._manner) for place in places]
        asyncio.run(self._enrol(tills))
        at_once(*(till.process.start for till in tills))
        self.wait_until(lambda: all(till.reader.connected and till.hq["state"] in IN_TOUCH for till in tills))

    def host(self, *places: str, program: Sequence[str] = PROGRAM) -> HostProcess:
        """Have HQ keep a place for each of these tills, in one program."""
        assert self.hosts is None, "one host keeps them all"
        cable = self._stack.enter_context(Cable(patient=True))
        cable.lead_to(lambda: self.hq.url)  # an HQ that is started again has another address
        for place in places:
            hosted, till = hosted_place(Place(place)), self.till(place)
            file = till.store.settings(till=hosted_place(Place(till.number)), enrols=True)
            asyncio.run(enrol(file, cable.url, self.pairing_code(hosted), again=False))
            self.hosted[hosted] = file
        hosts = HostProcess(list(self.hosted.values()), self.folder / "host.log", program=program)
        self.hosts = self._stack.enter_context(hosts)
        return self.hosts

    # ------------------------------------------------------------ what HQ knows

    def account(self, member: int) -> str:
        """The account of a member."""
        return self.cards.scheme().card(self.cards.card(member)).account

    def balances(self, member: int) -> dict[str, Held]:
        """What a member has, place by place, as far as HQ has posted it; places where nothing lies are left out."""
        places = self.hq.get(f"/v1/members/{self.account(member)}/balances")["places"]
        held = {one["place"]: Held(one["principal"], one["bonus"]) for one in places}
        return {place: has for place, has in held.items() if any(has)}

    def money(self, member: int) -> int:
        """All that HQ knows a member to have, wherever it lies or whereto it is on its way."""
        for _ in range(LOOKS_MAX):
            before = self._heads()
            units = sum(sum(has) for has in (*self.balances(member).values(), self.under_way(member)))
            if before == self._heads():  # otherwise some of it was on its way while we looked, and seen twice or never
                return units
        raise TimeoutError("value does not come to rest")

    def points(self, member: int) -> tuple[int, int]:
        """What a member has at all places together, and what is still owed of it, as far as HQ has posted it."""
        page = self.hq.get(f"/v1/accounts/{self.account(member)}")
        return sum(one["points"] for one in page["places"]), page["owed"]["points"]

    def under_way(self, member: int) -> Held:
        """What has left one place and has not come to another, as far as HQ has posted it."""
        said = self.hq.get(f"/v1/members/{self.account(member)}")
        return Held(0, 0) if "under_way" not in said else Held(*(said["under_way"][one] for one in Held._fields))

    def conservation(self) -> dict[str, Any]:
        """The first page of it, which has all of a demo's members."""
        said: dict[str, Any] = self.hq.get("/v1/conservation")
        assert said["after"] is None
        return said

    def head(self, place: str) -> dict[str, Any]:
        """HQ's view of a till: of the machine that keeps its place now."""
        *_, last = (one for one in self.hq.get("/v1/tills")["tills"] if one["keeper"] == place)
        return dict(last)

    def pairing_code(self, place: str) -> str:
        """A new one."""
        return str(self.hq.post("/v1/tills", {"place": place})["code"])

    def revoke(self, place: str) -> None:
        """HQ trusts a till no longer."""
        self.hq.post(f"/v1/tills/{place}/revocations", {})

    def block(self, member: int) -> None:
        """A member's card is lost."""
        self.hq.post("/v1/blocks", {"number": self.cards.card(member).digits})

    def unblock(self, member: int) -> None:
        """It is found again."""
        self.hq.post("/v1/unblocks", {"number": self.cards.card(member).digits})

    def join(self, member: int, name: str, phone: str, store: str = "07") -> None:
        """Somebody becomes a member."""
        who = {"number": self.cards.card(member).digits, "name": name, "phone": phone, "store": store}
        said = self.hq.post("/v1/members", who)
        assert "account" in said, said

    # ------------------------------------------------------------ waiting

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Until it holds. Raises TimeoutError after HAPPENS_S_MAX."""
        wait_until(condition, timeout_s=HAPPENS_S_MAX)

    def is_quiet(self) -> bool:
        """Whether HQ has posted all that the tills know, and nothing is under way; tills that are cut off aside."""
        tills = [till for till in self.tills.values() if not (till.is_cut or till.process.ended or till.hq["stopped"])]
        stand = {till.place: till.hq for till in tills}
        if any(one["waiting"] or one["state"] not in IN_TOUCH for one in stand.values()):
            return False
        heads = {one["keeper"]: one for one in self.hq.get("/v1/tills")["tills"]}
        if any(one["waits"] or one["held"] != one["posted"] for one in heads.values()):
            return False
        if not all(heads[place]["on_line"] for place, one in stand.items() if one["state"] == "answered"):
            return False
        return not any(purse["under_way"] for purse in self.conservation()["purses"])

    def wait_until_quiet(self) -> None:
        """Until nothing moves any more."""
        self.wait_until(self.is_quiet)

    def mend_all(self) -> None:
        """Every program runs, and every cable is in."""
        if self.hq.ended:
            self.hq.start()
        if self.hosts is not None and self.hosts.ended:
            self.hosts.start()
        for till in self.tills.values():
            if till.process.ended:
                till.start()
            till.mend()

    def end_programs(self) -> None:
        """End HQ and all tills; their books can be read then, and they may be started again."""
        hosts = () if self.hosts is None else (self.hosts,)
        running = [one for one in (self.hq, *hosts, *(till.process for till in self.tills.values())) if not one.ended]
        at_once(*(one.stop for one in running))

    def _heads(self) -> tuple[str, list[int]]:
        """How far HQ has come in its own chain, and in posting those of the tills."""
        return self.hq.get("/v1/hq")["head"], [one["posted"] for one in self.hq.get("/v1/tills")["tills"]]

    def _new_till(self, place: str, manner: TillManner) -> DemoTill:
        number, _, till = place.partition("-")
        country = replace(self._country, store_name=STORE_NAMES.get(number, number))
        store = DemoStore(self.folder / number, country, number, self.folder)
        new = DemoTill(store, till, lambda: self.hq.url, manner)
        self.tills[place] = new.__enter__()
        new.mend()
        return new

    async def _enrol(self, tills: Iterable[DemoTill]) -> None:
        codes = [(till, self.pairing_code(till.place)) for till in tills]
        await asyncio.gather(*(enrol(till.settings, till.cable.url, code, again=False) for till, code in codes))

    def _end(self, *_: object) -> None:
        try:
            self.end_programs()
        finally:
            with ExitStack() as stack:
                for till in self.tills.values():
                    stack.push(till)


def answers(lead: str) -> dict[str, str | None]:
    """How a till shows a lead that answers."""
    return {"place": lead, "state": "answered", "witness": None}


def at_once(*jobs: Callable[[], T]) -> list[T]:
    """Do these things at the same time; what comes of each. Raises what one of them raises, when all are over."""
    with ThreadPoolExecutor(max(len(jobs), 1)) as pool:
        return [one.result() for one in [pool.submit(job) for job in jobs]]


def begin(job: Callable[[], T]) -> Future[T]:
    """Do something beside the story; its result can be waited for."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(job)
    finally:
        pool.shutdown(wait=False)
