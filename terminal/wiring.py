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
from ledger.ids import agent_of
from loyalty.programme import Programme
from offline_queue.doubts import Hearer
from offline_queue.keys import CardKeys, till_key
from offline_queue.login import Caller
from offline_queue.marker_file import MarkerFile
from offline_queue.settings import zone
from protocol.signing import Signer, public_key
from receipts.encoding import Codec
from receipts.escpos import PaperSpec
from terminal.agent import Agent, AgentLine
from terminal.asking import Identity
from terminal.config import SettingsWrong, TillSettings, read_toml
from terminal.exchanges import Exchanges
from terminal.hosted_till import HostedTill
from terminal.hq_above import HqAbove
from terminal.hq_file import HQ_FILE, HqFile, read_hq_file
from terminal.lead_host import OwnBook
from terminal.lines import Lines, NetLines
from terminal.media import Media
from terminal.modes import ModeName
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.store_lead import StoreLead
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.uplink import Uplink
from terminal.world import World

CARD_KEYS_FILE = "cards.key"
BOOK_FILE = "till.db"
MARKER_FILE = "till.head"


class Core(msgspec.Struct, frozen=True):
    """A till and its lines, without devices. Before it is enrolled it has no uplink, lead and media."""

    till: Till
    store: StoreThread
    uplink: Uplink | None
    lead: StoreLead | None
    media: Media | None
    agent: Agent | None = None


class Parts(msgspec.Struct, frozen=True):
    """The same with its devices, ready to run."""

    settings: TillSettings
    till: Till
    store: StoreThread
    uplink: Uplink | None
    lead: StoreLead | None
    media: Media | None
    agent: Agent | None
    reader: Reader | None
    printer: Printer | None
    paper: PaperSpec | None


def build(settings_file: Path, world: World | None = None) -> Parts:
    """Read the settings and put the till together. Raises SettingsWrong, BookUnusable, KeyUnusable."""
    settings = read_toml(settings_file, TillSettings)
    programme = read_toml(settings_file.parent / settings.programme, Programme)
    data = settings_file.parent / settings.data
    try:
        where, (reader, printer, paper) = zone(settings.timezone), _devices(settings)
    except SettingsWrong as fault:
        raise SettingsWrong(f"{settings_file}: {fault}") from fault
    scheme = _scheme(data / CARD_KEYS_FILE, programme)
    key, hq = till_key(data), read_hq_file(data)
    identity = _identity(settings, key, hq)
    marker = MarkerFile(settings_file.parent / settings.marker if settings.marker else data / MARKER_FILE)
    book = TillStore.open(data / BOOK_FILE, identity, key.sign, programme, marker=marker)
    shop = Shop(
        book.identity,
        settings.chain_name,
        settings.store_name,
        settings.language,
        where,
        ModeName.HOSTED if settings.is_hosted else settings.mode,
        settings.draw_timeout_s,
        settings.customer_sees_balance,
    )
    built = put_together(shop, scheme, programme, book, key.sign, hq, settings, world or World(), NetLines())
    return Parts(
        settings, built.till, built.store, built.uplink, built.lead, built.media, built.agent, reader, printer, paper
    )


def put_together(  # noqa: PLR0913, PLR0917 - what a till is made of
    shop: Shop,
    scheme: CardScheme,
    programme: Programme,
    book: TillStore,
    sign: Signer,
    hq: HqFile | None,
    settings: TillSettings,
    world: World,
    lines: Lines,
) -> Core:
    """A till around its open book. Raises SettingsWrong when HQ knows it by another epoch than the book's."""
    book.trust.has_witnesses = hq is not None
    store = StoreThread(book, after_each=book.trust.mark)
    till = Till(shop, scheme, programme, store, world)
    if hq is None:
        return Core(till, store, None, None, None)
    me, hq_key = book.identity, public_key(hq.public_key)
    above = HqAbove(till, store, Hearer(me.place, _same_epoch(hq, book), hq_key), world)
    line = lines.to(hq.url, Caller(me.place, hq.epoch, sign, chance=world.random_bytes), hq_key)
    uplink = Uplink(above, store, line, world, Exchanges(settings.exchange, lambda: till.mode))
    till.exchange, till.reception.hq.say = uplink.exchange, uplink.say
    lead = StoreLead(till, OwnBook(store, me, sign), world, settings.lan, lines, above)
    book.when_appended(_both(uplink.wake, lead.wake))
    agent = None
    if agent_of(me.place) is None:
        agent = above.agent = till.agent = agent_of_till(till, store, uplink)
    else:
        above.hosted = HostedTill(till, store, programme.card_kinds, uplink)
    return Core(till, store, uplink, lead, Media(till, store, above, uplink), agent)


def agent_of_till(till: Till, store: StoreThread, line: AgentLine) -> Agent:
    """What asks the place at HQ of a till, as that till knows it."""
    agent = Agent(till.shop, store, line, till.moment, lambda: till.hq)
    agent.late, agent.asks_hq, agent.reach_changed = till.answered, till.asks_hq, till.look_at_book
    till.reception.reach = lambda: agent.reach if till.mode.is_hosted else frozenset()
    return agent


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
