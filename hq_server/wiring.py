"""Puts HQ together from its settings: the one place that knows all its parts."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import msgspec

from hq_server.admin_token import make_token
from hq_server.config import HqSettings
from hq_server.desk import Desk
from hq_server.enrolling import Disclosed
from hq_server.storage.sqlite import HqStore
from hq_server.valuing import Rules
from hq_server.world import World
from ledger.cards import CardScheme
from loyalty.programme import Programme
from offline_queue.book_thread import BookThread
from offline_queue.keys import CardKeys, signing_key
from offline_queue.marker_file import MarkerFile
from offline_queue.settings import SettingsWrong, read_toml, zone

BOOK_FILE = "hq.db"
KEY_FILE = "hq.key"
MARKER_FILE = "hq.head"


class Parts(msgspec.Struct, frozen=True):
    """HQ, ready to run."""

    settings: HqSettings
    data: Path
    desk: Desk
    store: BookThread[HqStore]
    token: str


def build(settings_file: Path, world: World | None = None, *, is_restored: bool = False) -> Parts:
    """Read the settings and put HQ together. Raises SettingsWrong, BookUnusable, KeyUnusable.

    `is_restored`: somebody says that the book was put back from a copy.
    """
    world = world or World()
    settings = read_toml(settings_file, HqSettings)
    where = zone(settings.timezone)
    card_keys, keys = _card_keys(settings_file.parent / settings.card_keys)
    programme = read_toml(settings_file.parent / settings.programme, Programme)
    data = settings_file.parent / settings.data
    data.mkdir(parents=True, exist_ok=True)
    key = signing_key(data / KEY_FILE)
    public_key = key.public_key().public_bytes_raw()
    token = make_token(data, world.chance)
    marker = MarkerFile(settings_file.parent / settings.marker if settings.marker else data / MARKER_FILE)
    store = HqStore.open(data / BOOK_FILE, key.sign, Rules(programme, settings.placement), marker=marker)
    try:
        store.begin(public_key, f"counterfoil {version('counterfoil')}", world.stamp(where), is_restored=is_restored)
    except BaseException:
        store.close()
        raise
    thread = BookThread(store, after_each=store.mark)
    scheme = CardScheme(programme.card_kinds, keys.token_key, keys.stripe_keys)
    desk = Desk(
        thread,
        key.sign,
        world,
        disclosed=Disclosed(public_key, card_keys),
        scheme=scheme,
        currency=programme.currency,
        zone=where,
        recall_wait_s=settings.recall_wait_s,
        stranded_after_h=settings.stranded_after_h,
    )
    return Parts(settings, data, desk, thread, token)


def _card_keys(path: Path) -> tuple[bytes, CardKeys]:
    """The file as it is, which is what tills are given, and what it says."""
    try:
        content = path.read_bytes()
        keys = msgspec.json.decode(content, type=CardKeys)
    except (OSError, msgspec.DecodeError) as fault:
        raise SettingsWrong(f"card_keys = {str(path)!r} does not hold the chain's card keys.") from fault
    return content, keys
