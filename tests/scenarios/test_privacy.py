"""After a day on which everything happened, no card's number or stripe can be found anywhere."""

import json
import socket
from pathlib import Path
from urllib.parse import quote

from drivers.profiles import READERS
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader, swiped
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from hardware_mocks.wires import cut, garbled, whole
from tests.scenarios.cashier import Cashier
from tests.scenarios.secrets_told import BANK_CARD, proof, told
from tests.scenarios.watching import Watch

ANSWER_S_MAX = 20.0
ANSWER_BYTES_MAX = 1 << 16


def sell(cashier: Cashier, store: DemoStore) -> None:
    for which in (1, 2, 9):
        cashier.swipe(which)
        cashier.load(500_00, cashier="C01", pos_ref=f"20261122-{which}")
        cashier.charge(120_00)
        cashier.charge(900_00)
    for which in (3, 4):
        cashier.key_in(store.card(which).digits)
        cashier.load(500_00)
        cashier.charge(100_00)


def swipe_badly(watch: Watch, store: DemoStore, reader: VirtualMagstripeReader) -> None:
    stripe = store.track2(5)
    number = store.card(5).digits
    line = swiped(READERS["generic"], f"B{number}^A/B^4912000", stripe)
    for damaged, wire in (
        (swiped(READERS["generic"], track2=f"{BANK_CARD}=49121010000000000000"), whole),
        (swiped(READERS["generic"], track2=f"{number}=4912000"), whole),
        (swiped(READERS["generic"], track2=f"{number}{number}=4912"), whole),
        (line.replace(b"?", b"", 1), whole),
        (stripe.encode() + b"\r", whole),
        (line, cut(30)),
        (line, garbled(7, 0.05)),
    ):
        refused = sum(said.name == "card.refused" for said in watch.said)
        reader.send(damaged, wire=wire)
        watch.wait_for("card.refused", refused + 1)


def ask_wrongly(cashier: Cashier, store: DemoStore) -> None:
    """A client that puts a card's number wherever it does not belong."""
    number = store.card(6).digits
    for body in (
        {"number": number + "9"},
        {"number": number, "track2": store.track2(6)},
        {"number": [number]},
        {number: number},
        {"number": f"{number}\x00"},
    ):
        cashier.post("/v1/presentations", **body)
    cashier.swipe(6)
    cashier.charge(100_00, operation_id=store.track2(6))
    cashier.charge(100_00, tender=number)
    cashier.post("/v1/charges", operation_id="made-up-1", presentation=number, amount=number)
    for path in (f"/{number}", f"/v1/presentations/{number}", f"/v1/slips/{number}", f"/v1/events?after={number}"):
        cashier.get(path)
    cashier.get(f"/v1/operations/{number}")
    cashier.get(f"/v1/operations?pos_ref={quote(store.track2(6))}&{number}")


def speak_no_http(cashier: Cashier, store: DemoStore) -> None:
    """What a reader in keyboard mode types into a program that knows no better."""
    host, _, port = cashier.till.url.removeprefix("http://").partition(":")
    number, stripe = store.card(7).digits, store.track2(7)
    post = f"POST /v1/charges HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    for text in (
        f";{stripe}?\r\n\r\n",
        f"GET /{number} HTTP/9.9\r\n{stripe}\r\n\r\n",
        f"{post}Content-Length: {number}\r\n\r\n",
        f"{post}Transfer-Encoding: chunked\r\n\r\n{number}z\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=ANSWER_S_MAX) as line:
            line.sendall(text.encode())
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(ANSWER_BYTES_MAX)
        # A client may hear its own words back in an error of the HTTP library; the log may not.
        cashier.heard.append(answer.partition(b"\r\n")[0].decode("latin-1"))


def test_after_a_whole_day_no_card_can_be_read_anywhere(
    settings: Path, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
) -> None:
    with TillProcess(settings, store.folder / "till.log") as till:
        cashier = Cashier(till, store, reader, printer)
        with Watch(till) as watch:
            sell(cashier, store)
            swipe_badly(watch, store, reader)
            ask_wrongly(cashier, store)
            cashier.heard.append(json.dumps([said.data for said in watch.said], ensure_ascii=False))
        speak_no_http(cashier, store)
        till.kill()
        till.start()
        sell(cashier, store)
        cashier.get("/v1/status")
        printer.wait_for_slips(6)
    assert (store.folder / "till.log").read_text("utf-8").count("card refused") > 5
    assert not list(told(store, printer, cashier.heard))


def test_what_tells_a_card_number_is_found_wherever_it_lies(store: DemoStore, printer: VirtualReceiptPrinter) -> None:
    """So that the silence above means something."""
    store.settings()
    assert not list(told(store, printer))
    (store.data() / "till.db-wal").write_bytes(b"\0" * 100 + store.card(3).digits.encode() + b"\0")
    (store.folder / "till.log").write_text(f"read {proof(store, 4)}", "utf-8")
    found = list(told(store, printer, [BANK_CARD]))
    assert [one.split(" tells ")[0] for one in found] == ["till.db-wal", "till.log", "answer 0"]


def test_the_key_that_signs_is_readable_by_the_till_s_user_alone(till: TillProcess, store: DemoStore) -> None:
    assert not till.ended
    assert (store.data() / "till.key").stat().st_mode & 0o077 == 0
