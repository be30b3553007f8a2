"""Slips that the stories are about, each in its own country."""

from dataclasses import dataclass

from msgspec.structs import replace

from checkout.slip_facts import Promoted, SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith
from ledger.amounts import Currency
from receipts.compose import Evidence, Standing, compose
from receipts.encoding import Codec
from receipts.escpos import PaperSpec
from receipts.slip import Slip
from receipts.wording import Language, Wording

TWD = Currency("TWD", minor_digits=2, shown_digits=0, charge_step=100)
CNY = Currency("CNY")
WORDS = Wording.load()

SALE = SlipFacts(
    kind=SlipKind.SALE,
    card="6222****0417",
    keyed=False,
    amount=120000,
    principal=100000,
    bonus=20000,
    principal_after=300000,
    bonus_after=40000,
    points_after=1234,
    cashier="A12",
    paid=(Paid(PaidWith.STORED_VALUE, 120000),),
    points_in=12,
)
SPLIT = SlipFacts(
    kind=SlipKind.SALE,
    card="6222****0417",
    keyed=False,
    amount=120000,
    principal=50000,
    bonus=10000,
    principal_after=0,
    bonus_after=0,
    points_after=1196,
    cashier="A12",
    pos_ref="A-20261122-0094",
    paid=(
        Paid(PaidWith.STORED_VALUE, 60000),
        Paid(PaidWith.POINTS, 5000, 50),
        Paid(PaidWith.CASH, 45000),
        Paid(PaidWith.BANK_CARD, 10000),
    ),
    points_in=12,
    points_out=50,
)
REFUND = SlipFacts(
    kind=SlipKind.REFUND,
    card="6222****0417",
    keyed=False,
    amount=60000,
    principal=20000,
    bonus=10000,
    principal_after=20000,
    bonus_after=10000,
    points_after=1215,
    cashier="A12",
    paid=(
        Paid(PaidWith.STORED_VALUE, 30000),
        Paid(PaidWith.POINTS, 2500, 25),
        Paid(PaidWith.CASH, 22500),
        Paid(PaidWith.BANK_CARD, 5000),
    ),
    points_in=25,
    points_out=4,
    points_owed=2,
    original="07-2-000029",
)
VOID = SlipFacts(
    kind=SlipKind.VOID,
    card="6222****0417",
    keyed=False,
    amount=100000,
    principal=100000,
    bonus=10000,
    principal_after=300000,
    bonus_after=40000,
    points_after=0,
    cashier="A12",
    paid=(Paid(PaidWith.CASH, 100000),),
    original="07-2-000030",
)
PROMISE = SlipFacts(
    kind=SlipKind.PROMISE,
    card="",
    keyed=False,
    amount=60000,
    principal=0,
    bonus=0,
    principal_after=0,
    bonus_after=0,
    points_after=0,
    cashier="A12",
    original="12-1-000029",
)
KEPT = replace(REFUND, original="12-1-000029", promise="07-2-000031")
TAKEN_BACK = replace(PROMISE, kind=SlipKind.VOID, original="07-2-000031")
LOAD = SlipFacts(
    kind=SlipKind.LOAD,
    card="6222****0417",
    keyed=True,
    amount=100000,
    principal=100000,
    bonus=10000,
    principal_after=400000,
    bonus_after=50000,
    points_after=0,
    cashier="A12",
    tender="cash",
    pos_ref="A-20261122-0093",
)
AT_RISK = SlipFacts(
    kind=SlipKind.SALE,
    card="6222****0417",
    keyed=False,
    amount=100000,
    principal=70000,
    bonus=0,
    principal_after=0,
    bonus_after=0,
    points_after=7,
    cashier="A12",
    paid=(Paid(PaidWith.STORED_VALUE, 70000), Paid(PaidWith.STORE_RISK, 30000)),
    points_in=7,
)
RISK_BACK = SlipFacts(
    kind=SlipKind.REFUND,
    card="6222****0417",
    keyed=False,
    amount=40000,
    principal=10000,
    bonus=0,
    principal_after=10000,
    bonus_after=0,
    points_after=6,
    cashier="A12",
    paid=(Paid(PaidWith.STORED_VALUE, 10000), Paid(PaidWith.STORE_RISK, 30000)),
    points_out=1,
    original="07-2-000030",
)
LONGEST_TITLE = "三十周年感謝祭全館會員獨享加碼回饋儲值滿千現折再送限量好禮各乙份"
"""Of as many characters as a title may have."""
OPENING = Promoted("opening", "開幕禮", 10000, 1)
PROMOTED_LOAD = replace(
    LOAD, bonus=30000, bonus_after=70000, promotions=(OPENING, Promoted("thirty", LONGEST_TITLE, 10000, 10000))
)
PROMOTED_SALE = replace(
    SALE, points_in=1312, points_after=2534, promotions=(Promoted("tea-week", "Tea week", 1300, 1),)
)
EVIDENCE = Evidence("07-2-000031", "8F3K-22QD", "07-2/1/31", qr="https://hq.example/r/07-2/1/31?c=8F3K22QD")


@dataclass(frozen=True, slots=True)
class Country:
    """What differs from one to the other."""

    language: Language
    currency: Currency
    codec: Codec
    chain: str
    store: str

    def standing(self, hq: str | None = None) -> Standing:
        mode = WORDS.say("mode.real_time", self.language)
        hq = hq or WORDS.say("hq.answered", self.language)
        return Standing(self.chain, self.store, "07-2", "2026-11-22 14:05", "2026-11-22", mode, hq)

    def slip(self, facts: SlipFacts, *, copy: bool = False, evidence: Evidence = EVIDENCE) -> Slip:
        return compose(facts, evidence, self.standing(), self.language, self.currency, copy=copy)

    def paper(self, columns: int) -> PaperSpec:
        if columns == NARROW:
            return PaperSpec(NARROW, self.codec, "POS-5890", native_qr=False, cut=False)
        return PaperSpec(columns, self.codec, "TM-T20II", native_qr=True, cut=True)


NARROW, WIDE = 32, 48
TAIWAN = Country(Language.TAIWAN, TWD, Codec.BIG5, "存根百貨", "台北信義店")
MAINLAND = Country(Language.MAINLAND, CNY, Codec.GB18030, "存根百货", "上海静安店")
ENGLISH = Country(Language.ENGLISH, TWD, Codec.GB18030, "Counterfoil Stores", "Taipei Xinyi")
COUNTRIES = (TAIWAN, MAINLAND, ENGLISH)
