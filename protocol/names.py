"""Names and dates as they may stand in bodies and messages: the form is checked where they are read."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ledger.ids import PLACE_PATTERN
from ledger.slices import DAY_PATTERN

NAME_LENGTH_MAX = 64

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
"""An account, or a card by its token."""
Label = Annotated[str, msgspec.Meta(max_length=64)]
"""A few words on a screen. Of such lines the largest Directory fits into a frame."""
Operation = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._:-]{8,64}\Z")]
"""An operation id, as ledger.ids has it."""
StoreName = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,8}\Z")]
LotName = Annotated[str, msgspec.Meta(pattern=rf"^{PLACE_PATTERN}/(0|[1-9][0-9]{{0,17}})/(0|[1-9][0-9]{{0,17}})\Z")]
"""The record that opened a lot, as ledger.ids writes it. A programme finds the oldest lot by it."""
Address = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^https?://[^\s/?#@]{1,128}\Z")]
"""Where a program listens: scheme, host and port, nothing behind."""
ModeLabel = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,32}\Z")]
"""A way of running a store. Which ones there are, each program knows for itself."""
Day = Annotated[str, msgspec.Meta(pattern=rf"^{DAY_PATTERN}\Z")]
"""A date by ISO 8601. Dates are compared as text: one of another form would come before or after all others."""
