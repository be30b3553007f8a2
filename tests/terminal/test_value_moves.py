"""Value comes and goes by directives, in the till's file: each once and whole, or not at all, and that is said."""

from pathlib import Path

import pytest

from offline_queue.doubts import Doubt
from protocol.bodies import Block, RunAs, Transfer, Unblock, Why
from protocol.conversation import Resume
from terminal.answers import Answer, Balance, Outcome
from tests.chains.company import ALICE, BOB
from tests.chains.headquarters import Headquarters, part
from tests.chains.proof import prove
from tests.chains.till import Till, left
from tests.terminal.moves import A, apply, gifts, has, kinds, transfer


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path / "till.db")


@pytest.fixture
def hq() -> Headquarters:
    return Headquarters()


# Grants


def test_what_hq_places_is_here_with_its_lots_and_their_terms_and_can_be_spent(till: Till, hq: Headquarters) -> None:
    first = hq.funds.add(A, 300, expires_on="2027-01-31")
    second = hq.funds.add(A, 50, purse="bonus")
    assert apply(till, hq.transfer(A, 1000)) is None
    lots = {one.key.lot: (one.units, one.key.purse, one.lot.store, one.lot.expires_on) for one in till.store.slices(A)}
    assert lots == {first: (300, "principal", "07", "2027-01-31"), second: (50, "bonus", "07", None)}
    assert left(till.charge(ALICE, "3.20")).bonus == 30
    assert kinds(till) == ["applied", "transaction"]
    prove(till.store)


def test_a_directive_that_comes_again_changes_nothing(till: Till, hq: Headquarters) -> None:
    hq.funds.add(A, 300)
    given = hq.transfer(A, 300)
    assert [apply(till, given) for _ in range(3)] == [None] * 3
    till.restart()
    assert apply(till, given) is None
    assert (has(till), kinds(till)) == (300, ["applied"])
    prove(till.store)


def test_a_lot_of_this_till_may_go_home_and_come_back(till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "5.00")
    apply(till, hq.recall(A))
    assert has(till) == 0
    hq.hear(till.chain())
    assert apply(till, hq.transfer(A, 500)) is None
    assert [one.key.lot for one in till.store.slices(A)] == ["07-2/1/2"]
    prove(till.store)


REFUSED = {
    "nothing": transfer(),
    "negative units": transfer(part(-300)),
    "zero units": transfer(part(0)),
    "units beyond any amount": transfer(part(2**62)),
    "a purse that does not exist": transfer(part(300, purse="gold")),
    "one lot twice": transfer(part(100), part(200)),
    "other terms of a lot": transfer(part(100, lot="07-2/1/2")),
}


