"""The sentence that explains a decline, and the sums in it."""

from loyalty.reasons import Reason
from receipts.wording import Wording
from terminal.answers import Answer, Balance, Outcome
from terminal.messages import Messages
from tests.chains.company import TWD


def test_what_a_card_has_in_all_is_not_only_what_lies_here() -> None:
    reasons = (Reason("elsewhere", 0, 30_255), Reason("spendable_here", 100, 999_900))
    answer = Answer(
        operation_id="sale-0001",
        kind="sale",
        outcome=Outcome.DECLINED,
        record="07-1/1/9",
        business_date="2026-11-22",
        at="2026-11-22T14:05:09+08:00",
        card="6222****0017",
        amount=999_900,
        reasons=reasons,
        balance=Balance(100, 0, 0),
        decline="not_enough",
    )
    said = Messages(Wording.load(), TWD).with_message(answer).cashier_message
    assert said is not None
    assert said["zh-TW"].startswith("這張卡的餘額一共 NT$303.55，不夠付 NT$9,999")
