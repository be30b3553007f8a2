"""HQ by hand: it numbers and signs its directives to one till, and keeps what lies with it."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ids import HEADQUARTERS
from offline_queue.doubts import Doubt, Given, Hearer, check_directive
from protocol.bodies import Directive, Order, Recall, Transfer, TransferPart, Why
from protocol.bodies import Given as GivenBody
from protocol.records import FIRST_PREVIOUS, VERSION, Record, RecordKind, SignedRecord, encode_body, seal
from terminal.asking import Identity
from tests.chains.funds import Funds
from tests.chains.till import IDENTITY

HQ_KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)


class Headquarters:
    """It never loses anything; the till may."""

    def __init__(self, identity: Identity = IDENTITY) -> None:
        self._hearer = Hearer(identity.place, identity.epoch, HQ_KEY.public_key())
        self.funds = Funds()
        self.directives: list[Given] = []
        self.seen = 0
        """So many records of the till have come up."""

    def order(self, order: Order, number: int | None = None, hq_epoch: int = 1, sequence: int | None = None) -> Given:
        """A directive that nobody keeps; without a number it is the next one."""
        number = number or len(self.directives) + 1
        body = Directive(self._hearer.keeper, self._hearer.epoch, number, order)
        record = Record(
            version=VERSION,
            keeper=HEADQUARTERS,
            epoch=hq_epoch,
            sequence=sequence or number + 1,
            recorded_at_ms=1,
            business_date="2026-11-22",
            mode="hq",
            kind=RecordKind.DIRECTIVE,
            previous=FIRST_PREVIOUS,
            body=encode_body(body),
        )
        given = check_directive(seal(record, HQ_KEY.sign), self._hearer)
        assert not isinstance(given, Doubt), given
        return given

    def give(self, order: Order) -> Given:
        """The next directive."""
        given = self.order(order)
        self.directives.append(given)
        return given

    def transfer(self, account: str, units: int, why: Why = Why.GRANT, operation_id: str = "") -> Given:
        """The next directive: as much of `units` as lies here."""
        return self.give(Transfer(why, operation_id, account, self.funds.give(account, units)))

    def recall(self, account: str, keep: int = 0, asset: str = "money") -> Given:
        return self.give(msgspec.convert({"type": "recall", "account": account, "asset": asset, "keep": keep}, Recall))

    def transfers(self, up_to: int | None = None) -> list[Transfer]:
        """What was given by its directives, or by the first so many of them."""
        orders = [given.directive.order for given in self.directives[:up_to]]
        return [order for order in orders if isinstance(order, Transfer)]

    def hear(self, chain: list[SignedRecord]) -> None:
        """The chain comes up; what was given comes home, once."""
        for signed in chain[self.seen :]:
            record = signed.open()
            if record.kind is RecordKind.GIVEN and record.body_as(GivenBody).to == HEADQUARTERS:
                self.funds.take(record.body_as(GivenBody).transfer)
        self.seen = max(self.seen, len(chain))


def part(units: int, lot: str = "07-9/1/1", purse: str = "principal") -> TransferPart:
    """Units of a lot of another till."""
    return TransferPart(purse, lot, "07", "2026-11-01", None, units)
