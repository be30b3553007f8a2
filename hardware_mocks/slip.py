"""A piece of paper that came out of a printer."""

from dataclasses import dataclass

from hardware_mocks.paper import Block, Feed


@dataclass(frozen=True, slots=True)
class Slip:
    """What was printed from one cut to the next."""

    blocks: tuple[Block, ...]
    raw: bytes
    """The bytes that made it, questions about the printer's status left out."""
    width_dots: int
    cut: bool
    """False if it was torn: the paper ended, or the power did."""

    @property
    def lines(self) -> list[str]:
        """Its text, line by line; pictures and codes in brackets. No empty lines at the end."""
        lines = [str(block) for block in self.blocks if not isinstance(block, Feed)]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def text(self) -> str:
        """Its text."""
        return "\n".join(self.lines)

    def png(self) -> bytes:
        """Its picture. Raises FontMissing where no font has Chinese."""
        from hardware_mocks.slip_picture import draw  # noqa: PLC0415 - the import costs 0.1 s; most slips are only read

        return draw(self.blocks, self.width_dots)
