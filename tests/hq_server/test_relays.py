"""What one till gave to another and no line of theirs brings any more: HQ relays it, once, to whom it trusts."""

import msgspec
import pytest

from hq_server.placement import Ahead
from hq_server.relaying import can_be_relayed, comes_by_line
from hq_server.valuing import Placement, Rules
from ledger.ids import ChainId, Place, RecordRef
from protocol.bodies import (
    DIRECTIVE_BYTES_MAX,
    RELAYED_BYTES_MAX,
    Applied,
    Directive,
    Lead,
    Neighbour,
    Recall,
    Relay,
    Roster,
    Transfer,
    Why,
)
from protocol.records import RecordKind, SignedRecord
from protocol.transfers import Passage
from tests.hq_server.forger import ALICE, Keeper, part
from tests.hq_server.lead_shop import ADDRESS, LEAD, WITNESS, Shop
from tests.hq_server.office import NOTHING_PLACED, PROGRAMME, STAMP, Office
from tests.hq_server.test_store_modes import enrolled

OTHER = Lead(Place("07-3"), ADDRESS)


@pytest.fixture
def shop() -> Shop:
    """Till 1 leads; all three have heard so, and HQ of that."""
    shop = Shop(Office(rules=NOTHING_PLACED))
    name(shop, LEAD)
    return shop


def name(shop: Shop, lead: Lead | None, *tills: Keeper) -> None:
    """HQ names a lead or none, and these tills carry that out, or all of them."""
    shop.name(lead)
    obey(shop, *(tills or (shop.one, shop.two, shop.three)))


def obey(shop: Shop, *tills: Keeper) -> None:
    """They carry out the last roster, and HQ hears of it."""
    for till in tills:
        till.apply(last_roster(shop, till))
        shop.office.receive(till)


def last_roster(shop: Shop, till: Keeper) -> SignedRecord:
    ordered = shop.office.directives(till)
    return next(one for one in reversed(ordered) if isinstance(one.open().body_as(Directive).order, Roster))


def relays(shop: Shop, till: Keeper) -> list[Relay]:
    return [order for order in shop.office.orders(till) if isinstance(order, Relay)]


def is_relay(signed: SignedRecord) -> bool:
    return isinstance(signed.open().body_as(Directive).order, Relay)


def lent(shop: Shop, units: int = 60) -> SignedRecord:
    """Till 1 has 100 of Alice's and gives some of it to till 2; HQ knows."""
    shop.one.load(ALICE, 100)
    given = shop.one.give(ALICE, part(shop.one.loaded[-1], units), to="07-2", drawn="sale-0001")
    shop.office.receive(shop.one)
    return given


# When


def test_what_the_old_lead_lent_is_relayed_when_its_taker_has_heard_of_another(shop: Shop) -> None:
    given = lent(shop)
    name(shop, OTHER, shop.one, shop.three)
    assert relays(shop, shop.two) == [], "the old line may be up, and bring it"
    obey(shop, shop.two)
    assert relays(shop, shop.two) == [Relay(shop.one.raw_key, given)]
    shop.two.take(given)
    shop.office.receive(shop.two)
    assert (shop.office.at("07-1", ALICE), shop.office.at("07-2", ALICE)) == (40, 60)
    assert shop.office.suspense() == []
    shop.office.assert_conserved()


def test_what_the_old_lead_reports_when_its_taker_has_heard_of_another_is_relayed_at_once(shop: Shop) -> None:
    name(shop, None, shop.two)
    given = lent(shop)
    assert relays(shop, shop.two) == [Relay(shop.one.raw_key, given)]


def test_what_went_back_to_the_old_lead_is_relayed_to_it(shop: Shop) -> None:
    shop.two.take(lent(shop))
    back = shop.two.give(ALICE, part(shop.one.loaded[0], 60), to="07-1")
    shop.office.receive(shop.two)
    name(shop, None)
    assert relays(shop, shop.one) == [Relay(shop.two.raw_key, back)]
    assert relays(shop, shop.two) == []
    shop.one.take(back)
    shop.office.receive(shop.one)
    assert shop.office.at("07-1", ALICE) == 100
    shop.office.assert_conserved()


