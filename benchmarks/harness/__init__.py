"""What every benchmark uses: interleaved rounds, ratios with an interval, the machine's load, JSON and Markdown out."""

from benchmarks.harness.load import Load, watch
from benchmarks.harness.output import add_output_options, emit, markdown
from benchmarks.harness.timing import NOISY, Ratio, Spread, Timing, compare, ratio

__all__ = [
    "NOISY",
    "Load",
    "Ratio",
    "Spread",
    "Timing",
    "add_output_options",
    "compare",
    "emit",
    "markdown",
    "ratio",
    "watch",
]
