"""One number for a whole run: whatever happened otherwise in another run, its digest is another."""

from __future__ import annotations

import hashlib

import msgspec

from ledger.ids import HEADQUARTERS, Place
from simulation.chain import Chain


def digest(chain: Chain) -> str:
    """SHA-256 (hex) over every record of every chain, every answer, and how long it all took."""
    whole = hashlib.sha256()
    hq = chain.hq.machine.store
    chains = [hq.records(Place(HEADQUARTERS), 1 + epoch) for epoch in range(hq.own_head().ref.epoch)]
    for records in (*chains, *(till.machine.store.records() for till in chain.tills)):
        for signed in records:
            whole.update(signed.content + signed.signature)
    for key, answer in chain.truth.answers.items():
        whole.update(msgspec.json.encode((key, answer)))
    for till in chain.tills:
        for strip in [] if till.printer is None else till.printer.strips:
            whole.update(f"{strip.said} {strip.got} {strip.out}".encode())
    whole.update(f"{chain.calls} {chain.loop.time()!r}".encode())
    return whole.hexdigest()