def test_what_went_back_to_a_lead_is_relayed_when_the_till_that_gave_it_leads(shop: Shop) -> None:
    """There is a line between the two; on it the new lead brings what is drawn from it, and nothing else."""
    shop.two.take(lent(shop))
    back = shop.two.give(ALICE, part(shop.one.loaded[0], 60), to="07-1")
    shop.office.receive(shop.two)
    name(shop, Lead(WITNESS.place, ADDRESS))
    assert relays(shop, shop.one) == [Relay(shop.two.raw_key, back)]


def test_what_a_lead_lent_is_relayed_when_its_witness_leads_who_has_it_as_a_copy_already(shop: Shop) -> None:
    given = lent(shop)
    name(shop, Lead(WITNESS.place, ADDRESS))
    assert relays(shop, shop.two) == [Relay(shop.one.raw_key, given)]


def test_what_a_revoked_lead_had_reported_is_relayed(shop: Shop) -> None:
    given = lent(shop)
    shop.revoke(shop.one)
    obey(shop, shop.two)
    assert relays(shop, shop.two) == [Relay(shop.one.raw_key, given)]


def test_what_a_revoked_till_gave_back_is_relayed_to_the_lead_which_lets_it_in_no_more(shop: Shop) -> None:
    shop.two.take(lent(shop))
    back = shop.two.give(ALICE, part(shop.one.loaded[0], 60), to="07-1")
    shop.office.receive(shop.two)
    shop.revoke(shop.two)
    obey(shop, shop.one)
    assert relays(shop, shop.one) == [Relay(shop.two.raw_key, back)]


def test_what_a_lead_gave_in_an_epoch_that_is_over_is_relayed(shop: Shop) -> None:
    given = lent(shop)
    shop.office.enrol(Keeper("07-1", epoch=2, seed=31))
    obey(shop, shop.two)
    assert relays(shop, shop.two) == [Relay(shop.one.raw_key, given)]


def test_whoever_waits_for_the_step_hears_to_whom_something_was_relayed(shop: Shop) -> None:
    name(shop, None, shop.two)
    shop.one.load(ALICE, 100)
    shop.one.give(ALICE, part(shop.one.loaded[0], 60), to="07-2")
    assert shop.office.take(shop.one.batch()) is None
    assert ChainId(Place("07-2"), 1) in shop.office.store.post(Place("07-1"), 1, STAMP).ordered


# When not


def test_what_comes_over_the_line_to_the_lead_is_not_relayed(shop: Shop) -> None:
    lent(shop)
    shop.two.load(ALICE, 7)
    shop.two.give(ALICE, part(shop.two.loaded[0], 7), to="07-1")
    shop.office.receive(shop.two)
    name(shop, Lead(LEAD.place, "http://192.168.1.11:8372"))
    assert [relays(shop, till) for till in (shop.one, shop.two, shop.three)] == [[], [], []]


def test_what_was_taken_before_the_lead_went_is_not_relayed(shop: Shop) -> None:
    shop.two.take(lent(shop))
    name(shop, None)
    assert relays(shop, shop.two) == []


def test_nothing_is_relayed_twice(shop: Shop) -> None:
    lent(shop)
    for lead in (OTHER, None, LEAD, OTHER, None):
        name(shop, lead)
    assert len(relays(shop, shop.two)) == 1


def test_what_is_given_after_a_relay_is_relayed_alone(shop: Shop) -> None:
    first = lent(shop)
    name(shop, None)
    second = lent(shop, 30)
    assert [one.given for one in relays(shop, shop.two)] == [first, second]


