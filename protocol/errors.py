"""What a keeper finds wrong with what another keeper said. It is the sender's fault, never the receiver's crash."""

from __future__ import annotations

import msgspec

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding a stranger's bytes can raise: wrong form, text that is not UTF-8, nesting without end."""


class ProtocolFault(Exception):
    """What was received breaks the protocol. Nothing of it was used; what was held before is unchanged."""


class NotARecord(ProtocolFault):
    """These bytes are not a record of this version. They are kept as they came; look at who sent them."""


class NotAnAcknowledgement(ProtocolFault):
    """These bytes are not an acknowledgement of this version. Nothing of what it says was believed."""


class NotAMessage(ProtocolFault):
    """These bytes are not a message of the conversation. The line was closed; nothing of it was used."""


class ChainBroken(ProtocolFault):
    """A record does not follow the one before it. `at` is the first that does not; everything before it stands."""

    def __init__(self, at: str, why: str) -> None:
        super().__init__(f"{at}: {why}")
        self.at = at
        self.why = why
