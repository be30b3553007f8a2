"""What each route asks of HQ."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from aiohttp import web

from hq_server.api.bodies import (
    Empty,
    HqHello,
    MemberBalances,
    NewTill,
    Pairing,
    Person,
    RecoveryState,
    StoreLead,
    StoreMode,
    Tills,
)
from hq_server.api.problems import Flaw, HqProblem
from hq_server.conservation import ConservationPage
from hq_server.desk import Desk
from hq_server.enrolling import NotEnrolled
from hq_server.recovery import Ended
from hq_server.storage.hosting import Unhosted
from hq_server.storage.showing import Showing
from hq_server.views import DifferenceList, ExposureList, HqView, KeeperView, PromiseList, SuspenseList, WaitList
from hq_server.write_offs import Decided
from ledger.ids import AccountId, ChainId, Place, RecordRef, parse_place
from offline_queue.gateway.door import Door
from offline_queue.rate import TokenBucket
from protocol.enrolment import CODE_VALID_S, TRIES_MAX, EnrolmentAnswer, EnrolmentRequest

API_VERSION = "1"
TILLS_PAGE_MAX = 200
PLACES_NAMED_MAX = 8
"""In one sentence."""
ENROLMENTS_PER_S = 5
ENROLMENTS_BURST = 20
"""Anybody may try, and each try is a commit."""
REFUSED = {
    Decided.KEEPER_UNKNOWN: HqProblem.PLACE_UNKNOWN,
    Decided.STILL_OPEN: HqProblem.STILL_OPEN,
    Decided.RECOVERING: HqProblem.RECOVERING,
}
"""Why nothing is written off."""


@dataclass(frozen=True, slots=True)
class Office:
    """What lies behind the API."""

    desk: Desk
    door: Door
    enrolments: TokenBucket


async def hello(_office: Office, _request: web.Request) -> HqHello:
    """Who answers here; cheap."""
    return HqHello("counterfoil-hq", API_VERSION)


async def line(office: Office, request: web.Request) -> web.StreamResponse | Flaw | HqProblem:
    """A till's line, as a WebSocket."""
    # A subprotocol that we do not have would be logged with its caller's words.
    if not web.WebSocketResponse().can_prepare(request) or "Sec-WebSocket-Protocol" in request.headers:
        return Flaw(HqProblem.BAD_REQUEST, "This is a WebSocket (RFC 6455) without a subprotocol.")
    return HqProblem.BUSY if office.door.is_crowded else await office.door.serve(request)


async def enrol(
    office: Office, _request: web.Request, body: EnrolmentRequest
) -> EnrolmentAnswer | NotEnrolled | HqProblem:
    """Enrol a till that knows its pairing code."""
    if not office.enrolments.try_take(1, office.desk.world.monotonic_s()):
        return HqProblem.BUSY
    return await office.desk.enrol(body)


async def headquarters(office: Office, _request: web.Request) -> HqView:
    """HQ as its tills know it."""
    return await office.desk.headquarters()


async def tills(office: Office, request: web.Request) -> Tills | Flaw:
    """Every till with its heads, and whether its line is up; with `limit` a page of them, behind `after`."""
    asked = _page_of(request)
    if asked is None:
        return Flaw(HqProblem.BAD_REQUEST, f"`limit` is 1 to {TILLS_PAGE_MAX}, `after` a till's epoch such as 07-2/1.")
    after, most = asked
    views = await office.desk.showing(lambda showing: showing.keepers(after, most))
    total = await office.desk.showing(Showing.keepers_total)
    last = f"{views[-1].keeper}/{views[-1].epoch}" if len(views) == most else None
    recovery = await office.desk.recovery()
    return Tills([_with_line(view, office.door) for view in views], total, last, office.desk.world.now_ms(), recovery)


async def add_till(office: Office, _request: web.Request, body: NewTill) -> Pairing | Flaw:
    """Make a pairing code for a new till, or for one that is paired anew."""
    store = body.place.partition("-")[0]
    if body.store not in (None, store):
        return Flaw(HqProblem.BAD_REQUEST, f"The store of {body.place} is {store}.")
    code = await office.desk.offer(Place(body.place), store)
    return Pairing(body.place, code, CODE_VALID_S, TRIES_MAX)


async def revoke_till(office: Office, request: web.Request, _body: Empty) -> Tills | HqProblem:
    """Trust no key of a place any longer; what HQ holds of it stands."""
    place = parse_place(request.match_info["place"])
    return HqProblem.PLACE_UNKNOWN if place is None else await _revoked(office, place, None)


async def revoke_machine(office: Office, request: web.Request, _body: Empty) -> Tills | HqProblem:
    """The same of one machine: others that had the place before it, or have it since, stay as they are."""
    ref = RecordRef.parse(f"{request.match_info['place']}/{request.match_info['epoch']}/0")
    return HqProblem.PLACE_UNKNOWN if ref is None else await _revoked(office, ref.keeper, ref.epoch)


