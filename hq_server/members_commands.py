"""counterfoil-hq members …: who the members are. Numbers and names are asked for, as arguments stay in histories."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from hq_server.api.bodies import Empty, MemberSearch, NewMember
from hq_server.commanding import ask, asks
from hq_server.member_views import AccountView, ByPurse, MemberList, MemberView
from hq_server.views import PlaceBalance
from receipts.wording import Language


@click.group()
def members() -> None:
    """Who the members are."""


@members.command()
@asks
@click.option("--store", required=True, help="The member's home store, such as 07.")
@click.option(
    "--language", type=click.Choice([one.value for one in Language]), default=Language.TAIWAN.value, show_default=True
)
def join(settings: Path, url: str | None, store: str, language: str) -> None:
    """Take a member in; asks for the card's number, the name, and the phone number (Enter: none)."""
    number, name, phone = _asked("card number"), _asked("name"), _asked("phone")
    body = NewMember(number=number, name=name, phone=phone, store=store, language=Language(language))
    click.echo(_line(ask(settings, url, lambda hq: hq.post("/v1/members", body, MemberView))))


@members.command()
@asks
@click.option("--card", is_flag=True, help="Ask for a card's number instead.")
def find(settings: Path, url: str | None, *, card: bool) -> None:
    """Find members; asks for the phone number."""
    search = MemberSearch(card=_asked("card number")) if card else MemberSearch(phone=_asked("phone"))
    found = ask(settings, url, lambda hq: hq.post("/v1/member-searches", search, MemberList)).members
    for member in found:
        click.echo(_line(member))
    click.echo(f"{len(found)} found", err=True)


@members.command()
@asks
@click.argument("account")
def show(settings: Path, url: str | None, account: str) -> None:
    """Show whose ACCOUNT it is, and what lies where."""
    shown = ask(settings, url, lambda hq: hq.get(_path(account), AccountView))
    click.echo(f"{account}\tnobody known" if shown.member is None else _line(shown.member))
    for place in shown.places:
        click.echo(f"{place.place}\t{_sums(place)}")
    click.echo(f"under way\t{_sums(shown.under_way)}")


@members.command()
@asks
@click.argument("account")
@click.confirmation_option(prompt="Forget who this member is? What lies in the account stays.")
def erase(settings: Path, url: str | None, account: str) -> None:
    """Forget who the member of ACCOUNT is; every till is told to forget it too."""
    ask(settings, url, lambda hq: hq.post(f"{_path(account)}/erasures", Empty(), AccountView))
    click.echo(f"{account}\terased")


def _asked(what: str) -> str:
    answer: str = click.prompt(what, default="", show_default=False, err=True)
    return answer


def _path(account: str) -> str:
    return f"/v1/members/{quote(account, safe='')}"


def _sums(has: PlaceBalance | ByPurse) -> str:
    return f"principal {has.principal}\tbonus {has.bonus}\tpoints {has.points}"


def _line(member: MemberView) -> str:
    who = (member.account, member.card, member.kind, member.name, member.phone or "-")
    return "\t".join((*who, str(member.birth_month or "-"), member.tier, member.store, member.language))