def test_a_lead_that_is_named_again_before_its_taker_has_heard_of_another_brings_it_itself(shop: Shop) -> None:
    lent(shop)
    shop.name(OTHER)
    between = last_roster(shop, shop.two)
    shop.name(LEAD)
    obey(shop, shop.two)
    assert relays(shop, shop.two) == []
    assert last_roster(shop, shop.two) != between


def test_what_was_relayed_and_comes_over_the_lan_of_a_lead_that_is_named_again_counts_once(shop: Shop) -> None:
    given = lent(shop)
    name(shop, OTHER)
    name(shop, LEAD)
    shop.two.take(given)
    shop.two.apply(next(one for one in shop.office.directives(shop.two) if is_relay(one)))
    shop.office.receive(shop.two)
    assert shop.office.at("07-2", ALICE) == 60
    assert shop.office.suspense() == []
    shop.office.assert_conserved()


@pytest.mark.parametrize("fenced", ["revoked", "given a new key"])
def test_to_a_till_that_is_trusted_no_more_nothing_is_relayed(fenced: str, shop: Shop) -> None:
    lent(shop)
    shop.name(OTHER)
    shop.two.apply(last_roster(shop, shop.two))
    assert shop.office.take(shop.two.batch()) is None
    if fenced == "revoked":
        shop.revoke(shop.two)
    else:
        shop.office.enrol(Keeper("07-2", epoch=2, seed=32))
    shop.office.post(shop.two)
    assert relays(shop, shop.two) == []
    assert shop.office.balance(ALICE) == 40, "the rest stays in transit, in sight"
    shop.office.assert_conserved()


def test_a_record_that_the_book_cannot_take_is_not_relayed(shop: Shop) -> None:
    lent(shop, 101)
    name(shop, None)
    assert [line.reason for line in shop.office.suspense()] == ["below_zero"]
    assert relays(shop, shop.two) == []


def test_what_goes_to_hq_is_not_relayed(shop: Shop) -> None:
    name(shop, None)
    shop.one.load(ALICE, 100)
    shop.one.give(ALICE, part(shop.one.loaded[0], 60))
    shop.office.receive(shop.one)
    assert relays(shop, shop.two) == []
    assert shop.office.at("hq", ALICE) == 60


@pytest.mark.parametrize("forged", ["by nobody", "to another"])
def test_a_roster_that_hq_has_not_given_this_till_changes_nothing(forged: str, shop: Shop) -> None:
    lent(shop)
    shop.name(OTHER)
    theirs = last_roster(shop, shop.three)
    record = theirs.open()
    body = msgspec.structs.replace(record.body_as(Directive), to="07-2", order=Roster(None, ()))
    made = Keeper("hq", seed=66).write(RecordKind.DIRECTIVE, body, sequence=record.sequence)
    shop.two.apply(theirs if forged == "to another" else made)
    shop.office.receive(shop.two)
    assert relays(shop, shop.two) == []


def test_a_till_that_never_said_it_carried_a_roster_out_is_relayed_nothing() -> None:
    shop = Shop(Office(rules=NOTHING_PLACED))
    lent(shop)
    shop.name(None)
    assert relays(shop, shop.two) == []


# What follows


def test_what_comes_to_a_till_that_leads_no_more_is_called_home() -> None:
    """As all that lies with it: its store has another lead."""
    shop = Shop(Office(rules=Rules(PROGRAMME, Placement(Ahead(30, 1000, 1), Ahead(30, 1000, 1), Ahead(0, 0, 0)))))
    name(shop, LEAD)
    shop.two.take(lent(shop, 100))
    back = shop.two.give(ALICE, part(shop.one.loaded[0], 100), to="07-1")
    shop.office.receive(shop.two)
    name(shop, OTHER)
    assert relays(shop, shop.one) == [Relay(shop.two.raw_key, back)]
    shop.one.take(back)
    shop.office.receive(shop.one)
    orders = shop.office.orders(shop.one)
    assert [order.keep for order in orders if isinstance(order, Recall)] == [0]
    shop.office.assert_conserved()