async def _revoked(office: Office, place: Place, epoch: int | None) -> Tills | HqProblem:
    if not await office.desk.revoke(place, epoch):
        return HqProblem.PLACE_UNKNOWN
    views = await office.desk.showing(Showing.keepers)
    return Tills([_with_line(view, office.door) for view in views if view.keeper == place])


async def write_off(office: Office, request: web.Request, body: Person) -> Tills | HqProblem:
    """Somebody would write off what lies at a lost till; a second person does."""
    place, epoch = request.match_info["place"], request.match_info["epoch"]
    ref = RecordRef.parse(f"{place}/{epoch}/0")
    if ref is None:
        return HqProblem.PLACE_UNKNOWN
    decided = await office.desk.write_off(ChainId(ref.keeper, ref.epoch), body.by)
    if decided in REFUSED:
        return REFUSED[decided]
    views = await office.desk.showing(Showing.keepers)
    return Tills([_with_line(view, office.door) for view in views if (view.keeper, view.epoch) == (place, ref.epoch)])


async def run_store(office: Office, request: web.Request, body: StoreMode) -> Tills | Flaw | HqProblem:
    """Have a store run in another way; each till says by its records since when it does."""
    store = request.match_info["store"]
    ran = await office.desk.run_store(store, body.mode)
    if isinstance(ran, Unhosted):
        more = len(ran.places) - PLACES_NAMED_MAX
        places = [*ran.places[:PLACES_NAMED_MAX], *([f"+{more}"] if more > 0 else [])]
        return Flaw(HqProblem.NOT_HOSTED, values={"places": ", ".join(places)})
    if not ran:
        return HqProblem.STORE_UNKNOWN
    return await _tills_of(office, store)


async def lead_store(office: Office, request: web.Request, body: StoreLead) -> Tills | HqProblem:
    """Name the lead of a store, or say that it has none; each till is told who its neighbours are."""
    store = request.match_info["store"]
    if not await office.desk.lead_store(store, body.named_lead, body.named_witness):
        return HqProblem.STORE_UNKNOWN if body.lead is None else HqProblem.PLACE_UNKNOWN
    return await _tills_of(office, store)


async def _tills_of(office: Office, store: str) -> Tills:
    views = await office.desk.showing(Showing.keepers)
    return Tills([_with_line(view, office.door) for view in views if view.store == store])


async def recovery(office: Office, _request: web.Request) -> RecoveryState:
    """How far HQ's recovery is."""
    return RecoveryState(await office.desk.recovery())


async def end_recovery(office: Office, _request: web.Request, body: Person) -> RecoveryState | HqProblem:
    """Somebody would have HQ give out again; where tills are silent, a second person has to."""
    if await office.desk.end_recovery(body.by) is Ended.NOT_RECOVERING:
        return HqProblem.NOT_RECOVERING
    return RecoveryState(await office.desk.recovery())


async def suspense(office: Office, _request: web.Request) -> SuspenseList:
    """The records that the book could not take."""
    return await office.desk.showing(Showing.suspense)


async def exposure(office: Office, _request: web.Request) -> ExposureList:
    """What stores let go at their own risk."""
    return await office.desk.showing(lambda showing: showing.exposure.all())


async def differences(office: Office, _request: web.Request) -> DifferenceList:
    """The day closes at which till and HQ differ."""
    return await office.desk.showing(Showing.differences)


async def waiting(office: Office, _request: web.Request) -> WaitList:
    """The records that wait for another keeper's."""
    return await office.desk.showing(Showing.waiting)


async def promises(office: Office, _request: web.Request) -> PromiseList:
    """The promised refunds that are neither given nor taken back, and for what each waits."""
    return await office.desk.promises()


async def conservation(office: Office, request: web.Request) -> ConservationPage:
    """Some accounts, added up, from the one after `after` on."""
    after = request.query.get("after", "")
    return await office.desk.showing(lambda showing: showing.lots.page(after))


async def balances(office: Office, request: web.Request) -> MemberBalances:
    """What a member has, place by place."""
    account = AccountId(request.match_info["account"])
    return MemberBalances(account, await office.desk.showing(lambda showing: showing.balances(account)))


def _page_of(request: web.Request) -> tuple[tuple[str, int], int] | None:
    """After which till to begin, and how many to show; -1: all. None when it is not said as it should be."""
    limit, after = request.query.get("limit"), request.query.get("after")
    last = None if after is None else RecordRef.parse(f"{after}/0")
    if (after is not None and last is None) or (limit is not None and not re.fullmatch(r"[1-9][0-9]{0,2}", limit)):
        return None
    begin = ("", 0) if last is None else (last.keeper, last.epoch)
    return begin, -1 if limit is None else min(int(limit), TILLS_PAGE_MAX)


def _with_line(view: KeeperView, door: Door) -> KeeperView:
    return msgspec.structs.replace(view, on_line=door.is_up(ChainId(Place(view.keeper), view.epoch)))
