"""The core of the machine code: sums of products along a line, all of them in registers.

Every pass is sums[i] += factors[j] * line[i + j * step] for a few sums and many factors. A number of the line serves
several sums, so it is loaded once and stays in a register until its last use: two loads for as many products as there
are sums. The code is written out for one width of the image, so products with the zeros beside it are not made at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from supernet.depthwise.llvm_code import Code, lanes, registers


class Line(NamedTuple):
    """What the code of a pass is written for: images of one width, and a kernel's row."""

    width: int
    taps: int  # odd
    dilation: int

    @property
    def name(self) -> str:
        return f"{self.width}_{self.taps}_{self.dilation}"

    def place(self, w: int, tap: int) -> int:
        """Return which number of the input's line a tap meets at place ``w`` of the output's."""
        return w + (tap - self.taps // 2) * self.dilation

    def segments(self) -> list[Segment]:
        """Return the line in segments of which each fits registers."""
        return _segments(self.width, self.taps // 2 * self.dilation)

    def tiles(self) -> list[Segment]:
        """Return the taps in tiles of which each fits registers."""
        return _segments(self.taps, self.taps)


class Segment(NamedTuple):
    """A part of a line, and how often an equal one follows directly."""

    start: int
    length: int
    repeats: int = 1

    @property
    def places(self) -> range:
        return range(self.start, self.start + self.length)


class Use(NamedTuple):
    """A factor, and what it is multiplied with: numbers of sums and places in the line."""

    factors: Any  # pointer
    place: int
    pairs: Sequence[tuple[int, int]]


def _segments(width: int, reach: int) -> list[Segment]:
    """Return even parts of a line, each within half of the registers; those that meet no end are one that repeats."""
    most = registers() // 2 - 1  # as many sums, as many numbers of the line, and factors
    size = -(-width // -(-width // most))
    parts = [Segment(start, min(size, width - start)) for start in range(0, width, size)]
    inner = [i for i, part in enumerate(parts) if reach <= part.start and part.start + size + reach <= width]
    if len(inner) < 2:
        return parts
    middle = parts[inner[0]]._replace(repeats=len(inner))
    return [*parts[: inner[0]], middle, *parts[inner[-1] + 1 :]]


def add_products(code: Code, totals: Sequence[Any], line: Any, uses: Iterable[Use]) -> None:
    """Add products to the variables ``totals``; ``line`` points to where places of the line are counted from."""
    loaded: dict[int, Any] = {}
    values = [code.builder.load(total, typ=code.vector) for total in totals]
    for factors, place, pairs in uses:
        factor = code.load(code.at(factors, place * lanes()), 4 * lanes())
        for number, at in pairs:
            if at not in loaded:
                loaded[at] = code.load(code.at(line, at * lanes()), 4 * lanes())
            values[number] = code.fma(factor, loaded[at], values[number])
    for value, total in zip(values, totals, strict=True):
        code.builder.store(value, total)