def test_a_relay_is_numbered_like_every_directive_and_moves_nothing_itself(shop: Shop) -> None:
    name(shop, None, shop.two)
    lent(shop)
    ordered = [one.open().body_as(Directive) for one in shop.office.directives(shop.two, 0)]
    assert [one.number for one in ordered] == list(range(1, len(ordered) + 1))
    assert isinstance(ordered[-1].order, Relay)
    assert shop.office.at("hq", ALICE) == 0
    shop.office.assert_conserved()


# Who has a line to whom


def test_a_line_is_between_the_lead_and_another_till_that_the_roster_lists() -> None:
    one, two, three = (Neighbour(Place(f"07-{till}"), 1, bytes(32)) for till in (1, 2, 3))
    roster = Roster(LEAD, (one, two))
    lent, back = passage("07-1", "07-2", Why.DRAW), passage("07-2", "07-1", Why.RETURN)
    assert comes_by_line(roster, lent)
    assert comes_by_line(roster, back)
    assert not comes_by_line(roster, passage("07-3", "07-1", Why.RETURN)), "the lead does not let it in"
    assert not comes_by_line(roster, passage("07-1", "07-2", Why.DRAW, epoch=2)), "it is another keeper's"
    assert not comes_by_line(Roster(None, (one, two)), lent)
    assert not comes_by_line(Roster(OTHER, (one, two, three)), lent)


def test_a_lead_brings_what_was_drawn_from_it_and_gets_what_went_back_and_nothing_else() -> None:
    roster = Roster(LEAD, tuple(Neighbour(Place(f"07-{till}"), 1, bytes(32)) for till in (1, 2)))
    assert not comes_by_line(roster, passage("07-1", "07-2", Why.RETURN)), "it went back to till 2 when that one led"
    assert not comes_by_line(roster, passage("07-2", "07-1", Why.DRAW)), "the lead may have copied that as a witness"


def passage(giver: str, taker: str, why: Why, epoch: int = 1) -> Passage:
    return Passage(RecordRef(Place(giver), epoch, 5), taker, 1, Transfer(why, "", ALICE, ()))


def test_a_record_for_which_a_directive_has_no_room_stays_in_transit(shop: Shop) -> None:
    """Only a till that is not ours signs one."""
    name(shop, None, shop.two)
    lots = [shop.one.load(ALICE, 1).open().ref.lot for _ in range(900)]
    room, parts = DIRECTIVE_BYTES_MAX - 400, []
    for lot in lots:
        room -= len(msgspec.msgpack.encode(part(lot, 1)))
        parts += [part(lot, 1)] if room > 0 else []
    given = shop.one.give(ALICE, *parts, to="07-2")
    assert RELAYED_BYTES_MAX < len(given.content) <= DIRECTIVE_BYTES_MAX
    for start in range(0, len(shop.one.chain), 200):
        assert shop.office.take(shop.one.batch(start + 1, start + 200)) is None
    shop.office.post(shop.one)
    assert shop.office.at("07-1", ALICE) == len(lots) - len(parts)
    assert relays(shop, shop.two) == []


def test_the_largest_record_that_is_relayed_fits_into_what_carries_it() -> None:
    office = Office(rules=NOTHING_PLACED)
    till = enrolled(office, "0123456A-0123", 7)
    given = SignedRecord(bytes(RELAYED_BYTES_MAX), bytes(64))
    assert can_be_relayed(given)
    ordered = office.store.keeping(lambda book: book.order(till.place, 1, Relay(bytes(32), given), STAMP))
    assert len(ordered.content) <= DIRECTIVE_BYTES_MAX
    assert till.write(RecordKind.APPLIED, Applied(ordered)).open().kind is RecordKind.APPLIED
