"""What a slip says: facts of a movement, its evidence and the till's standing, put into words."""

from __future__ import annotations

from dataclasses import dataclass

from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith
from ledger.amounts import Currency
from receipts.slip import Align, Blank, Block, Line, Pair, Qr, Rule, Size, Slip, Title
from receipts.wording import Language, Wording


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ties the slip to its record, as plain text; `qr` is what a customer scans, if there is anything to scan."""

    receipt_number: str
    check_code: str
    record: str
    qr: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where and when it was, how the store runs, whether HQ answered: plain text in the slip's language.

    `tells_balance`: what lies at this place is what the customer may spend there. Where HQ sells it is not.
    """

    chain: str
    store: str
    till: str
    local_time: str
    business_date: str
    mode: str
    hq: str
    tells_balance: bool = True


def compose(  # noqa: PLR0913 - what a slip says depends on all six, and on nothing else
    facts: SlipFacts, evidence: Evidence, standing: Standing, language: Language, currency: Currency, *, copy: bool
) -> Slip:
    """One slip. The same facts give the same words, so that a copy differs from its original only by its mark."""
    words = _Words(Wording.load(), language, currency)
    return (
        *_head(facts, standing, words, copy=copy),
        Rule(),
        *_circumstances(facts, evidence, standing, words),
        Rule(),
        *_MOVEMENTS[facts.kind](facts, words),
        Rule(),
        *((*_left_on_card(facts, words), Rule()) if standing.tells_balance and facts.card else ()),
        *_proof(evidence, standing, words),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    wording: Wording
    language: Language
    currency: Currency

    def say(self, key: str, **values: object) -> str:
        return self.wording.say(key, self.language, **values)

    def money(self, units: int) -> str:
        return self.wording.money(units, self.currency, self.language)

    def parts(self, parts: dict[str, int]) -> list[Block]:
        return [Pair(self.say(key), self.money(units), inset=True) for key, units in parts.items()]

    def points(self, counts: dict[str, int]) -> list[Block]:
        return [Pair(self.say(key), f"{count:+,}", inset=True) for key, count in counts.items() if count]


def _head(facts: SlipFacts, standing: Standing, words: _Words, *, copy: bool) -> list[Block]:
    mark = Line(words.say("slip.copy"), Align.CENTER, Size.BIG, bold=True)
    return [
        Line(standing.chain, Align.CENTER, Size.BIG),
        Line(standing.store, Align.CENTER),
        Blank(),
        Title(words.say(f"slip.{facts.kind}.title")),
        *([mark] if copy else []),
    ]


def _circumstances(facts: SlipFacts, evidence: Evidence, standing: Standing, words: _Words) -> list[Block]:
    rows = {
        "slip.number": evidence.receipt_number,
        "slip.business_date": standing.business_date,
        "slip.time": standing.local_time,
        "slip.till": standing.till,
        "slip.cashier": facts.cashier,
        "slip.pos_ref": facts.pos_ref,
        "slip.card_keyed" if facts.keyed else "slip.card": facts.card,
    }
    return [Pair(words.say(key), text) for key, text in rows.items() if text]


def _sale(facts: SlipFacts, words: _Words) -> list[Block]:
    return [
        Pair(words.say("slip.sale.amount"), words.money(facts.amount), Size.BIG, bold=True),
        *(row for part in facts.paid for row in _part(part, facts, words)),
        *words.points({"slip.points_out": -facts.points_out, "slip.points_in": facts.points_in}),
        *_promotions(facts, words),
    ]


def _undo(facts: SlipFacts, words: _Words) -> list[Block]:
    moved = {
        "slip.points_back": facts.points_in,
        "slip.points_taken": -facts.points_out,
        "slip.points_owed": -facts.points_owed,
    }
    return [
        Pair(words.say("slip.original"), facts.original or ""),
        *([Pair(words.say("slip.promise"), facts.promise)] if facts.promise else []),
        Pair(words.say(f"slip.{facts.kind}.amount"), words.money(facts.amount), Size.BIG, bold=True),
        *(row for part in facts.paid for row in _part(part, facts, words)),
        *_taken_back(facts, words),
        *words.points(moved),
    ]


def _promise(facts: SlipFacts, words: _Words) -> list[Block]:
    return [
        Pair(words.say("slip.original"), facts.original or ""),
        Pair(words.say("slip.promise.amount"), words.money(facts.amount), Size.BIG, bold=True),
        Line(words.say("slip.promise.words")),
    ]


def _taken_back(facts: SlipFacts, words: _Words) -> list[Block]:
    """What a load had brought leaves the card again; what had paid a sale stands among the parts."""
    if any(part.tender is PaidWith.STORED_VALUE for part in facts.paid):
        return []
    shares = {"slip.undo.principal_taken": facts.principal, "slip.undo.bonus_taken": facts.bonus}
    return words.parts({key: units for key, units in shares.items() if units})


def _part(part: Paid, facts: SlipFacts, words: _Words) -> list[Block]:
    """A part of a payment; stored value by its shares where bonus paid, too."""
    if part.tender is PaidWith.STORED_VALUE and facts.bonus:
        way = "sale" if facts.kind is SlipKind.SALE else "undo"
        shares = {f"slip.{way}.principal": facts.principal, f"slip.{way}.bonus": facts.bonus}
        return words.parts({key: units for key, units in shares.items() if units})
    taken_back = part.tender is PaidWith.STORE_RISK and facts.kind is not SlipKind.SALE
    return words.parts({f"tender.{part.tender}_back" if taken_back else f"tender.{part.tender}": part.units})


def _load(facts: SlipFacts, words: _Words) -> list[Block]:
    tender = [Pair(words.say("slip.load.tender"), words.say(f"tender.{facts.tender}"), inset=True)]
    return [
        Pair(words.say("slip.load.amount"), words.money(facts.amount), Size.BIG, bold=True),
        *(tender if facts.tender else []),
        *(words.parts({"slip.load.bonus": facts.bonus}) if facts.bonus else []),
        *_promotions(facts, words),
    ]


def _promotions(facts: SlipFacts, words: _Words) -> list[Block]:
    """What of the row above each promotion has given, written like it: bonus on a load, points on a sale."""
    gave = words.money if facts.kind is SlipKind.LOAD else "{:+,}".format
    rows = ((words.say("slip.promotion", title=one.title), gave(one.units)) for one in facts.promotions)
    return [Pair(title, units, inset=True) for title, units in rows]


_MOVEMENTS = {
    SlipKind.SALE: _sale,
    SlipKind.LOAD: _load,
    SlipKind.REFUND: _undo,
    SlipKind.VOID: _undo,
    SlipKind.PROMISE: _promise,
}


def _left_on_card(facts: SlipFacts, words: _Words) -> list[Block]:
    shares = {"slip.balance.principal": facts.principal_after, "slip.balance.bonus": facts.bonus_after}
    points: list[Block] = [Pair(words.say("slip.points"), f"{facts.points_after:,}")]
    return [
        Pair(words.say("slip.balance"), words.money(sum(shares.values())), Size.BIG, bold=True),
        *(words.parts(shares) if facts.bonus_after else []),
        *(points if facts.points_after else []),
    ]


def _proof(evidence: Evidence, standing: Standing, words: _Words) -> list[Block]:
    return [
        Pair(standing.mode, standing.hq),
        Pair(words.say("slip.record"), evidence.record),
        Pair(words.say("slip.check_code"), evidence.check_code),
        Qr(evidence.qr) if evidence.qr else Blank(),
        Line(words.say("slip.not_an_invoice"), Align.CENTER),
    ]
