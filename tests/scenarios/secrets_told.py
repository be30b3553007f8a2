"""Looks for card numbers and stripes where none may be: the till's files, its log, and the paper."""

from collections.abc import Iterable, Iterator

from hardware_mocks.demo_store import CARDS, DemoStore
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from terminal.wiring import CARD_KEYS_FILE

BANK_CARD = "9999000000000019"
"""Of no issuer on earth, its check digit right."""
STRIPE_PROOF_DIGITS = 9


def secrets(store: DemoStore) -> list[bytes]:
    """Every card's number and the part of its stripe that proves it genuine."""
    cards = [text for which in range(1, CARDS + 1) for text in (store.card(which).digits, proof(store, which))]
    return [text.encode() for text in (*cards, BANK_CARD)]


def proof(store: DemoStore, which: int) -> str:
    return store.track2(which)[-STRIPE_PROOF_DIGITS:]


def told(store: DemoStore, printer: VirtualReceiptPrinter, heard: Iterable[str] = ()) -> Iterator[str]:
    """Where a secret was found; the secret itself is not repeated."""
    found = secrets(store)
    for place, content in _places(store, printer, heard):
        yield from (f"{place} tells card secret {index}" for index, one in enumerate(found) if one in content)


def _places(store: DemoStore, printer: VirtualReceiptPrinter, heard: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for file in sorted(store.folder.rglob("*")):
        if file.is_file() and file.name not in {CARD_KEYS_FILE, "chain-cards.key"}:
            yield file.name, file.read_bytes()
    yield from ((f"slip {index}", slip.raw + slip.text.encode()) for index, slip in enumerate(printer.paper))
    yield from ((f"answer {index}", answer.encode()) for index, answer in enumerate(heard))
