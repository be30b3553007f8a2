"""Whatever comes over the reader's line is answered once, in words, and nothing moves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.magstripe.decoder import LINE_LENGTH_MAX
from drivers.profiles import READERS
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader, swiped
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from hardware_mocks.wires import Wire, byte_by_byte, chain, cut, slow, whole
from protocol.records import RecordKind
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import kinds, prove
from tests.scenarios.secrets_told import BANK_CARD
from tests.scenarios.watching import Said, Watch

LANGUAGES = {"zh-TW", "zh-CN", "en"}

Bytes = Callable[[DemoStore], bytes]


def good(store: DemoStore, which: int = 1) -> bytes:
    return swiped(READERS["generic"], track2=store.track2(which))


def of_another_chain(store: DemoStore) -> bytes:
    """The same number, made by somebody without our keys."""
    other = DemoStore(store.folder.parent / "other")
    other.settings()
    return good(other)


def with_number(digits: str) -> Bytes:
    return lambda _store: swiped(READERS["generic"], track2=f"{digits}=49120001123456789")


def without_its_proof(store: DemoStore) -> bytes:
    return swiped(READERS["generic"], track2=f"{store.card(1).digits}=4912000")


def wrongly_guessed(store: DemoStore) -> bytes:
    """The last digit of the proof is another."""
    stripe = store.track2(1)
    return swiped(READERS["generic"], track2=stripe[:-1] + str((int(stripe[-1]) + 1) % 10))


BAD: dict[str, tuple[str, Bytes]] = {
    "cut after the first digits": ("swipe.no_end_sentinel", lambda store: good(store)[:12]),
    "cut before the terminator": ("swipe.no_terminator", lambda store: good(store)[:-1]),
    "garbled in one digit": ("swipe.bad_character", lambda store: good(store).replace(b"=", b"\xbd")),
    "one byte": ("swipe.no_start_sentinel", lambda _store: b"\x00"),
    "one byte and the terminator": ("swipe.no_start_sentinel", lambda _store: b"7\r"),
    "a start and no more": ("swipe.no_end_sentinel", lambda _store: b";\r"),
    "a blank card": ("swipe.empty", lambda _store: b";?\r"),
    "more than a card holds": ("swipe.too_long", lambda _store: b";" + b"1" * (LINE_LENGTH_MAX + 50) + b"?\r"),
    "no card number": ("card.unreadable", lambda _store: b";123=4912?\r"),
    "a bank's card": ("card.not_ours", with_number(BANK_CARD)),
    "our prefix, a digit short": ("card.wrong_length", with_number("622200000000001")),
    "our prefix, a wrong check digit": ("card.wrong_check_digit", with_number("6222000000000018")),
    "a card of another chain": ("card.not_genuine", of_another_chain),
    "a number copied by hand": ("card.not_genuine", without_its_proof),
    "a guessed proof": ("card.not_genuine", wrongly_guessed),
}


def assert_says(said: Said, code: str) -> None:
    assert (said.name, said.data["code"]) == ("card.refused", code)
    texts = said.data["cashier_message"]
    assert texts.keys() == LANGUAGES
    assert len(set(texts.values())) == len(LANGUAGES)
    assert all(texts.values())


@pytest.fixture
def book(till: TillProcess, store: DemoStore, reader: VirtualMagstripeReader) -> Iterator[list[RecordKind]]:
    """What may have come into the book when the story is over, beside its opening; a story adds to it."""
    expected = [RecordKind.OPENED]
    yield expected
    reader.unplug()  # a till that ends waits for a silent reader a third of a second
    till.stop()
    assert [kind for kind in kinds(prove(store.data())) if kind is not RecordKind.PRINT] == expected


@pytest.mark.parametrize("wire", [whole, chain(byte_by_byte, slow(0.001))], ids=["at once", "byte by byte"])
def test_each_bad_swipe_is_refused_once_in_words_and_the_next_card_is_read(
    wire: Wire, cashier: Cashier, book: list[RecordKind]
) -> None:
    """All of them, one after another, on one till: it goes on."""
    cashier.swipe(1)
    for code, damaged in BAD.values():
        with Watch(cashier.till) as watch:
            cashier.reader.send(damaged(cashier.store), wire=wire)
            watch.wait_for("card.refused")
            cashier.swipe(2)
            heard = watch.wait_for("card.presented")
        assert [said.name for said in heard] == ["card.refused", "card.presented"], code
        assert_says(heard[0], code)
    assert book == [RecordKind.OPENED]


@pytest.mark.parametrize("reader_model", ["generic-lrc"])
def test_a_card_whose_check_character_is_wrong_is_refused(cashier: Cashier, book: list[RecordKind]) -> None:
    assert cashier.swipe(1)["card"] == "6222****0017"
    right = swiped(READERS["generic-lrc"], track2=cashier.store.track2(1))
    with Watch(cashier.till) as watch:
        cashier.reader.send(right[:-2] + bytes([right[-2] ^ 1]) + right[-1:])
        assert_says(watch.wait_for("card.refused")[0], "swipe.wrong_lrc")
    assert book == [RecordKind.OPENED]


def test_two_cards_in_one_burst_are_two_cards_and_the_later_one_lies_there(
    cashier: Cashier, book: list[RecordKind]
) -> None:
    cashier.swipe(1)
    with Watch(cashier.till) as watch:
        cashier.reader.send(good(cashier.store, 2) + good(cashier.store, 3))
        heard = watch.wait_for("card.presented", 2)
    assert [(said.name, said.data["card"]) for said in heard] == [
        ("card.presented", "6222****0025"),
        ("card.presented", "6222****0033"),
    ]
    assert cashier.get("/v1/status")["presentation"]["card"] == "6222****0033"
    assert book == [RecordKind.OPENED]


def test_three_swipes_that_ran_into_each_other_open_no_card(cashier: Cashier, book: list[RecordKind]) -> None:
    cashier.swipe(1)
    with Watch(cashier.till) as watch:
        cashier.reader.send(b"".join(good(cashier.store, which).strip() for which in (2, 3, 4)) + b"\r")
        heard = watch.wait_for("card.refused")
    assert_says(heard[0], "swipe.wrong_order")
    assert len(heard) == 1
    assert book == [RecordKind.OPENED]


def test_a_points_card_pays_nothing_and_is_told_so(cashier: Cashier, book: list[RecordKind]) -> None:
    assert cashier.swipe(9)["kind"] == "points"
    with Watch(cashier.till) as watch:
        refused = cashier.charge(100_00)
        assert [said.name for said in watch.wait_for("operation.done")] == ["operation.done"]
    assert (refused["outcome"], refused["decline"]) == ("declined", "no_stored_value")
    assert refused["cashier_message"].keys() == LANGUAGES
    assert cashier.load(500_00)["decline"] == "no_stored_value"
    book += [RecordKind.DECLINED] * 2


def test_a_keyed_number_opens_a_card_that_loads_and_does_not_pay(cashier: Cashier, book: list[RecordKind]) -> None:
    shown = cashier.key_in(f"{cashier.store.card(1).digits[:8]} {cashier.store.card(1).digits[8:]}")
    assert (shown["card"], shown["entry"]) == ("6222****0017", "keyed")
    assert cashier.load(500_00)["outcome"] == "done"
    refused = cashier.charge(100_00)
    assert (refused["outcome"], refused["decline"]) == ("declined", "swipe_needed")
    assert refused["cashier_message"].keys() == LANGUAGES
    cashier.swipe(1)
    assert cashier.charge(100_00)["outcome"] == "done"
    book += [RecordKind.TRANSACTION, RecordKind.DECLINED, RecordKind.TRANSACTION]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("6222000000000018", "card.wrong_check_digit"),
        ("622200000000001", "card.wrong_length"),
        (BANK_CARD, "card.not_ours"),
        ("6222０00000000017", "card.not_ours"),
        ("", "card.not_ours"),
    ],
)
def test_a_number_keyed_wrong_is_answered_in_words_and_not_repeated(
    number: str, code: str, cashier: Cashier, book: list[RecordKind]
) -> None:
    answer = cashier.key_in(number)
    assert (answer["status"], answer["code"]) == (422, code)
    assert answer["cashier_message"].keys() == LANGUAGES
    assert not number or number not in "".join(cashier.heard)
    assert book == [RecordKind.OPENED]


def test_a_reader_unplugged_in_mid_swipe_is_back_within_five_seconds_and_half_a_card_is_no_card(
    cashier: Cashier, book: list[RecordKind]
) -> None:
    cashier.swipe(1)
    with Watch(cashier.till) as watch:
        cashier.reader.swipe(track2=cashier.store.track2(2), wire=cut(20))
        cashier.reader.unplug()
        watch.wait_for("device")
        cashier.reader.plug()
        watch.wait_for("device", 2, timeout_s=5.0)
        cashier.reader.wait_until_connected()
        cashier.reader.send(good(cashier.store, 2)[20:])
        watch.wait_for("card.refused")
        cashier.swipe(2)
        heard = watch.wait_for("card.presented")
    assert [(said.name, said.data.get("state", said.data.get("code", said.data.get("card")))) for said in heard] == [
        ("device", "lost"),
        ("device", "ready"),
        ("card.refused", "swipe.no_start_sentinel"),
        ("card.presented", "6222****0025"),
    ]
    assert heard[0].data["class"] == "MSR"
    assert book == [RecordKind.OPENED]


def test_a_reader_that_is_not_there_at_the_start_is_found_when_it_comes(
    settings: Path, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> None:
    reader.unplug()
    with TillProcess(settings, store.folder / "till.log") as till:
        cashier = Cashier(till, store, reader, printer)
        wait_until(lambda: cashier.device("reader")["state"] == "lost")
        cashier.key_in(store.card(1).digits)
        assert cashier.load(500_00)["outcome"] == "done"
        reader.plug()
        wait_until(lambda: cashier.device("reader")["state"] == "ready")
        assert cashier.swipe(1)["spendable"] == 560_55
