"""What a chain has told its customers, in plain arithmetic. It knows nothing of lots, places, records or SQLite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from checkout.requests import Load, Sale, Undo
from checkout.results import Decline
from checkout.sold import Paid, PaidWith
from ledger.ids import AccountId, ChainId, OperationId, Place
from ledger.slices import Asset, Purse
from loyalty.programme import Programme
from loyalty.promotions import Occasion
from simulation.checks.gifts import Gifts
from simulation.checks.lasting import Lasting
from simulation.checks.let_go import LetGo
from simulation.checks.pos_numbers import PosNumbers
from simulation.checks.promised import Promises, Slip
from simulation.checks.purchases import Purchase
from simulation.checks.whose import ASSETS, Whose
from terminal.answers import Answer, Outcome, Problem
from terminal.asking import Asked

_NOBODY = ChainId(Place(""), 0)
NOT_HERE = Decline.RIGHT_ELSEWHERE, Decline.ORIGINAL_UNKNOWN
"""Whoever says so has not the right to undo it."""


@dataclass
class Loaded:
    """A load as its customer remembers it. `units`: what it brought, the bonus too."""

    total: int
    units: int
    is_undone: bool = False


@dataclass(frozen=True)
class Original:
    """What may be undone, whose it is, and on which business date it was made."""

    account: AccountId
    day: str
    what: Purchase | Loaded
    gifts: tuple[str, ...] = ()
    """The promotions that it got."""

    def may_be_refunded(self, units: int) -> bool:
        """Whether the till that made it has to, wherever its value lies now."""
        return isinstance(self.what, Purchase) and units <= self.what.left

    def may_be_voided(self, units: int, day: str) -> bool:
        """Whether it could be; a load only where all that it brought still lies."""
        is_touched = self.what.is_touched if isinstance(self.what, Purchase) else self.what.is_undone
        return (units, day) == (self.what.total, self.day) and not is_touched


class Truth:
    """An answer that was given stays true, whatever is cut; one that was not given is true once the till says it.

    What is undone counts from its commit on, in that order: a right that has moved since has another till give back the
    rest. So do the refunds by which tills keep promises, as nobody asks for those.

    Loads and sales so far; a refund or a void takes its part out of what was spent. `points` are those that a member
    must have in all, less what is owed: below zero, where more was taken back than there is. `owed` is what refunds
    said that they did not find; it never falls. What has expired is in all of them, and pays for nothing. What the
    programme says of them beside one bonus, one earning rule and one redeeming rate is not told here.
    """

    def __init__(self, programme: Programme) -> None:
        self._step = programme.currency.charge_step
        self._validity, self._lasting = programme.validity, Lasting()
        self._bonus = sorted(programme.load.bonus, key=lambda tier: -tier.from_units)
        earning, redeeming = programme.earning, programme.redeeming
        self._earns = (0, 1) if earning is None else (earning.points, earning.per_units)
        self._costs = (0, 1) if redeeming is None else (redeeming.points, redeeming.units)
        self.answers: dict[tuple[ChainId, str], Answer] = {}
        self.written_off: Counter[Whose] = Counter()
        """What HQ has given back of what lies at lost tills: so much a member may spend, who has spent it there."""
        self.loaded: Counter[AccountId] = Counter()
        self.spent: Counter[AccountId] = Counter()
        self.points: Counter[AccountId] = Counter()
        self.owed: Counter[AccountId] = Counter()
        self.originals: dict[Slip, Original] = {}
        self._makers: dict[str, ChainId] = {}
        """By the number of a slip: no two tills have the same."""
        self.promises = Promises()
        self.gifts = Gifts(programme)
        self.pos_numbers = PosNumbers()
        self.let_go = LetGo(programme.floor_limit)
        self._wanted_elsewhere: set[str] = set()
        """Slips of which another till than their own was asked to undo something: the right to may be anywhere."""
        self._under_way: dict[str, tuple[ChainId, Asked]] = {}
        """Undoings of which nobody knows yet what came of them, by their operations."""
        self._counted: dict[tuple[ChainId, str], object] = {}
        """What some of them have moved that were in a book before anybody heard of it."""

    def asks(self, till: ChainId, asked: Asked) -> None:
        """Somebody asks a till for something."""
        if isinstance(asked.request, Undo):
            self._under_way[asked.request.operation_id] = till, asked
            if self._makers.get(asked.request.receipt_number) != till:
                self._wanted_elsewhere.add(asked.request.receipt_number)

    def ends(self, operation_id: str) -> None:
        """Nothing more will come of what was asked."""
        self._under_way.pop(operation_id, None)

    def listens(self, till: ChainId) -> bool:
        """Whether something may be in the book of a till of which nobody has told."""
        return bool(self._under_way) or self.promises.is_due(till)

    def sees(self, keeper: ChainId, answer: Answer) -> None:
        """Somebody's book has this: the answer to what was asked for, or to nobody."""
        under_way = self._under_way.pop(answer.operation_id, None)
        if under_way is not None:
            till, asked = under_way
            self._counted[till, answer.operation_id] = _moved(answer)
            self._count(till, asked, answer)
        elif answer.promise is not None:
            self._keep(keeper, answer)

    def hear(self, till: ChainId, asked: Asked, answer: Answer | Problem) -> None:
        """A till has answered."""
        if isinstance(answer, Problem):
            assert answer is Problem.TILL_REVOKED, answer
            return
        first = msgspec.structs.replace(answer, replayed=False)
        key = till, asked.request.operation_id
        known = self.answers.setdefault(key, first)
        assert known == first, f"{key} was answered {known}, and then {first}"
        assert answer.replayed or known is first, f"{key} was done twice"
        if answer.operation_id != asked.request.operation_id:
            self.pos_numbers.is_another_s(till, asked.request.pos_ref, first)
            return
        if known is not first:
            return  # counted before; a repeat may be the first that anybody hears of it
        self.ends(asked.request.operation_id)
        counted = self._counted.pop(key, None)
        if counted is None:
            self._count(till, asked, answer)
        else:
            assert counted == _moved(answer), f"{key} has moved {counted}, and its answer is {answer}"

    def _count(self, till: ChainId, asked: Asked, answer: Answer) -> None:
        request = asked.request
        if answer.outcome is not Outcome.DONE:
            assert not _has_moved(answer), f"{answer.outcome}, and something moved"
        if answer.outcome is Outcome.DECLINED:
            is_called_off = answer.decline == Decline.CANCELLED
            must_be_done = isinstance(request, Undo) and not is_called_off and self._must_be_done(till, request, answer)
            assert not must_be_done, answer
            return
        self.pos_numbers.done(till, asked.kind, answer)
        assert answer.receipt_number is not None
        slip = till, answer.receipt_number
        if isinstance(request, Undo) and answer.outcome is Outcome.PROMISED:
            self._promise(till, request, answer)
            return
        if isinstance(request, Undo) and (till, request.receipt_number) in self.promises.made:
            assert (answer.kind, _has_moved(answer)) == ("void", False), f"it takes a promise back: {answer}"
            self.promises.take_back((till, request.receipt_number))
            return
        if isinstance(request, Undo):
            account = self._undo(till, request, answer)
        else:
            account = AccountId(asked.account)
            begin = self._load(account, request, answer) if isinstance(request, Load) else self._buy(request, answer)
            what, gifts = begin
            assert slip not in self.originals, f"two slips of {till} have the number {answer.receipt_number}"
            self.originals[slip] = Original(account, answer.business_date, what, gifts)
            assert self._makers.setdefault(answer.receipt_number, till) == till, f"{answer.receipt_number} was there"
        self._check_enough(account)

    def _check_enough(self, account: AccountId) -> None:
        for asset, more in ((Asset.MONEY, 0), (Asset.POINTS, self.owed[account])):
            left = self._lasting.most((account, asset)) + more + self.written_off[account, asset]
            assert left >= 0, f"{account} has spent {-left} of its {asset} that never came in, or had expired"

    def _comes(self, account: AccountId, purse: Purse, units: int, day: str) -> None:
        """Something came in on this business date; below zero: it was taken back."""
        self._lasting.comes((account, ASSETS[purse]), units, self._validity.last_day(purse, day))

    def _promise(self, till: ChainId, request: Undo, answer: Answer) -> None:
        """Whoever has the right gives back at once."""
        is_here = self._makers.get(request.receipt_number) == till
        assert request.may_promise, f"nobody has asked for a promise: {answer}"
        assert self._may_be_elsewhere(request, is_here=is_here), f"{till} has the right to do what it promises"
        assert (answer.original, answer.amount) == (request.receipt_number, request.units)
        assert answer.receipt_number is not None
        assert self._makers.setdefault(answer.receipt_number, till) == till, f"{answer.receipt_number} was there"
        self.promises.give((till, answer.receipt_number), answer)

    def _keep(self, till: ChainId, answer: Answer) -> None:
        """A till has the right now, and has given back what it had promised."""
        assert answer.original is not None, answer
        assert answer.promise is not None, answer
        request = Undo(OperationId(answer.operation_id), answer.original, answer.amount, "", answer.pos_ref)
        key = till, answer.operation_id
        self.promises.keep((till, answer.promise), answer, self.left_of(answer.original) or 0)
        assert self.answers.setdefault(key, answer) is answer, f"{key} was done twice"
        assert (answer.kind, answer.outcome) == ("refund", Outcome.DONE), f"a promise is kept with a refund: {answer}"
        self._check_enough(self._undo(till, request, answer))

    def _must_be_done(self, till: ChainId, request: Undo, answer: Answer) -> bool:
        slip = till, request.receipt_number
        if slip in self.promises.made:
            return answer.kind == "void" and request.receipt_number in self.promises.open()
        original = self._original(request)
        is_here = self._makers.get(request.receipt_number) == till
        if original is None or (answer.decline in NOT_HERE and self._may_be_elsewhere(request, is_here=is_here)):
            return False
        if answer.kind == "refund":
            return original.may_be_refunded(request.units)
        return (
            is_here
            and isinstance(original.what, Purchase)
            and original.may_be_voided(request.units, answer.business_date)
        )

    def _may_be_elsewhere(self, request: Undo, *, is_here: bool) -> bool:
        return not is_here or request.receipt_number in self._wanted_elsewhere

    def _original(self, request: Undo) -> Original | None:
        maker = self._makers.get(request.receipt_number)
        return None if maker is None else self.originals.get((maker, request.receipt_number))

    def _load(self, account: AccountId, request: Load, answer: Answer) -> tuple[Loaded, tuple[str, ...]]:
        bonus = next((tier.bonus_units for tier in self._bonus if request.units >= tier.from_units), 0)
        gifts = self.gifts.give(Occasion.LOAD, request.units, answer.bonus - bonus, answer, self.written_off)
        assert answer.principal == request.units
        self.loaded[account] += request.units + answer.bonus
        self._comes(account, Purse.PRINCIPAL, request.units, answer.business_date)
        self._comes(account, Purse.BONUS, answer.bonus, answer.business_date)
        return Loaded(request.units, request.units + answer.bonus), gifts

    def _buy(self, request: Sale, answer: Answer) -> tuple[Purchase, tuple[str, ...]]:
        """A part of a point costs a whole one; what is paid, and not with points, earns; a part of a point is none."""
        account, paid = request.presented.card.account, _shares(request.paid)
        risk = self.let_go.sold(request, answer)
        if risk:
            paid |= {PaidWith.STORED_VALUE: paid[PaidWith.STORED_VALUE] - risk, PaidWith.STORE_RISK: risk}
            paid = {tender: units for tender, units in paid.items() if units}
        assert _shares(answer.paid) == paid, f"{answer} was paid otherwise than {request} asks"
        in_points = paid.get(PaidWith.POINTS, 0)
        (costs, worth), (earns, per_units) = self._costs, self._earns
        cost, earned = -(-in_points * costs // worth), (request.units - in_points - risk) * earns // per_units
        gifts = self.gifts.give(
            Occasion.SALE, request.units - risk, answer.points_in - earned, answer, self.written_off
        )
        made = Purchase(request.units, paid, cost, answer.points_in)
        assert answer.principal + answer.bonus == paid.get(PaidWith.STORED_VALUE, 0)
        assert (answer.points_out, answer.points_owed) == (made.points_paid, 0)
        self.spent[account] += paid.get(PaidWith.STORED_VALUE, 0)
        self.points[account] += made.earned - made.points_paid
        self._lasting.spends((account, Asset.MONEY), paid.get(PaidWith.STORED_VALUE, 0), answer.business_date)
        self._lasting.spends((account, Asset.POINTS), made.points_paid, answer.business_date)
        self._comes(account, Purse.POINTS, made.earned, answer.business_date)
        return made, gifts

    def _undo(self, till: ChainId, request: Undo, answer: Answer) -> AccountId:
        original = self._original(request)
        assert original is not None, f"{till} has undone {request.receipt_number}, which nobody ever sold"
        if answer.kind == "refund":
            assert original.may_be_refunded(request.units), f"{request.units} of {original} were refunded"
        else:
            assert self._makers[request.receipt_number] == till, f"{till} has voided {request.receipt_number}"
            assert original.may_be_voided(request.units, answer.business_date), f"{original} was voided"
            self.gifts.bring_back(original.gifts, original.day)
        money, account = answer.principal + answer.bonus, original.account
        if isinstance(original.what, Loaded):
            assert (money, answer.points_in, answer.points_out, answer.points_owed) == (original.what.units, 0, 0, 0)
            original.what.is_undone = True
            self.loaded[account] -= money
            self._comes(account, Purse.PRINCIPAL, -answer.principal, original.day)
            self._comes(account, Purse.BONUS, -answer.bonus, original.day)
            return account
        shares = _shares(answer.paid)
        lost = original.what.undo(request.units, shares, answer.points_in, self._step)
        assert money == shares.get(PaidWith.STORED_VALUE, 0)
        self.let_go.undone(request.receipt_number, account, shares.get(PaidWith.STORE_RISK, 0))
        assert answer.points_out + answer.points_owed == lost, f"{lost} are to be taken back, or owed"
        assert min(answer.points_out, answer.points_owed) >= 0
        self.spent[account] -= money
        self.points[account] += answer.points_in - lost
        self._lasting.spends((account, Asset.MONEY), -money, original.day)
        self._lasting.spends((account, Asset.POINTS), -answer.points_in, original.day)
        self._comes(account, Purse.POINTS, -lost, original.day)
        self.owed[account] += answer.points_owed
        return account

    def left(self) -> dict[AccountId, int]:
        """The money that each member must have, all places together."""
        return {account: units - self.spent[account] for account, units in self.loaded.items()}

    def to_spend(self, account: AccountId, asset: Asset, day: str) -> int:
        """What a member may hope to spend on a day; less, where what was written off still is at the lost till."""
        return max(self._lasting.most((account, asset), day) + self.written_off[account, asset], 0)

    def left_of(self, receipt_number: str) -> int | None:
        """What of the price of this sale nobody has undone; None: nobody has sold by that slip."""
        maker = self._makers.get(receipt_number)
        original = None if maker is None else self.originals.get((maker, receipt_number))
        return original.what.left if original is not None and isinstance(original.what, Purchase) else None

    def is_at_risk(self, receipt_number: str) -> bool:
        """Whether a store still has a claim on this sale: then nobody but its own till may undo it."""
        original = self.originals.get((self._makers.get(receipt_number, _NOBODY), receipt_number))
        return isinstance(original, Original) and isinstance(original.what, Purchase) and bool(original.what.at_risk)

    def with_claims(self) -> set[ChainId]:
        """The tills on whose sales a store still has a claim."""
        sales = ((till, one.what) for (till, _), one in self.originals.items())
        return {till for till, what in sales if isinstance(what, Purchase) and what.at_risk}

    def still_sold(self) -> set[AccountId]:
        """Who has bought something of which not all was undone."""
        return {one.account for one in self.originals.values() if isinstance(one.what, Purchase) and one.what.left}


def _has_moved(answer: Answer) -> bool:
    return any((answer.principal, answer.bonus, answer.points_in, answer.points_out, answer.points_owed))


def _moved(answer: Answer) -> object:
    """What it says of value, wherever it is said: how much then lies where is known there alone."""
    points = answer.points_in, answer.points_out, answer.points_owed
    return answer.outcome, answer.record, answer.amount, answer.principal, answer.bonus, *points, answer.paid


def _shares(paid: tuple[Paid, ...]) -> dict[PaidWith, int]:
    return {part.tender: part.units for part in paid}
