"""The parts in which machine code goes along a line."""

from __future__ import annotations

import pytest

from supernet.depthwise.llvm_code import registers
from supernet.depthwise.products import Line


@pytest.mark.parametrize("width", [1, 7, 14, 15, 16, 31, 56, 113, 224])
@pytest.mark.parametrize(("taps", "dilation"), [(1, 1), (7, 1), (7, 3), (31, 1)])
def test_segments_are_the_line_and_those_that_repeat_meet_no_end(width: int, taps: int, dilation: int) -> None:
    line = Line(width, taps, dilation)
    segments = line.segments()
    places = [w for part in segments for w in range(part.start, part.start + part.length * part.repeats)]
    assert places == list(range(width))
    assert all(2 * part.length + 1 < registers() for part in segments)
    for part in segments:
        if part.repeats > 1:
            first, last = part.start, part.start + part.length * part.repeats - 1
            assert line.place(first, 0) >= 0 and line.place(last, taps - 1) < width


def test_the_code_does_not_grow_with_the_width() -> None:
    assert len(Line(224, 7, 1).segments()) == len(Line(1120, 7, 1).segments()) == 3
