"""Faults of who decides what is whose and where, to be put into the real programs by a test: runs must see each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from hq_server import posting
from hq_server.storage.drawing import Drawing, Drawn, Short
from hq_server.storage.mirrors import Mirrors
from hq_server.storage.placing import Placing
from hq_server.storage.vault import Vault
from hq_server.valuing import age
from ledger.audit import Posting
from ledger.ids import AccountId, ChainId, LotId, OperationId, promotion_of
from ledger.journal_sqlite import SqliteJournal
from ledger.slices import Asset, Purse, Slice, SliceKey, take
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from offline_queue.doubts import Doubt
from offline_queue.forwarding import Forwarding
from offline_queue.outbox import Stamp
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.conversation import Draw, NotDrawn
from protocol.promotions import Funded
from protocol.records import Record, SignedRecord
from protocol.signing import Signed
from protocol.transfers import Passage
from protocol.write_offs import WrittenOff, part_of, writing_off
from simulation.checks.whose import ASSETS
from simulation.head_office import SOMEBODY, SOMEBODY_ELSE
from terminal import media
from terminal.answers import Answer, Problem
from terminal.asking import Asked, Moment
from terminal.decisions import Decisions
from terminal.hq_memory import HqKnown, HqMemory
from terminal.store import TillStore
from tests.chains import recovery_faults


def spend_what_has_expired(patch: pytest.MonkeyPatch) -> None:
    """A till, and HQ, spend and give what has expired like all else."""
    patch.setattr(Slice, "spendable_on", lambda self, business_date: True)  # noqa: ARG005 - as it is called


def free_what_has_expired(patch: pytest.MonkeyPatch) -> None:
    """What has expired at a till HQ has back: nobody can spend it there any more, by the calendar."""
    settle = Placing.settle

    def settle_and_free(self: Placing, account: AccountId, stamp: Stamp) -> set[ChainId]:
        query = (
            "select place, epoch, account, purse, lot, units from slices join lots using (account, purse, lot)"
            " where account = ? and place <> 'hq' and expires_on < ?"
        )
        freed = vars(self).setdefault("freed", set())
        for *at, units in list(self._connection.execute(query, (account, stamp.business_date))):
            if tuple(at) not in freed:
                freed.add(tuple(at))
                key = SliceKey(AccountId(at[2]), Purse(at[3]), LotId(at[4]))
                _have_again(self._vault, ChainId(at[0], at[1]), key, units, stamp)
        return settle(self, account, stamp)

    patch.setattr(Placing, "settle", settle_and_free)


def _have_again(vault: Vault, at: ChainId, key: SliceKey, units: int, stamp: Stamp) -> None:
    promotion = promotion_of(key.account)
    if promotion is not None:
        once = f"freed-{at.keeper}-{at.epoch}-{key.lot}".replace("/", "-")
        vault.fund(Funded(once, promotion, units, None, "nobody"), stamp)
        return
    (lot,) = vault._book.lots({key})
    body = WrittenOff(*at, 0, (SOMEBODY, SOMEBODY_ELSE), (part_of(lot, units),))
    record = vault._keepers.own.append(body, stamp).open()
    vault._post(writing_off(body, record.ref), record)


def know_operations_by_their_line(patch: pytest.MonkeyPatch) -> None:
    """A till knows an operation by whoever's line brought it: what comes again behind a new start is new."""
    perform = Decisions.perform

    def perform_by_line(self: Decisions, asked: Asked, told: NotDrawn | None = None) -> Answer | Problem:
        seen: dict[str, str] = vars(self).setdefault("seen", {})
        name = asked.request.operation_id
        if name not in seen:
            seen[name] = name if self._shelf.operations.find(name) is None else f"{name}-again"
        if seen[name] == name:
            return perform(self, asked, told)
        request = msgspec.structs.replace(asked.request, operation_id=OperationId(seen[name]))
        answer = perform(self, msgspec.structs.replace(asked, request=request), told)
        return msgspec.structs.replace(answer, operation_id=name) if isinstance(answer, Answer) else answer

    patch.setattr(Decisions, "perform", perform_by_line)


def park_nothing(patch: pytest.MonkeyPatch) -> None:
    """HQ posts what somebody has taken, though the record that gave it is not there yet."""
    stands = Mirrors._giver_stands

    def stands_or_will(self: Mirrors, quoted: SignedRecord, taker: ChainId) -> posting.GiverStands:
        said = stands(self, quoted, taker)
        return posting.GiverStands.POSTED if said is posting.GiverStands.NOT_YET else said

    patch.setattr(Mirrors, "_giver_stands", stands_or_will)


def obey_older_epochs(patch: pytest.MonkeyPatch) -> None:
    """A till that knows HQ's new epoch carries out what HQ had ordered in an earlier one, whatever has brought it."""
    believe = media._believe

    def believe_older(store: TillStore, signed: Signed, said: Acknowledgement, moment: Moment) -> Doubt | None:
        return None if said.hq_epoch < store.hq.epoch else believe(store, signed, said, moment)

    recovery_faults.obey_older_epochs(patch)
    patch.setattr(media, "_believe", believe_older)


