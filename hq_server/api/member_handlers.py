"""What the routes about members and lost cards ask of HQ."""

from __future__ import annotations

from aiohttp import web

from hq_server.api.bodies import CardNumber, Empty, MemberSearch, NewMember
from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.member_views import AccountView, BlockList, ByPurse, CardView, MemberList, MemberView
from hq_server.members import Changes, MemberFile, NotKept
from ledger.ids import AccountId
from protocol.phones import normalised


async def join(office: Office, _request: web.Request, body: NewMember) -> MemberView | NotKept:
    """Take a member in."""
    return _shown(await office.desk.reception.join(body.number, body))


async def search(office: Office, _request: web.Request, body: MemberSearch) -> MemberList | NotKept | Flaw:
    """Find members by a phone or a card."""
    if (body.phone is None) == (body.card is None):
        return Flaw(HqProblem.BAD_REQUEST, "Say either `phone` or `card`.")
    found = await _with_phone(office, body.phone) if body.phone is not None else await _with_card(office, body.card)
    return found if isinstance(found, NotKept) else MemberList([MemberView.of(member) for member in found])


async def account(office: Office, request: web.Request) -> AccountView | NotKept:
    """An account: whose, and what lies where."""
    return await _account(office, _named(request))


async def change(office: Office, request: web.Request, body: Changes) -> MemberView | NotKept:
    """Write down what a member has told anew."""
    return _shown(await office.desk.reception.change(_named(request), body))


async def erase(office: Office, request: web.Request, _body: Empty) -> AccountView | NotKept:
    """Forget who a member is; what lies in the account stays."""
    named = _named(request)
    refused = await office.desk.reception.erase(named)
    return refused or await _account(office, named, is_known=True)


async def blocks(office: Office, _request: web.Request) -> BlockList:
    """The cards that are refused, and which tills know of it."""
    return await office.desk.showing(lambda showing: showing.refused.show())


async def block(office: Office, _request: web.Request, body: CardNumber) -> CardView | NotKept:
    """Refuse a card everywhere."""
    card = office.desk.reception.card(body.number)
    if card is None:
        return NotKept.CARD_WRONG
    await office.desk.reception.name_card(card)
    await office.desk.block(card.token)
    return CardView.of(card)


async def unblock(office: Office, _request: web.Request, body: CardNumber) -> CardView | NotKept:
    """Take a card again."""
    card = office.desk.reception.card(body.number)
    if card is None:
        return NotKept.CARD_WRONG
    await office.desk.unblock(card.token)
    return CardView.of(card)


async def _with_phone(office: Office, text: str) -> tuple[MemberFile, ...] | NotKept:
    number = normalised(text)
    return NotKept.PHONE_WRONG if number is None else await office.desk.reception.with_phone(number)


async def _with_card(office: Office, text: str | None) -> tuple[MemberFile, ...] | NotKept:
    card = office.desk.reception.card(text or "")
    if card is None:
        return NotKept.CARD_WRONG
    member = await office.desk.reception.file(AccountId(card.token))
    return () if member is None else (member,)


async def _account(office: Office, named: AccountId, *, is_known: bool = False) -> AccountView | NotKept:
    member = await office.desk.reception.file(named)
    # From one state of the book: between two reads value could move, and be counted twice or not at all.
    places, under_way = await office.desk.showing(
        lambda showing: (showing.balances(named), showing.lots.under_way(named))
    )
    if not (is_known or member or places or under_way):
        return NotKept.MEMBER_UNKNOWN
    shown = None if member is None else MemberView.of(member)
    return AccountView(named, shown, places, ByPurse.of(under_way))


def _shown(member: MemberFile | NotKept) -> MemberView | NotKept:
    return member if isinstance(member, NotKept) else MemberView.of(member)


def _named(request: web.Request) -> AccountId:
    return AccountId(request.match_info["account"])
