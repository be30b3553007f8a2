"""Puts a till together from its settings: the one place that knows all its parts."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.magstripe.serial_reader import SerialMagstripeReader
from drivers.ports import Printer, Reader
from drivers.printer.network import NetworkPrinter
from drivers.profiles import PRINTERS, READERS, PrinterProfile
from ledger.cards import CardScheme
from ledger.ids import Place
from loyalty.programme import Programme
from offline_queue.doubts import Hearer
from offline_queue.keys import CardKeys, till_key
from offline_queue.link import Link
from offline_queue.login import Caller
from offline_queue.marker_file import MarkerFile
from offline_queue.settings import zone
from protocol.signing import public_key
from receipts.encoding import Codec
from receipts.escpos import PaperSpec
from terminal.asking import Identity
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.exchanges import Exchanges
from terminal.hq_above import HqAbove
from terminal.hq_file import HQ_FILE, HqFile, read_hq_file
from terminal.lead_host import OwnBook
from terminal.media import Media
from terminal.modes import MODES
from terminal.store import TillStore
from terminal.store_lead import StoreLead
from terminal.store_thread import StoreThread
from terminal.till import Shop, Till
from terminal.uplink import Uplink
from terminal.world import World

CARD_KEYS_FILE = "cards.key"
BOOK_FILE = "till.db"
MARKER_FILE = "till.head"


class Parts(msgspec.Struct, frozen=True):
    """A till with its devices and its lines, ready to run. Before it is enrolled it has no uplink, lead and media."""

    settings: TillSettings
    till: Till
    store: StoreThread
    uplink: Uplink | None
    lead: StoreLead | None
    media: Media | None
    reader: Reader | None
    printer: Printer | None
    paper: PaperSpec | None


def build(settings_file: Path, world: World | None = None) -> Parts:
    """Read the settings and put the till together. Raises SettingsWrong, BookUnusable, KeyUnusable."""
    settings = read_toml(settings_file, TillSettings)
    programme = read_toml(settings_file.parent / settings.programme, Programme)
    data = settings_file.parent / settings.data
    if settings.mode not in MODES:
        known = ", ".join(MODES)
        raise SettingsWrong(f"{settings_file}: mode = {str(settings.mode)!r} is not there yet; a till runs in {known}.")
    try:
        where, (reader, printer, paper) = zone(settings.timezone), _devices(settings)
    except SettingsWrong as fault:
        raise SettingsWrong(f"{settings_file}: {fault}") from fault
    scheme = _scheme(data / CARD_KEYS_FILE, programme)
    key, hq = till_key(data), read_hq_file(data)
    identity = _identity(settings, key, hq)
    marker = MarkerFile(settings_file.parent / settings.marker if settings.marker else data / MARKER_FILE)
    book = TillStore.open(data / BOOK_FILE, identity, key.sign, programme, marker=marker)
    book.trust.has_witnesses = hq is not None
    shop = Shop(
        book.identity,
        settings.chain_name,
        settings.store_name,
        settings.language,
        where,
        settings.mode,
        settings.draw_timeout_s,
        settings.customer_sees_balance,
    )
    world = world or World()
    store = StoreThread(book, after_each=book.trust.mark)
    till = Till(shop, scheme, programme, store, world)
    uplink = lead = media = None
    if hq is not None:
        hearer = Hearer(identity.place, _same_epoch(hq, book), public_key(hq.public_key))
        above = HqAbove(till, store, hearer, world)
        exchanges = Exchanges(settings.exchange, lambda: till.mode)
        uplink = Uplink(above, store, _link(hq, identity.place, key), world, exchanges)
        till.exchange, till.reception.hq.say = uplink.exchange, uplink.say
        lead = StoreLead(till, OwnBook(store, book.identity, key.sign), world, settings.lan, above)
        media = Media(till, store, above, uplink)
        book.when_appended(_both(uplink.wake, lead.wake))
    return Parts(settings, till, store, uplink, lead, media, reader, printer, paper)


def _both(one: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        one()
        other()

    return call


def _identity(settings: TillSettings, key: Ed25519PrivateKey, hq: HqFile | None) -> Identity:
    public_key, software = key.public_key().public_bytes_raw(), f"counterfoil {version('counterfoil')}"
    return Identity(settings.store, settings.till, public_key, software, epoch=1 if hq is None else hq.epoch)


def _same_epoch(hq: HqFile, book: TillStore) -> int:
    if hq.epoch != book.identity.epoch:
        raise SettingsWrong(
            f"{HQ_FILE} is of another book: it says epoch {hq.epoch}, and the book is in {book.identity.epoch}."
        )
    return hq.epoch


def _link(hq: HqFile, place: Place, key: Ed25519PrivateKey) -> Link:
    return Link(hq.url, Caller(place, hq.epoch, key.sign), public_key(hq.public_key))


def _scheme(path: Path, programme: Programme) -> CardScheme:
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=CardKeys)
    except (OSError, msgspec.DecodeError) as fault:
        raise SettingsWrong(f"{path} does not hold the chain's card keys. Enrol the till at HQ.") from fault
    return CardScheme(programme.card_kinds, keys.token_key, keys.stripe_keys)


def _devices(settings: TillSettings) -> tuple[Reader | None, Printer | None, PaperSpec | None]:
    reader: Reader | None = None
    if settings.reader is not None:
        profile = READERS.get(settings.reader.model)
        if profile is None:
            raise SettingsWrong(f"reader.model = {settings.reader.model!r}; known are {', '.join(READERS)}.")
        reader = _reader(settings.reader.address, profile_name=profile.name)
    if settings.printer is None:
        return reader, None, None
    model = PRINTERS.get(settings.printer.model)
    if model is None:
        raise SettingsWrong(f"printer.model = {settings.printer.model!r}; known are {', '.join(PRINTERS)}.")
    printer = NetworkPrinter("printer", settings.printer.host, settings.printer.port, profile=model)
    return reader, printer, _paper(model)


def _reader(address: str, profile_name: str) -> Reader:
    try:
        return SerialMagstripeReader("reader", address, READERS[profile_name])
    except ValueError as fault:
        raise SettingsWrong(f"reader.address = {address!r}: {fault}.") from fault


def _paper(model: PrinterProfile) -> PaperSpec:
    return PaperSpec(model.columns, Codec(model.codec), escpos_profile="default", native_qr=True, cut=model.cutter)
