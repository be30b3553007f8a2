"""Random walks of a lead and its tills: no value is made, lost or spent twice, and faults that are put in are seen."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import apsw
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import terminal.store
from ledger.ids import ChainId, Place
from ledger.journal_sqlite import SqliteJournal
from offline_queue.doubts import Doubt, Gift
from offline_queue.outbox import Outbox, Stamp
from protocol.bodies import Given, Relay, Transfer
from protocol.conversation import Draw, NotDrawn, Resume
from protocol.records import RecordKind, SignedRecord
from protocol.signing import public_key
from protocol.transfers import given_in
from terminal.asking import Moment
from terminal.gifts import Gifts
from terminal.hq_memory import HqMemory
from terminal.lending import Lending
from terminal.transfers import Transfers
from tests.faults import Fault, to_be_seen
from tests.terminal.lead_walk import LeadWalk

WALKS = 3
THOROUGHLY = [pytest.param(seed, marks=pytest.mark.thorough) for seed in range(WALKS, 30)]
WALKS_WITH_A_FAULT = 12


@pytest.mark.parametrize("seed", [*range(WALKS), *THOROUGHLY])
def test_whatever_is_lost_late_or_said_again_every_unit_is_somewhere_once(seed: int, tmp_path: Path) -> None:
    LeadWalk(tmp_path, seed).run()


def lends_again(patch: pytest.MonkeyPatch) -> None:
    """The same draw is answered anew."""
    draw, names = Lending.draw, count()

    def forgetful(self: Lending, chain: ChainId, asked: Draw, now_ms: int) -> SignedRecord | NotDrawn:
        return draw(self, chain, msgspec.structs.replace(asked, operation_id=f"again-{next(names)}"), now_ms)

    patch.setattr(Lending, "draw", forgetful)


def lends_and_keeps(patch: pytest.MonkeyPatch) -> None:
    """The lead signs that it gives, and its book still has it."""

    def lend(self: Transfers, to: Place, to_epoch: int, transfer: Transfer, now_ms: int) -> None:
        outbox: Outbox = self._outbox
        head = outbox.head()
        assert head is not None
        stamp = Stamp(now_ms, head.business_date, head.mode)
        outbox.append(head, RecordKind.GIVEN, Given(to, to_epoch, transfer), stamp)

    patch.setattr(Transfers, "give", lend)


def takes_gifts_twice(patch: pytest.MonkeyPatch) -> None:
    """Nobody remembers what was taken."""
    patch.setattr(Gifts, "has", lambda _self, _gift: False)
    patch.setattr(SqliteJournal, "knows_operation", lambda _self, _operation_id: False)


def takes_what_is_relayed_twice(patch: pytest.MonkeyPatch) -> None:
    """What came over the LAN is taken again when HQ relays it."""
    take = HqMemory._take_relayed

    def forgetful(self: HqMemory, order: Relay, moment: Moment) -> Transfer | Doubt | None:
        with pytest.MonkeyPatch.context() as inside:
            inside.setattr(Transfers, "has_taken", lambda _self, _giver: False)
            inside.setattr(SqliteJournal, "knows_operation", lambda _self, _operation_id: False)
            return take(self, order, moment)

    patch.setattr(HqMemory, "_take_relayed", forgetful)


def refuses_what_was_relayed(patch: pytest.MonkeyPatch) -> None:
    """What comes over the LAN and was relayed before is not recognised."""
    patch.setattr(Gifts, "has", lambda self, gift: gift.passage.giver.sequence <= self._taken(*lead_of(gift)))


def keeps_what_is_relayed_too_late(patch: pytest.MonkeyPatch) -> None:
    """What was drawn and HQ relays stays at the till, as if it had been placed there."""
    take = HqMemory._take_relayed

    def keep(self: HqMemory, order: Relay, moment: Moment) -> Transfer | Doubt | None:
        brought = take(self, order, moment)
        return None if isinstance(brought, Transfer) else brought

    patch.setattr(HqMemory, "_take_relayed", keep)


def lead_of(gift: Gift) -> tuple[Place, int]:
    return gift.passage.giver.keeper, gift.passage.giver.epoch


def keeps_what_comes_too_late(patch: pytest.MonkeyPatch) -> None:
    """What no sale waits for stays at the till."""
    take = Gifts.take

    def keep(self: Gifts, gift: Gift, now_ms: int, *, is_awaited: bool) -> Doubt | None:  # noqa: ARG001 - the fault
        return take(self, gift, now_ms, is_awaited=True)

    patch.setattr(Gifts, "take", keep)


def keeps_what_a_declined_sale_drew(patch: pytest.MonkeyPatch) -> None:
    """A sale that was declined sends nothing back."""
    patch.setattr(terminal.store, "has_moved", lambda _answer: True)


def takes_nothing_back(patch: pytest.MonkeyPatch) -> None:
    """The lead has the copy, and not what it gives."""
    patch.setattr(Lending, "_take_back", lambda _self, _signed, _moment: None)


def takes_what_goes_to_hq(patch: pytest.MonkeyPatch) -> None:
    """The lead takes whatever a neighbour gives to anybody."""

    def take_all(self: Lending, signed: SignedRecord, moment: Moment) -> None:
        if given_in(signed.open()) is not None:
            self._transfers.take_from_neighbour(signed, moment.now_ms)

    patch.setattr(Lending, "_take_back", take_all)


def sends_back_to_hq(patch: pytest.MonkeyPatch) -> None:
    """What the lead gave goes home to HQ: nothing is lost, and the lead has less than it should."""
    send_back = Transfers.send_back

    def send_more(self: Transfers, transfer: Transfer, to: Place, to_epoch: int, now_ms: int) -> None:
        send_back(self, transfer, to, to_epoch + 1, now_ms)

    patch.setattr(Transfers, "send_back", send_more)


def forgets_where_it_was(patch: pytest.MonkeyPatch) -> None:
    """A till says that it has more than it has."""
    resume = Gifts.resume

    def ahead(self: Gifts, lead: Place, epoch: int) -> Resume:
        said = resume(self, lead, epoch)
        return msgspec.structs.replace(said, directive=said.directive + 20)

    patch.setattr(Gifts, "resume", ahead)


def lends_while_it_is_no_lead(patch: pytest.MonkeyPatch) -> None:
    """Whom the roster knows draws, whoever the lead is."""

    def key_of(self: Lending, chain: ChainId) -> Ed25519PublicKey | None:
        neighbour = self._shelf.neighbours.find(chain)
        return None if neighbour is None else public_key(neighbour.public_key)

    patch.setattr(Lending, "_key_of", key_of)
    patch.setattr(Lending, "_is_lead", lambda _: True)


FAULTS: list[Fault] = [
    lends_again,
    lends_and_keeps,
    takes_gifts_twice,
    takes_what_is_relayed_twice,
    refuses_what_was_relayed,
    keeps_what_is_relayed_too_late,
    keeps_what_comes_too_late,
    keeps_what_a_declined_sale_drew,
    takes_nothing_back,
    takes_what_goes_to_hq,
    sends_back_to_hq,
    forgets_where_it_was,
    lends_while_it_is_no_lead,
]


@to_be_seen({fault.__name__: fault for fault in FAULTS}, in_every_run={"lends_again", "keeps_what_comes_too_late"})
def test_a_fault_that_is_put_in_is_seen(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, apsw.Error)):
        walk_often(tmp_path)


def walk_often(folder: Path) -> None:
    for seed in range(WALKS_WITH_A_FAULT):
        walked = folder / str(seed)
        walked.mkdir()
        LeadWalk(walked, seed).run()
