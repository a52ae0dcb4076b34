"""Gradients of depthwise kernels on a CPU: torch's and ours, in process time, one thread.

usage: python benchmarks/depthwise.py [--cases 32:16:15:1 64:8:7:1 ...] [--batch 128] [--rounds 9] [--json]
           [--out FOLDER]

A case is channels:side:kernel:dilation. A row compares one forward and backward pass of both in interleaved rounds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, compare, emit, ratio
from supernet.depthwise import depthwise_conv2d

CASES = [
    "32:16:3:1",
    "32:16:7:1",
    "32:16:15:1",
    "64:8:5:1",
    "64:8:7:1",
    "64:8:5:2",
    "32:16:5:3",
    "96:4:3:2",
    "96:4:3:1",
]


def measure(case: str, batch: int, rounds: int) -> dict[str, Any]:
    """Return the times of both forms and how many times quicker ours is."""
    channels, side, kernel, dilation = map(int, case.split(":"))
    x = torch.randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel, requires_grad=True)
    padding = dilation * (kernel // 2)
    found = compare(
        {
            "torch": lambda: F.conv2d(x, weight, None, 1, padding, dilation, channels).sum().backward(),
            "ours": lambda: depthwise_conv2d(x, weight, None, dilation).sum().backward(),
        },
        rounds=rounds,
    )
    row: dict[str, Any] = {"case": case, "batch": batch}
    for name, timing in found.items():
        row |= timing.columns(name) | {f"{name}_noisy": timing.process_ms.noisy}
    return row | ratio(found["torch"], found["ours"]).columns() | found["ours"].load.columns()


def main() -> None:
    """Print the table, the least gain first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=9)
    add_output_options(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(case, arguments.batch, arguments.rounds) for case in arguments.cases]
    rows.sort(key=lambda row: row["ratio"])
    emit("depthwise", rows, arguments, ["case", "torch_ms", "ours_ms", "ratio", "ratio_low", "ratio_high"])


if __name__ == "__main__":
    main()
