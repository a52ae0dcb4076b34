"""Machine code of the gradient of the kernel: the taps are the sums, and the output's gradient is the factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from supernet.depthwise import blocks
from supernet.depthwise.llvm_code import Code, compiled, lanes, registers
from supernet.depthwise.products import Line, Segment, Use, add_products

_POINTERS = ("x", "gradient", "result", "space")
_SIZES = ("first", "last", "together", "channels", "height", *blocks.KERNEL, "images")
_BUSY = 8  # sums that depend on nothing before them, so that a processor never waits for one


@cache
def weight_code(line: Line) -> Callable[..., None]:
    """Return the gradient of the kernel for images and kernels of ``line``: a function of addresses and integers.

    Its arguments are `_POINTERS` and `_SIZES`: x and gradient [N,H,W,C], result [C,KH,KW] (zeros, whose ``above`` rows
    and ``beside`` columns at the ends stay), ``space`` to work in, the blocks of channels from ``first`` to before
    ``last``, the blocks that are copied together, and the sizes.
    """
    return compiled(f"weight_{line.name}", (*_POINTERS, *_SIZES), _POINTERS, partial(_weight, line))


def weight_space(line: Line, together: int, count: int, height: int, rows: int) -> int:
    """Return how many floats it needs to work in, for ``count`` blocks and kernels of ``rows`` rows."""
    copies = together * (2 * height * line.width + 2 * _margin(line))
    return (count * rows * line.taps + copies) * lanes()


def _rows(line: Line) -> int:
    """Return how many rows of a kernel are computed at once: two where registers hold them."""
    taps = max(tile.length for tile in line.tiles())
    return 2 if 2 * taps + taps + 2 < registers() else 1


def _margin(line: Line) -> int:
    """Return how many zeros stand above and below a block of the gradient for rows that are computed with others."""
    return (_rows(line) - 1) * line.dilation * line.width


def _weight(line: Line, code: Code) -> None:
    kernel, margin = code.times(blocks.height(code), line.taps * lanes()), _margin(line) * lanes()
    count, each = code.minus(code.last, code.first), code.times(code.height, line.width * lanes())
    images, other_each = code.at(code.space, code.times(count, kernel)), code.add(each, 2 * margin)
    gradients = code.at(images, code.times(code.together, each))
    blocks.zeroed(code, code.space, code.times(count, kernel))
    blocks.zeroed(code, gradients, code.times(code.together, other_each))
    gradients = code.at(gradients, margin)
    with code.loop(0, code.images) as number, code.loop(code.first, code.last, code.together) as first:
        some = code.least(code.together, code.minus(code.last, first))
        for tensor, copies, apart in ((code.x, images, each), (code.gradient, gradients, other_each)):
            source = blocks.image(code, tensor, line.width, number, first)
            blocks.copied(code, source, line.width, copies, apart, first, some)
        with code.loop(0, some) as one:
            image, gradient = code.at(images, code.times(one, each)), code.at(gradients, code.times(one, other_each))
            taps = code.at(code.space, code.times(code.minus(code.add(first, one), code.first), kernel))
            _block(code, line, image, gradient, taps)
    blocks.unpacked(code, code.space, line.taps)


def _block(code: Code, line: Line, image: Any, gradient: Any, taps: Any) -> None:
    """Add the gradient from one block of an image to the sums [height,taps,lanes]."""
    rows, several = blocks.height(code), _rows(line)
    whole = code.minus(rows, code.builder.srem(rows, code.number(several)))
    parts = [(0, whole, several), (whole, rows, 1)] if several > 1 else [(0, rows, 1)]
    for start, end, together in parts:
        with code.loop(start, end, together) as kh:
            for tile in line.tiles():
                _tile(code, line, tile, together, image, gradient, taps, kh)


def _tile(
    code: Code, line: Line, tile: Segment, rows: int, image: Any, gradient: Any, taps: Any, kh: Any
) -> None:  # fmt: skip
    """Add the gradient of a tile of taps, in ``rows`` rows from ``kh`` on."""
    offset = code.times(code.minus(kh, code.quotient(blocks.height(code), 2)), line.dilation)
    chains = _chains(rows, tile.length)
    sums = code.sums(chains * rows * tile.length, code.zeros())
    last = code.add(code.height, offset, (rows - 1) * line.dilation)
    with code.loop(code.most(0, offset), code.least(code.height, last)) as h:
        for segment in line.segments():
            with code.loop(0, segment.repeats) as repeat:
                shift = code.times(repeat, segment.length)
                source = _at(code, line, image, h, shift)
                factors = [
                    _at(code, line, gradient, code.minus(h, code.add(offset, row * line.dilation)), shift)
                    for row in range(rows)
                ]
                add_products(code, sums, source, _uses(line, segment, tile, factors, chains))
    for row in range(rows):
        place = code.add(code.times(code.add(kh, row), line.taps), tile.start)
        to = code.opaque(code.at(taps, code.times(place, lanes())))
        _added(code, sums, to, range(row * tile.length, (row + 1) * tile.length), rows * tile.length)


def _chains(rows: int, taps: int) -> int:
    """Return how many sums each tap has, in turns."""
    most = (registers() - 1 - taps - rows) // (rows * taps)
    return max(1, min(most, -(-_BUSY // (rows * taps))))


def _at(code: Code, line: Line, image: Any, h: Any, shift: Any) -> Any:
    return code.opaque(code.at(image, code.times(code.add(code.times(h, line.width), shift), lanes())))


def _uses(line: Line, segment: Segment, tile: Segment, factors: Sequence[Any], chains: int) -> list[Use]:
    """Return for each place of a segment, and row, what the gradient there is multiplied with to give the taps' sums.

    Places at a distance of the dilation follow each other, because they meet the same numbers of the line.
    """
    uses, size = [], tile.length
    places = [w for phase in range(line.dilation) for w in segment.places[phase :: line.dilation]]
    for turn, w in enumerate(places):
        for row, pointer in enumerate(factors):
            start = (turn % chains * len(factors) + row) * size
            pairs = [(start + i, line.place(w, tap)) for i, tap in enumerate(tile.places)]
            uses.append(Use(pointer, w, [pair for pair in pairs if 0 <= pair[1] < line.width]))
    return [use for use in uses if use.pairs]


def _added(code: Code, sums: Sequence[Any], to: Any, own: range, apart: int) -> None:
    """Add the sums numbered ``own``, and those of the other chains, to memory."""
    for t, first in enumerate(own):
        total = code.load(code.at(to, t * lanes()))
        for one in sums[first::apart]:
            total = code.builder.fadd(total, code.builder.load(one, typ=code.vector))
        code.store(total, code.at(to, t * lanes()))
