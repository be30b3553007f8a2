"""What the routes about accounts, records and days ask of HQ, for its pages."""

from __future__ import annotations

import re

from aiohttp import web

from hq_server.account_views import AccountPage, Holder, HolderList
from hq_server.api.bodies import About, CurrencyView, GivenTotals, MemberSearch
from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.day_totals import DayPage, DaySales, ZTotal
from hq_server.member_views import ByPurse
from hq_server.members import MemberFile, NotKept
from hq_server.record_views import RecordList, RecordView
from ledger.ids import AccountId, Place, RecordRef, parse_place
from ledger.slices import DAY_PATTERN
from protocol.phones import normalised
from receipts.wording import Language, Wording

WORDS = ("currency.", "hq_page.", "hq_problem.", "medium.", "mode.")
"""What HQ's pages say; they need it before anybody has signed in, and it is no secret."""
_DATE = re.compile(DAY_PATTERN)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
NO_DATE = Flaw(HqProblem.BAD_REQUEST, "`business_date` is a date such as 2026-11-22.")


async def about(office: Office, _request: web.Request) -> About:
    """What a page has to know before it can show money and time."""
    desk = office.desk
    stamp, currency = desk.world.stamp(desk.zone), desk.currency
    symbols = {one.value: Wording.load().money(0, currency, one).replace(currency.format(0), "") for one in Language}
    shown = CurrencyView(currency.code, currency.minor_digits, currency.shown_digits, symbols)
    return About(stamp.now_ms, desk.zone.key, stamp.business_date, shown)


async def wording(_office: Office, _request: web.Request) -> dict[str, dict[str, str]]:
    """The pages' words, by language."""
    table = Wording.load()
    return {
        one.value: {key: text for start in WORDS for key, text in table.starting(start, one).items()}
        for one in Language
    }


async def search(office: Office, _request: web.Request, body: MemberSearch) -> HolderList | NotKept | Flaw:
    """Find accounts by a phone or a card."""
    match body.phone, body.card:
        case str(phone), None:
            number = normalised(phone)
            if number is None:
                return NotKept.PHONE_WRONG
            return HolderList([Holder.of(one) for one in await office.desk.reception.with_phone(number)])
        case None, str(digits):
            card = office.desk.reception.card(digits)
            if card is None:
                return NotKept.CARD_WRONG
            account = AccountId(card.token)
            return HolderList(_holders(await office.desk.reception.file(account)), account)
        case _:
            return Flaw(HqProblem.BAD_REQUEST, "Say either `phone` or `card`.")


async def account(office: Office, request: web.Request) -> AccountPage | NotKept:
    """An account: whose it is, what lies where, and what moved last."""
    named = AccountId(request.match_info["account"])
    member = await office.desk.reception.file(named)
    page = await office.desk.showing(
        lambda showing: AccountPage(
            account=named,
            holder=None if member is None else Holder.of(member),
            is_blocked=showing.movements.is_blocked(named),
            places=showing.balances(named),
            under_way=ByPurse.of(showing.lots.under_way(named)),
            owed=ByPurse.of(showing.debts.total(named)),
            movements=showing.movements.last(named),
            suspense=showing.movements.suspense(named),
            claims=showing.exposure.of_account(named),
        )
    )
    is_known = member or page.places or page.movements or page.suspense or page.claims
    return page if is_known else NotKept.MEMBER_UNKNOWN


async def records(office: Office, request: web.Request) -> RecordList | HqProblem | Flaw:
    """A chain's records, the newest first."""
    ref, before = _ref(request, "0"), request.query.get("before")
    if before is not None and not _NUMBER.fullmatch(before):
        return Flaw(HqProblem.BAD_REQUEST, "`before` is the number of a record.")
    if ref is None:
        return HqProblem.PLACE_UNKNOWN
    number = None if before is None else int(before)
    found = await office.desk.showing(lambda showing: showing.chains.page(ref.keeper, ref.epoch, number))
    return found or HqProblem.PLACE_UNKNOWN


async def record(office: Office, request: web.Request) -> RecordView | HqProblem:
    """One record in full."""
    ref = _ref(request, request.match_info["sequence"])
    found = None if ref is None else await office.desk.showing(lambda showing: showing.chains.record(ref))
    return found or HqProblem.RECORD_UNKNOWN


async def day_totals(office: Office, request: web.Request) -> DayPage | Flaw:
    """A day in three columns, for some tills."""
    date, after = request.query.get("business_date", ""), request.query.get("after", "")
    if not _DATE.fullmatch(date):
        return NO_DATE
    return await office.desk.showing(lambda showing: showing.days.page(date, after))


async def day_sales(office: Office, request: web.Request) -> DaySales | HqProblem | Flaw:
    """What one cashier did at a till on a day."""
    query = request.query
    date, cashier, place = query.get("business_date", ""), query.get("cashier"), parse_place(query.get("keeper", ""))
    after = None if "after" not in query else RecordRef.parse(query["after"])
    if not _DATE.fullmatch(date):
        return NO_DATE
    if place is None:
        return HqProblem.PLACE_UNKNOWN
    if "after" in query and after is None:
        return Flaw(HqProblem.BAD_REQUEST, "`after` is a record such as 07-2/1/31.")
    return await office.desk.showing(lambda showing: showing.days.sales(place, date, cashier, after))


async def give_total(office: Office, _request: web.Request, body: ZTotal) -> GivenTotals | HqProblem:
    """Write down what a POS says."""
    is_known = await office.desk.showing(lambda showing: showing.is_till(Place(body.keeper)))
    if not is_known:
        return HqProblem.PLACE_UNKNOWN
    given = await office.desk.counting(lambda totals: totals.give(body, office.desk.world.now_ms()))
    return HqProblem.Z_TOTALS_CROWDED if given is None else GivenTotals(given)


def _holders(member: MemberFile | None) -> list[Holder]:
    return [] if member is None else [Holder.of(member)]


def _ref(request: web.Request, sequence: str) -> RecordRef | None:
    return RecordRef.parse(f"{request.match_info['place']}/{request.match_info['epoch']}/{sequence}")
