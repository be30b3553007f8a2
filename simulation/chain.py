"""A whole chain in one process: HQ and all tills as real programs, their machines, and the cables between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from functools import partial
from random import Random
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.promotions import IsFunded
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Rules
from ledger.ids import ChainId, Place, agent_of, hosted_place
from loyalty.promotions import Promotion
from protocol.conversation import AnyMessage, Ask, Ordered, Records, Told
from protocol.promotions import Funded
from protocol.records import SignedRecord
from simulation.checks.chain import Keeper
from simulation.checks.committed import Committed
from simulation.checks.printed import Printed
from simulation.checks.proof import ChainProof
from simulation.checks.truth import Truth
from simulation.company import FUNDED_TIMES, Company, Member, members, scheme
from simulation.head_office import SOMEBODY, HeadOffice
from simulation.loop import Program, VirtualLoop
from simulation.machine import Machine, WentOff
from simulation.net import Cable, Net
from simulation.shop import ZONE, Fate, Manner, ShopTill
from terminal.exchanges import ExchangeRules
from terminal.modes import ModeName
from terminal.store import TillStore

T = TypeVar("T")

START_MS = int(datetime(2026, 11, 23, 15, 0, tzinfo=ZONE).timestamp() * 1000)
"""A Monday, before the shops open, which sell until dawn: the date changes while they do."""
STARTS_S_MAX = 60.0
MANNERS: tuple[Manner, ...] = (
    (ModeName.TRANSFER, ExchangeRules(after_records=40)),
    (ModeName.REAL_TIME, None),
    (ModeName.TRANSFER, None),
)
"""How one store after another is run at first."""
HOSTED: Manner = (ModeName.HOSTED, None)
HOSTED_EVERY, HOSTED_ODDS = 3, 0.5
"""Of so many stores one has places at HQ, and is hosted from the first day on or later."""
CHECK_EVERY = 60
"""Calls to books between two looks at all of them."""
MACHINES_S = (0.5, 120.0)
"""How long a machine that went off is off."""


class Size(msgspec.Struct, frozen=True):
    """How large a chain is."""

    stores: int = 2
    tills: int = 2
    """In each store."""


class Chain:
    """What the checks look at, too (simulation.checks.chain)."""

    def __init__(self, seed: int, company: Company) -> None:
        self.chance = Random(f"counterfoil {seed}")
        self.company = company
        self.step = company.programme.currency.charge_step
        self.loop = VirtualLoop(self._fork())  # type: ignore[abstract]  # sockets, signals and processes are no part of this world
        self.net = Net(self.loop, self._fork())
        self.truth = Truth(company.programme)
        self.stories = self.keepers_changed = 0
        """Lost tills of which not all is done yet, and how often it has changed who keeps which place."""
        self.rests = asyncio.Event()
        """It is to come to an end: nobody lets time pass any more."""
        self.watch: Callable[[], None] = _nothing
        self.waiting = 0
        """Operations that were asked and are not known to be done or not."""
        self.calls = 0
        """Calls to books."""
        self.looks = self.outages = 0
        self._by_name: dict[str, Machine[HqStore] | Machine[TillStore]] = {}
        self.committed = Committed(self.truth)
        self.printed = Printed()
        self.scheme = scheme(company.programme, self._fork())
        self.members = members(self.scheme, company.members)
        self.wan = Cable("hq")
        self.hq = HeadOffice(
            self.net, self._fork(), self.new_key(), (Rules(company.programme, company.placement), self.scheme), START_MS
        )
        self.tills: list[ShopTill] = []
        """Those in the shops, and their places at HQ."""
        self.hosts = Cable("hosts")
        """By which the places at HQ reach it."""
        self.cables: dict[str, tuple[Cable, Cable]] = {}
        """Of each store: its line to HQ, and its LAN."""
        self._seen: dict[str, bytes] = {}
        self.proof = ChainProof(self)
        self.net.said = self._hear
        self.loop.after_disk = self._after_disk

    def open(self, size: Size) -> None:
        """Everybody is enrolled and on line; nothing fails yet."""
        self._start(self.hq.machine)
        for store in range(size.stores):
            name = f"{store + 1:02}"
            self.cables[name] = Cable(f"{name} to hq"), Cable(f"{name} lan")
            for number in range(size.tills):
                self._enrol(Place(f"{name}-{number + 1}"))
        for name in list(self.cables)[1::HOSTED_EVERY]:
            for till in self.in_shops(name):
                self._enrol(hosted_place(till.name.keeper))
            if self.chance.random() < HOSTED_ODDS:
                self.do(partial(self.hq.machine.ask, partial(self._have_hosted, name)))

        for promotion in self.company.programme.promotions:
            if promotion.uses:
                self._fund(promotion)

    def _fund(self, promotion: Promotion) -> None:
        """Half of it is to be given before the date changes."""
        for times, last_day in ((FUNDED_TIMES // 2, None), (FUNDED_TIMES - FUNDED_TIMES // 2, self.today)):
            units = times * promotion.uses
            self.waiting += 1
            funded = Funded(f"fund-{promotion.name}-{last_day}", promotion.name, units, last_day, SOMEBODY)
            said = self.do(partial(self.hq.machine.ask, partial(self.hq.desk.fund, funded)))
            assert said is IsFunded.NOW
            self.truth.gifts.fund(promotion.name, units, last_day)
            self.waiting -= 1

    async def _have_hosted(self, store: str) -> None:
        await self.hq.desk.run_store(store, ModeName.HOSTED)

    def in_shops(self, store: str | None = None) -> list[ShopTill]:
        """The tills before which customers stand: of one store, or of all."""
        tills = [till for till in self.tills if agent_of(till.name.keeper) is None and till.fate is Fate.IN_SHOP]
        return [till for till in tills if store in (None, till.name.store)]

    def running(self) -> list[ShopTill]:
        """All tills but those whose machines are lost."""
        return [till for till in self.tills if till.fate is not Fate.LOST]

    def host_of(self, till: ShopTill) -> ShopTill | None:
        """A till's place at HQ; None where none is kept."""
        place = hosted_place(till.name.keeper)
        return next((one for one in self.tills if one.name.keeper == place), None)

    # What the checks want

    @property
    def now_ms(self) -> int:
        """By a clock that is right."""
        return START_MS + round(self.loop.time() * 1000)

    @property
    def today(self) -> str:
        """The calendar's date (ISO 8601)."""
        return datetime.fromtimestamp(self.now_ms / 1000, ZONE).date().isoformat()

    @property
    def all_is_told(self) -> bool:
        """Whether nobody waits for the answer to something that may have been committed."""
        return not self.waiting

    @property
    def revoked(self) -> set[ChainId]:
        """Whose key HQ trusts no longer, by its book. Raises WentOff: nobody reads that while HQ is off."""
        if not self.hq.machine.is_on:
            raise WentOff
        return set(self.hq.machine.store.keeping(lambda keepers: keepers.revoked()))

    @property
    def gone(self) -> set[ChainId]:
        """Whose machine is lost: it says nothing more."""
        return {till.name for till in self.tills if till.fate is Fate.LOST}

    def is_open(self, till: Keeper) -> bool:
        """Whether HQ may ask a till for value, and give it some."""
        return self.hq.machine.store.keeping(lambda keepers: keepers.is_open(*till.name))

    # What a run does

    def regulars(self, store: str) -> list[Member]:
        """The members who mostly come to a store."""
        return self.members[list(self.cables).index(store) :: len(self.cables)]

    def do(self, work: Callable[[], Coroutine[Any, Any, T]], *, within_s: float = STARTS_S_MAX) -> T:
        """Have somebody outside do something, and let time pass until it is done."""
        task = self.loop.spawn(self.loop.world, work())
        assert self.loop.run_until_true(task.done, within_s=within_s), "it takes too long"
        return task.result()

    def machines(self) -> list[Machine[HqStore] | Machine[TillStore]]:
        """HQ's and those of all tills, but for those that are lost."""
        return [self.hq.machine, *(till.machine for till in self.running())]

    def look(self) -> None:
        """Every invariant that holds at any time, unless a book cannot be read now. Raises AssertionError."""
        if all(machine.is_on for machine in self.machines()) and not self.has_copies():
            self.look_at_tills()
            self.proof.check()
            self.looks += 1

    def look_at_tills(self) -> None:
        """What holds of each till by itself, at any time. Raises AssertionError."""
        for till in self.tills:
            self.committed.look(till)
            self.printed.look(till)

    def has_copies(self) -> bool:
        """Whether somebody has put an old copy into a till."""
        return any(till.has_copy for till in self.tills)

    async def pass_time(self, seconds: float) -> None:
        """Wait so long; less, where all is to come to an end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.rests.wait(), seconds)

    def close(self) -> None:
        """Everybody goes home."""
        machines = [*self.machines(), *(till.machine for till in self.tills if till.fate is Fate.LOST)]
        for machine in machines:
            machine.went_off = _nothing
            if machine.program is not None:
                machine.go_off()
        self.loop.wind_up()
        for machine in machines:
            machine.repair()

    # How it is made

    def _enrol(self, place: Place) -> None:
        key = self.new_key()
        raw_key = key.public_key().public_bytes_raw()
        epoch = self.do(lambda: self.hq.machine.ask(lambda: self.hq.enrol(place, raw_key)))
        machine = self.set_up(ChainId(place, epoch), key).machine
        assert self.loop.run_until_true(lambda: machine.is_serving, within_s=STARTS_S_MAX), f"{machine.name} is not up"

    def set_up(self, name: ChainId, key: Ed25519PrivateKey) -> ShopTill:
        """A new machine for who was enrolled so. It starts."""
        place = name.keeper
        line, lan = self.cables[name.store]
        company = (self.company.programme, self.scheme)
        manner = MANNERS[list(self.cables).index(name.store) % len(MANNERS)]
        cables = (self.wan, line, lan)
        if agent_of(place) is not None:
            manner, cables = HOSTED, (self.hosts, self.hosts, lan)
        till = ShopTill(name, key, self.net, self._fork(), company, cables, manner, START_MS)
        till.hq_key = self.hq.public_key
        self.tills.append(till)
        if till.printer is not None:
            till.printer.began = lambda strip: self.printed.began(till, strip, is_believed=not till.has_copy)
        self.switch_on(till.machine)
        return till

    def switch_on(self, machine: Machine[HqStore] | Machine[TillStore]) -> None:
        """From here on somebody looks after it."""
        self._by_name[machine.name] = machine
        machine.went_off = partial(self._repair_soon, machine)
        machine.switch_on()

    def _start(self, machine: Machine[HqStore] | Machine[TillStore]) -> None:
        self.switch_on(machine)
        assert self.loop.run_until_true(lambda: machine.is_serving, within_s=STARTS_S_MAX), f"{machine.name} is not up"

    def _repair_soon(self, machine: Machine[HqStore] | Machine[TillStore]) -> None:
        off_s = self.chance.uniform(*MACHINES_S)
        self.outages += 1
        self.loop.call_later(off_s, self._come_back, machine, context=self.loop.world.context.copy())

    def _come_back(self, machine: Machine[HqStore] | Machine[TillStore]) -> None:
        if not machine.was_killed:
            keepers: list[HeadOffice | ShopTill] = [self.hq, *self.tills]
            for keeper in keepers:
                if keeper.machine is machine:
                    keeper.marker.lose_power(machine.chance)
        machine.repair()
        machine.switch_on()

    def _after_disk(self, program: Program) -> None:
        """A call to a book has been made, and nobody has heard of it yet."""
        machine = self._by_name.get(program.name)
        if machine is None or machine.program is not program:
            return
        machine.called()
        self.calls += 1
        if machine.disk.is_off:
            machine.go_off()
            return
        if machine is self.hq.machine:
            self.watch()
        for till in self.tills:
            if till.machine is machine and not till.has_copy:
                self.committed.called(till)
        if self.calls % CHECK_EVERY == 0:
            self.look()

    def _hear(self, program: Program, message: AnyMessage) -> None:
        """A program has given this to a line: what it signed has left it, and is the only record of that name."""
        if program is self.hq.machine.program:
            self.hq.hear(message)
        match message:
            case Ordered(records=records) | Records(records=records):
                for signed in records:
                    self._sees(signed)
            case Ask(asked=signed):
                self._sees(signed)
            case Told(told=SignedRecord() as signed):
                self._sees(signed)
            case _:
                pass

    def _sees(self, signed: SignedRecord) -> None:
        ref = str(signed.open().ref)
        assert self._seen.setdefault(ref, signed.hash) == signed.hash, f"two records {ref} have left one machine"

    def _fork(self) -> Random:
        return Random(self.chance.random())

    def new_key(self) -> Ed25519PrivateKey:
        """Of somebody who is to be enrolled."""
        return Ed25519PrivateKey.from_private_bytes(self.chance.randbytes(32))


def _nothing() -> None:
    """Nobody wants to know."""
