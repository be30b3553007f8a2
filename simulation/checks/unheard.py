"""What HQ never hears of tills that are lost or that it trusts no longer, and what follows from that at others.

HQ's mirror of such a till is its book up to where HQ has heard it, to the unit. A neighbour may have taken what such a
till gave in a record that HQ never hears of: that is posted with its own record, if it lay there as HQ has it (decision
33). Otherwise what it took so is set aside, and what it does with that value then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from hq_server.posting import Doubt
from hq_server.storage.sqlite import HqStore
from ledger.ids import AccountId, ChainId, LotId, RecordRef, quota_of
from ledger.journal_sqlite import Connection
from ledger.slices import Asset, Purse, SliceKey
from ledger.transactions import Side
from offline_queue.outbox import Chain as Records
from protocol.bodies import Directive, Revoke, TransactionBody
from protocol.records import Record, RecordKind
from protocol.transfers import given_in, giver_of, outgoing
from simulation.checks.chain import Chain, Keeper
from simulation.checks.whose import Whose, whose


def posted(hq: HqStore, name: ChainId) -> int:
    """Up to which record HQ's mirror of a till goes."""
    return int(hq._connection.execute("select posted from progress where keeper = ? and epoch = ?", name).get)


def check_prefix(till: Keeper, hq: HqStore, but: set[AccountId]) -> None:
    """HQ's mirror is that till's own book up to a record; of a revoked till, that which HQ held when it was revoked.

    `but`: members of whom something is set aside. Raises AssertionError.
    """
    upto = posted(hq, till.name)
    held = hq.acknowledgement(*till.name, 0).held
    assert upto == held, f"{till.name}: {held} records are held, and {upto} posted"
    own, mirror = (_entries(book, till.name, upto, but) for book in (till.machine.store._connection, hq._connection))
    assert own == mirror, f"HQ's mirror of {till.name} is not what it did up to record {upto}"
    orders = hq.keeping(lambda keepers: keepers.directives(*till.name))
    bodies = [signed.open().body_as(Directive).order for signed in orders]
    for order in bodies:
        assert not isinstance(order, Revoke) or held == order.held, (
            f"{till.name} was revoked, and HQ holds {held} of it"
        )


def _entries(book: Connection, name: ChainId, upto: int, but: set[AccountId]) -> list[tuple[object, ...]]:
    query = (
        "select sequence, account, purse, lot, side, units from entries"
        " where keeper = ? and epoch = ? and sequence <= ? order by 1, 2, 3, 4, 5"
    )
    return [row for row in book.execute(query, (*name, upto)) if row[1] not in but]


def unheard(till: Keeper, hq: HqStore) -> Counter[Whose]:
    """By how much a till's own records have changed what its members have, that HQ never heard of."""
    query = (
        "select account, purse, lot, units from entries"
        " where keeper = ? and epoch = ? and sequence > ? and side in (?, ?)"
    )
    after = (*till.name, posted(hq, till.name), Side.ISSUED, Side.SPENT)
    changed: Counter[Whose] = Counter()
    for account, purse, lot, units in till.machine.store._connection.execute(query, after):
        changed[whose(_key(account, purse, lot))] -= units
    return changed


def unheard_claims(till: Keeper, hq: HqStore) -> Counter[tuple[str, AccountId]]:
    """What a till has let go at its store's own risk, less what it took back, that HQ never heard of."""
    claims: Counter[tuple[str, AccountId]] = Counter()
    for signed in till.machine.store.records(posted(hq, till.name)):
        record = signed.open()
        if record.kind is RecordKind.TRANSACTION:
            body = record.body_as(TransactionBody)
            claims[till.name.store, AccountId(body.account)] += body.let_go
    return claims


def in_suspense(chain: Chain) -> set[AccountId]:
    """The members of whom something is set aside for the one reason that there may be. Raises AssertionError."""
    book = chain.hq.machine.store._connection
    rows = list(book.execute("select keeper, epoch, sequence, account, reason from suspense order by 1, 2, 3"))
    members = {AccountId(account) for *at, account, reason in rows if _is_of_a_lost_gift(chain, RecordRef(*at), reason)}
    others = [row for row in rows if row[3] not in members]
    assert not others, f"HQ could not post what an honest till has signed: {others}"
    tills = {(keeper, epoch) for keeper, epoch, *_ in rows}
    different = [row for row in book.execute("select * from differences") if row[:2] not in tills]
    assert not different, f"a day was closed otherwise than HQ has it: {different}"
    return members


def _is_of_a_lost_gift(chain: Chain, at: RecordRef, reason: str) -> bool:
    """Whether it takes what a till gave in a record that HQ never hears of, and that did not lie there as HQ has it."""
    if reason != Doubt.GIVER_FENCED:
        return False
    book = chain.hq.machine.store._connection
    signed = Records(book, at.keeper, at.epoch).record(at.sequence)
    quoted = None if signed is None else giver_of(signed.open())
    assert quoted is not None, f"{at} takes nothing"
    giver = quoted.open().ref
    name = ChainId(giver.keeper, giver.epoch)
    assert name in chain.revoked, f"{at} takes what {name} gave, which HQ may still hear of"
    till = next(till for till in chain.tills if till.name == name)
    (own,) = list(till.machine.store.records(giver.sequence - 1))[:1]
    lay_there = _lies_there(book, name, quoted.open())
    assert not lay_there, f"{at} takes what {name} gave and what lies there, and is set aside"
    return own == quoted and giver.sequence > posted(chain.hq.machine.store, name)


def _lies_there(book: Connection, name: ChainId, given: Record) -> bool:
    """Whether all that this record gives lies with a till, as HQ has it: less than ever comes there."""
    passage = given_in(given)
    assert passage is not None, f"{given.ref} gives nothing"
    query = "select units from slices where account = ? and purse = ? and lot = ? and place = ? and epoch = ?"
    changes = outgoing(passage).held_changes()
    return all((book.execute(query, (*key, *name)).get or 0) + change >= 0 for key, change in changes.items())


def lots_by_place(held: Mapping[SliceKey, int], but: set[AccountId]) -> dict[SliceKey, int]:
    """Without the slices of some members."""
    return {key: units for key, units in held.items() if key.account not in but}


def _key(account: str, purse: str, lot: str) -> SliceKey:
    return SliceKey(AccountId(account), Purse(purse), LotId(lot))


def what_hq_says(hq: HqStore, account: AccountId, asset: Asset) -> tuple[int, int]:
    """What a member has, or a promotion may give, at all places and under way, and owes, as HQ's pages have it."""
    if asset is Asset.QUOTA:
        debts = hq.showing(lambda showing: showing.debts.total(account))
        views = hq.within(lambda: hq.quotas.all(""))
        view = next(one for one in views if quota_of(one.promotion.name) == account)
        has = view.at_hq + view.under_way + sum(one.units for one in view.places)
        return has, sum(debts.values())
    places, under_way, debts = hq.showing(
        lambda showing: (showing.balances(account), showing.lots.under_way(account), showing.debts.total(account))
    )
    has = sum(getattr(place, purse) for place in places for purse in asset.purses)
    has += sum(under_way.get(purse, 0) for purse in asset.purses)
    return has, sum(debts.get(purse, 0) for purse in asset.purses)
