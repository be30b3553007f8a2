"""kill -9 in mid-sale: after the restart the till says of each sale that it was done or not, and it is true."""

import json
import random
import select
import socket
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from hardware_mocks.patience import wait_until
from hardware_mocks.program import ANSWER_S_MAX
from hardware_mocks.till_process import Json
from protocol.bodies import TransactionBody
from protocol.records import RecordKind
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import prove

SEEDS = 2
KILLS = 25
"""With each seed: fifty in all."""
SALES_MAX = 3 * KILLS
"""Some are answered before the kill comes; those are no kills in mid-sale."""
SHARE_MIN = 6
"""So many of the kills at least come before the commit, and so many after it; the story goes on until they do."""
KILLS_IN_MID_SLIP = 5
LOADED = 9_000_00 + 150_00


@dataclass
class Window:
    """From a request's first byte to its answer: how long that is here and now, learned from sale to sale."""

    chance: random.Random
    longest_s: float = 0.01
    moments_s: list[float] = field(default_factory=list)

    def moment_s(self) -> float:
        """When the next kill comes; every other one in the later half, in which the commit lies."""
        share = self.chance.uniform(len(self.moments_s) % 2 / 2, 1)
        self.moments_s.append(self.longest_s * share)
        return self.moments_s[-1]

    def learn(self, *, was_late: bool) -> None:
        """About one kill in five shall come too late: then the others reach up to the answer."""
        self.longest_s *= 0.6 if was_late else 1.15


def killed_while_asked(cashier: Cashier, body: Json, after_s: float) -> bool:
    """Ask for a charge, and kill the till so long after the first byte: whether it had said nothing yet."""
    host, _, port = cashier.till.url.removeprefix("http://").partition(":")
    content = json.dumps(body).encode()
    head = f"POST /v1/charges HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    with closing(socket.create_connection((host, int(port)), timeout=ANSWER_S_MAX)) as line:
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content)
        select.select([line], [], [], after_s)
        cashier.till.kill()
        try:
            return not line.recv(1)
        except ConnectionResetError:
            return True


def was_it_done(cashier: Cashier, body: Json) -> bool:
    """What the till says, asked in both ways that a POS has; they agree."""
    by_id = cashier.get(f"/v1/operations/{body['operation_id']}")
    again = cashier.post("/v1/charges", **body)
    if by_id.get("code") == "unknown_operation":
        assert again["code"] == "no_card"  # it would be done now, if the card were there
        return False
    assert again == by_id | {"replayed": True}
    return True


def slips_that_nobody_knows_of(cashier: Cashier) -> set[str]:
    """Those whose printing was cut off, once all the others have come out."""
    wait_until(lambda: {slip["state"] for slip in cashier.slips_waiting()} <= {"unknown"})
    return {slip["receipt_number"] for slip in cashier.slips_waiting()}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_till_killed_in_mid_sale_did_each_sale_once_or_never(seed: int, cashier: Cashier) -> None:
    window = Window(random.Random(seed))  # the kills' moments, so that a failure can say them
    cashier.swipe(1)
    cashier.load(9_000_00)
    done, kills = 0, {"before the commit": 0, "after it": 0}
    for sale in range(SALES_MAX):
        units = window.chance.randrange(1, 100) * 100
        presentation = cashier.swipe(1)["presentation"]
        body = {"operation_id": f"sale-{seed}-{sale:04d}", "presentation": presentation, "amount": units}
        in_mid_sale = killed_while_asked(cashier, body, window.moment_s())
        window.learn(was_late=not in_mid_sale)
        cashier.restart_after_kill()
        decided = was_it_done(cashier, body)
        assert decided or in_mid_sale, ("what was answered was forgotten", seed, sale, window.moments_s)
        kills["after it" if decided else "before the commit"] += in_mid_sale
        if not decided and window.chance.random() < 0.5:  # the POS tries again, under the same id
            cashier.swipe(1)
            assert not cashier.charge(units, operation_id=body["operation_id"])["replayed"]
            decided = True
        done += units * decided
        assert cashier.swipe(1)["spendable"] == LOADED - done, (seed, sale, window.moments_s)
        if sum(kills.values()) >= KILLS and min(kills.values()) >= SHARE_MIN:
            break
    else:
        pytest.fail(f"{kills} in so many sales prove nothing: {seed=}, {window.moments_s}")
    asked_about = slips_that_nobody_knows_of(cashier)
    cashier.till.stop()
    moved = [record for record in prove(cashier.store.data()) if record.kind is RecordKind.TRANSACTION]
    receipts = {record.body_as(TransactionBody).receipt_number for record in moved}
    originals = cashier.paper.originals()
    assert set(originals.values()) <= {1}
    assert receipts - asked_about <= originals.keys() <= receipts


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_till_killed_in_mid_slip_asks_about_it_and_prints_no_second_original(seed: int, cashier: Cashier) -> None:
    """The printer stops reading somewhere, so the slip stays begun until the till is killed."""
    chance = random.Random(seed)
    cashier.swipe(2)
    first = cashier.load(9_000_00)
    cashier.wait_for_slip(first["receipt_number"], "printed")
    for sale in range(KILLS_IN_MID_SLIP):
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
