"""kill -9 in mid-sale: after the restart the till says of each sale that it was done or not, and it is true."""

import random
import threading
import time

import pytest

from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import Json, TillProcess
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import prove

KILLS = 10
LATEST_KILL_S = 0.012
"""A sale takes 5 ms here; some kills come before it is decided, some after it is answered."""
LOADED = 9_000_00 + 150_00


class Asking(threading.Thread):
    """A POS that posts a charge and may never hear the answer."""

    def __init__(self, till: TillProcess, body: Json) -> None:
        super().__init__()
        self._till = till
        self.body = body
        self.answer: Json = None

    def run(self) -> None:
        try:
            self.answer = self._till.post("/v1/charges", self.body)
        except OSError:
            self.answer = None


def was_it_done(cashier: Cashier, asked: Asking) -> bool:
    """What the till says, asked in both ways that a POS has; they agree."""
    by_id = cashier.get(f"/v1/operations/{asked.body['operation_id']}")
    again = cashier.post("/v1/charges", **asked.body)
    if by_id.get("code") == "unknown_operation":
        assert again["code"] == "no_card"  # it would be done now, if the card were there
        return False
    assert again == by_id | {"replayed": True}
    return True


def slips_that_nobody_knows_of(cashier: Cashier) -> set[str]:
    """Those whose printing was cut off, once all the others have come out."""
    wait_until(lambda: {slip["state"] for slip in cashier.slips_waiting()} <= {"unknown"}, timeout_s=20)
    return {slip["receipt_number"] for slip in cashier.slips_waiting()}


@pytest.mark.parametrize("seed", range(4))
def test_a_till_killed_ten_times_in_mid_sale_did_each_sale_once_or_never(seed: int, cashier: Cashier) -> None:
    chance = random.Random(seed)
    cashier.swipe(1)
    cashier.load(9_000_00)
    done = 0
    for sale in range(KILLS):
        units = chance.randrange(1, 500) * 100
        presentation = cashier.swipe(1)["presentation"]
        operation = f"sale-{seed}-{sale:04d}"
        asked = Asking(cashier.till, {"operation_id": operation, "presentation": presentation, "amount": units})
        asked.start()
        time.sleep(chance.uniform(0, LATEST_KILL_S))  # the plug is pulled at any moment
        cashier.till.kill()
        asked.join()
        cashier.restart_after_kill()
        decided = was_it_done(cashier, asked)
        assert decided or asked.answer is None, "what was answered was forgotten"
        if not decided and chance.random() < 0.5:  # the POS tries again, under the same id
            cashier.swipe(1)
            assert not cashier.charge(units, operation_id=asked.body["operation_id"])["replayed"]
            decided = True
        done += units * decided
        assert cashier.swipe(1)["spendable"] == LOADED - done
    asked_about = slips_that_nobody_knows_of(cashier)
    cashier.till.stop()
    moved = [record for record in prove(cashier.store.data()) if record.kind is RecordKind.TRANSACTION]
    receipts = {record.body_as(TransactionBody).receipt_number for record in moved}
    originals = cashier.paper.originals()
    assert set(originals.values()) <= {1}
    assert receipts - asked_about <= originals.keys() <= receipts


@pytest.mark.parametrize("seed", range(2))
def test_a_till_killed_in_mid_slip_asks_about_it_and_prints_no_second_original(seed: int, cashier: Cashier) -> None:
    """The printer stops reading somewhere, so the slip stays begun until the till is killed."""
    chance = random.Random(seed)
    cashier.swipe(2)
    first = cashier.load(9_000_00)
    cashier.wait_for_slip(first["receipt_number"], "printed")
    for sale in range(KILLS // 2):
        cashier.swipe(2)
        cashier.printer.hang_after(chance.randrange(20, 600))
        number = cashier.charge(1_00)["receipt_number"]
        cashier.wait_for_slip(number, "started")
        cashier.till.kill()
        cashier.printer.wake()
        cashier.restart_after_kill()
        waiting = cashier.slips_waiting()
        assert waiting == [{"receipt_number": number, "state": "unknown", "run": 1, "reasons": ["interrupted"]}]
        came_out = sale % 2 == 0
        assert cashier.say_of_slip(number, came_out=came_out)["state"] == ("settled" if came_out else "created")
        if not came_out:
            cashier.wait_for_slip(number, "printed")
        assert cashier.paper.copies(number) == (not came_out)
        assert cashier.slips_waiting() == []
    cashier.till.stop()
    prove(cashier.store.data())
    assert max(cashier.paper.originals().values()) == 1


def test_a_till_killed_as_soon_as_it_is_ready_is_ready_again(
    cashier: Cashier,
) -> None:
    cashier.swipe(3)
    cashier.load(500_00)
    for _ in range(5):
        cashier.till.kill()
        cashier.restart_after_kill()
    assert cashier.swipe(3)["spendable"] == 560_55
    cashier.till.kill()
    prove(cashier.store.data())
