"""A lot for which others have paid, and the sale that had spent it: a corner that walks seldom come to."""

from pathlib import Path

from checkout.sold import PaidWith
from ledger.slices import Asset
from ledger.transactions import Side
from simulation.checks.proof import ChainProof
from simulation.checks.whose import whose
from tests.chains.chain import Chain, opened
from tests.chains.company import ALICE
from tests.chains.shop_till import ShopTill


def sell(chain: Chain, till: ShopTill, tender: PaidWith, units: int) -> str:
    """Sell something; its slip's number."""
    chain.connect(till)
    chain.ask(till, chain.counter.sale(ALICE, {tender: units}))
    chain.settle_down()
    (name, receipt), _ = list(chain.truth.originals.items())[-1]
    assert name == till.name
    return receipt


def test_a_sale_whose_points_others_have_paid_for_is_refunded_too(tmp_path: Path) -> None:
    """Less than nothing is spent of its lot then, and the member's sums are right, for HQ and for an auditor."""
    chain = Chain(opened())
    proof = ChainProof(chain)
    one, two, three = chain.tills
    earning = sell(chain, one, PaidWith.CASH, 30_000)
    spending = sell(chain, two, PaidWith.POINTS, 1_200)
    chain.ask(one, chain.counter.refund(earning, 30_000))
    sell(chain, three, PaidWith.CASH, 50_000)
    assert chain.truth.points[ALICE.account] == 150 - 84
    chain.ask(two, chain.counter.refund(spending, 1_200))
    chain.settle_down()
    proof.check_quiet()
    points = {key: sides for key, sides in proof.lots().items() if whose(key) == (ALICE.account, Asset.POINTS)}
    assert [(sides[Side.HELD], sides[Side.SPENT]) for sides in points.values()] == [(84, -84), (66, 84)]
    assert proof.audit(tmp_path) == []