@pytest.mark.parametrize("order", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_book_refuses_changes_nothing_and_is_said(order: Transfer, till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "5.00")
    before = till.chain()
    assert apply(till, hq.order(order)) is Doubt.TRANSFER_REFUSED
    assert (has(till), till.chain()) == (500, before)
    assert till.charge(ALICE, "1.00").outcome is Outcome.DONE
    prove(till.store)


def test_one_record_of_hq_s_is_taken_once_whatever_number_it_says(till: Till, hq: Headquarters) -> None:
    """An HQ that was set back writes other directives under the names of records that it has forgotten."""
    apply(till, hq.give(transfer(part(300))))
    assert apply(till, hq.order(transfer(part(200)), number=2, sequence=2)) is Doubt.TRANSFER_REFUSED
    assert has(till) == 300


def test_a_transfer_of_an_older_hq_epoch_is_not_taken(till: Till, hq: Headquarters) -> None:
    apply(till, hq.order(Unblock(()), hq_epoch=3))
    assert apply(till, hq.order(transfer(part(300)), number=1, hq_epoch=2)) is Doubt.OLDER_HQ
    assert has(till) == 0


def test_where_hq_is_to_go_on_is_known_after_a_restart(till: Till, hq: Headquarters) -> None:
    assert till.store.resume() == Resume(0, 0, 0, None)
    apply(till, hq.give(transfer(part(300))))
    apply(till, hq.recall(A))
    till.restart()
    assert till.store.resume() == Resume(1, 2, 0, None)
    apply(till, hq.order(Unblock(()), number=1, hq_epoch=4))
    assert till.store.resume() == Resume(4, 1, 0, None)


# Recalls


def test_what_would_be_spent_last_goes_home_first_and_expired_value_before_all(till: Till, hq: Headquarters) -> None:
    late = hq.funds.add(A, 100, expires_on="2028-01-01")
    never = hq.funds.add(A, 100)
    soon = hq.funds.add(A, 100, expires_on="2026-12-01")
    gone = hq.funds.add(A, 100, expires_on="2026-11-21")
    apply(till, hq.transfer(A, 400))
    apply(till, hq.recall(A, keep=150))
    (gift,) = gifts(till)
    assert (gift.to, gift.to_epoch, gift.transfer.why, gift.transfer.operation_id) == ("hq", 1, Why.RETURN, "")
    assert [(one.lot, one.units) for one in gift.transfer.parts] == [(gone, 100), (never, 100), (late, 50)]
    left = {one.key.lot: one.units for one in till.store.slices(A)}
    assert left == {soon: 100, late: 50}
    assert kinds(till) == ["applied", "applied", "given"]
    prove(till.store)


def test_a_recall_takes_the_purses_of_its_asset_alone(till: Till, hq: Headquarters) -> None:
    for purse in ("principal", "bonus", "points"):
        hq.funds.add(A, 100, purse=purse)
    apply(till, hq.transfer(A, 300))
    apply(till, hq.recall(A, asset="points", keep=40))
    assert till.balance(ALICE) == Balance(100, 100, 40)
    apply(till, hq.recall(A))
    assert till.balance(ALICE) == Balance(0, 0, 40)
    prove(till.store)


@pytest.mark.parametrize("keep", [300, 301, 2**62])
def test_a_recall_of_no_more_than_is_here_gives_nothing(keep: int, till: Till, hq: Headquarters) -> None:
    hq.funds.add(A, 300)
    apply(till, hq.transfer(A, 300))
    assert apply(till, hq.recall(A, keep=keep)) is None
    assert (has(till), kinds(till)) == (300, ["applied", "applied"])


def test_a_recall_for_somebody_who_was_never_here_is_only_applied(till: Till, hq: Headquarters) -> None:
    assert apply(till, hq.recall(BOB.account)) is None
    assert kinds(till) == ["applied"]


def test_many_lots_go_home_in_more_than_one_record_and_none_is_left(till: Till, hq: Headquarters) -> None:
    for _ in range(450):
        hq.funds.add(A, 1)
    for _ in range(3):
        apply(till, hq.transfer(A, 150))
    apply(till, hq.recall(A))
    assert [len(gift.transfer.parts) for gift in gifts(till)] == [200, 200, 50]
    assert has(till) == 0
    hq.hear(till.chain())
    assert hq.funds.units(A) == 450
    prove(till.store)


def test_a_recall_that_comes_again_gives_nothing_more(till: Till, hq: Headquarters) -> None:
    hq.funds.add(A, 300)
    apply(till, hq.transfer(A, 300))
    recall = hq.recall(A, keep=100)
    for _ in range(3):
        apply(till, recall)
    assert (has(till), len(gifts(till))) == (100, 1)


# The negative list


def test_a_blocked_card_neither_pays_nor_loads_until_it_is_found(till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "5.00")
    apply(till, hq.give(Block((ALICE.token, "somebody else"))))
    till.restart()
    for request in (till.charge_of(ALICE, "1.00"), till.load_of(ALICE, "5.00")):
        answer = till.ask(request)
        assert isinstance(answer, Answer)
        assert answer.decline == "card_blocked"
    till.load(BOB, "1.00")
    apply(till, hq.give(Block((ALICE.token,))))
    apply(till, hq.give(Unblock((ALICE.token,))))
    till.charge(ALICE, "1.00")
    prove(till.store)


# Another way of running the store


def test_a_change_of_mode_is_in_force_from_the_record_that_says_so(till: Till, hq: Headquarters) -> None:
    till.load(ALICE, "5.00")
    assert apply(till, hq.give(RunAs("real_time"))) is None
    till.load(ALICE, "5.00")
    assert [record.mode for record in (signed.open() for signed in till.chain())] == ["transfer"] * 2 + [
        "real_time"
    ] * 2
    till.restart()
    assert till.store.head().mode == "real_time"
    assert has(till) == 10_00
    prove(till.store)


def test_a_way_of_running_a_store_that_this_version_does_not_know_is_doubted(till: Till, hq: Headquarters) -> None:
    before = till.chain()
    assert apply(till, hq.order(RunAs("by_pigeon"))) is Doubt.ORDER_UNKNOWN
    assert till.chain() == before
