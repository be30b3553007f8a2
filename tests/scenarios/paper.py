"""What lies before the printer, told apart: each time that a slip was begun on paper, whole or not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from hardware_mocks.demo_store import Country
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from receipts.wording import Language, Wording


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines from one slip's heading to the next one's, and the receipt number on them, if they got that far."""

    lines: tuple[str, ...]
    receipt_number: str | None
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper of one printer in one country."""

    printer: VirtualReceiptPrinter
    country: Country

    def originals(self) -> Counter[str]:
        """How often each receipt number stands on paper that does not say that it is a copy."""
        return Counter(piece.receipt_number for piece in self._pieces() if piece.receipt_number and not piece.is_copy)

    def copies(self, receipt_number: str) -> int:
        return sum(piece.is_copy and piece.receipt_number == receipt_number for piece in self._pieces())

    def _pieces(self) -> Iterator[Piece]:
        """In their order. What a dead till left half-printed hangs together with the slip after it."""
        for slip in [*self.printer.paper, self.printer.unfinished]:
            lines = slip.lines
            heads = [at for at, line in enumerate(lines) if line.strip() == self.country.chain_name]
            bounds = sorted({0, *heads, len(lines)})
            yield from (self._piece(lines[begin:end]) for begin, end in pairwise(bounds))

    def _piece(self, lines: list[str]) -> Piece:
        mark, number = self._say("slip.copy"), self._say("slip.number")
        receipt = next((line.split()[-1] for line in lines if line.startswith(number)), None)
        return Piece(tuple(lines), receipt, is_copy=any(line.strip() == mark for line in lines))

    def _say(self, key: str) -> str:
        return Wording.load().say(key, Language(self.country.language))


def words(text: str) -> str:
    """Text without its spaces and rules: what two layouts of one slip have in common."""
    return "".join(word for word in text.split() if word.strip("-"))
