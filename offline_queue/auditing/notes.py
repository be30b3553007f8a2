"""Notes: what an auditor should know that is no fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offline_queue.auditing.keys import KeyRing
from offline_queue.auditing.one_export import ExportAudit


def notes(ring: KeyRing, audits: Iterable[ExportAudit]) -> Iterator[str]:
    """What could not be checked, what HQ has set aside, and what waits; in words."""
    hq = ring.hq
    if hq is None:
        yield "HQ's key is not known: what HQ signed was not checked. Give its export, or its key with --hq-key."
    elif hq.by is None:
        yield f"HQ's key is {hq.hex}, as its own chain says: compare it with the one that HQ publishes (--hq-key)."
    for one in audits:
        yield from (
            f"{one.name}: {note}"
            for note in [
                *_of_posting(one),
                *_of_transfers(one),
                *_of_hosting(one),
                *_of_rights(one),
                *one.recoveries.notes(),
                *one.write_offs.notes(),
            ]
        )


def _of_posting(one: ExportAudit) -> Iterator[str]:
    posting = one.posting
    if posting.set_aside:
        yield f"HQ has set aside {len(posting.set_aside)} records that its book cannot take."
    for name, posted in posting.posted.items():
        chain, giver = one.chains.get(name), posting.waiting.get(name)
        waits = 0 if chain is None else max(chain.hashes) - posted
        if waits > 0:
            why = "" if giver is None else f": the next one waits for {giver}"
            yield f"{waits} records of {name[0]}/{name[1]} are held and not yet posted{why}."


def _of_hosting(one: ExportAudit) -> Iterator[str]:
    for keeper in sorted(one.hosting.unchecked):
        yield f"the key of {keeper} is not known: what it asked or told was not checked by its signature."


def _of_rights(one: ExportAudit) -> Iterator[str]:
    for keeper in sorted(one.rights.unchecked):
        yield f"the key of {keeper} is not known: that it gave on the rights in its name was checked by HQ's word only."


def _of_transfers(one: ExportAudit) -> Iterator[str]:
    for keeper in sorted(one.transfers.unchecked):
        yield f"the key of {keeper} is not known: what was taken from it was not checked by its signature."