def allot_at_hq(patch: pytest.MonkeyPatch) -> None:
    """HQ posts how much a sale has spent, and picks itself of which lots: the oldest first, whatever the slip names."""
    post = posting._post

    def post_and_pick(posted: Posting, record: Record, mirror: SqliteJournal) -> Posting | posting.SetAside:
        made = posted.transaction
        if made.kind is not TransactionKind.SALE:
            return post(posted, record, mirror)
        is_paid = {leg for leg in made.legs if leg.side is Side.SPENT or (leg.side is Side.HELD and leg.units < 0)}
        legs = [leg for leg in made.legs if leg not in is_paid]
        spent = [leg for leg in made.legs if leg.side is Side.SPENT]
        for account, asset in dict.fromkeys((leg.account, ASSETS[leg.purse]) for leg in spent):
            units = sum(leg.units for leg in spent if (leg.account, ASSETS[leg.purse]) == (account, asset))
            lies = [one for one in mirror.slices(account) if one.key.purse in asset.purses]
            for one, part in take(sorted(lies, key=lambda one: (age(one)[1:], one.key.purse)), units):
                legs += [Leg(*one.key, Side.HELD, -part), Leg(*one.key, Side.SPENT, part)]
        return post(replace(posted, transaction=msgspec.structs.replace(made, legs=tuple(legs))), record, mirror)

    patch.setattr(posting, "_post", post_and_pick)


def credit_on_request(patch: pytest.MonkeyPatch) -> None:
    """HQ has what it needs of a till as soon as somebody asks for it, and not when that till's record is posted."""
    draw = Drawing.draw
    took = _take_each_once(patch)

    def draw_at_once(self: Drawing, chain: ChainId, asked: Draw, stamp: Stamp) -> Drawn:
        drawn = draw(self, chain, asked, stamp)
        if not isinstance(drawn, Short):
            return drawn
        for holder in drawn.holders:
            took(self._vault, holder, AccountId(asked.account), asked.asset, 0)
        return draw(self, chain, asked, stamp)

    patch.setattr(Drawing, "draw", draw_at_once)


def take_on_recall(patch: pytest.MonkeyPatch) -> None:
    """HQ has what it calls home as soon as it calls, and not when the till's return is posted."""
    recall = Vault.recall
    took = _take_each_once(patch)

    def recall_and_have(  # noqa: PLR0917 - as it is called
        self: Vault, chain: ChainId, account: AccountId, asset: Asset, keep: int, stamp: Stamp
    ) -> None:
        recall(self, chain, account, asset, keep, stamp)
        took(self, chain, account, asset, keep)

    patch.setattr(Vault, "recall", recall_and_have)


def _take_each_once(patch: pytest.MonkeyPatch) -> Callable[[Vault, ChainId, AccountId, Asset, int], None]:
    """HQ takes what its mirror of a till has; what that till gives of it later is there already."""
    had: dict[tuple[ChainId, AccountId], int] = {}
    take_home = Vault.take

    def have(vault: Vault, chain: ChainId, account: AccountId, asset: Asset, keep: int) -> None:
        slices = SqliteJournal(vault._book._connection, *chain, is_mirror=True).slices(account)
        lies = [one for one in slices if one.key.purse in asset.purses]
        parts = take(lies, max(sum(one.units for one in lies) - keep, 0))
        if not parts or (chain, account) in had:
            return
        had[chain, account] = len(had)
        legs = [
            leg
            for one, units in parts
            for leg in (Leg(*one.key, Side.IN_TRANSIT, -units), Leg(*one.key, Side.HELD, units))
        ]
        head = vault._keepers.own.head()
        assert head is not None
        name = OperationId(f"taken/{chain.keeper}/{chain.epoch}/{account}/{len(had)}")
        lots = tuple(one.lot for one, _ in parts)
        made = Transaction(TransactionKind.TRANSFER_IN, name, tuple(legs), carries=lots)
        vault._book.post(made, head.ref, head.business_date)

    def take_what_is_new(self: Vault, passage: Passage, given: SignedRecord, stamp: Stamp) -> None:
        chain = ChainId(passage.giver.keeper, passage.giver.epoch)
        if had.pop((chain, AccountId(passage.transfer.account)), None) is None:
            take_home(self, passage, given, stamp)

    patch.setattr(Vault, "take", take_what_is_new)
    return have


def never_go_back(patch: pytest.MonkeyPatch) -> None:
    """A till believes for ever that HQ holds what it has once acknowledged, whatever HQ says that it holds now."""
    acknowledged, known = Forwarding.acknowledged, HqMemory.known

    def at_least(self: Forwarding, held: int, now_s: float, jitter: float) -> Forwarding:
        return acknowledged(self, max(held, self.held), now_s, jitter)

    def as_it_was(self: HqMemory) -> HqKnown:
        furthest = self.acknowledgement("furthest")
        held = 0 if furthest is None else open_acknowledgement(furthest).held
        return msgspec.structs.replace(known(self), held=held)

    patch.setattr(Forwarding, "acknowledged", at_least)
    patch.setattr(HqMemory, "known", as_it_was)
