"""Gradients of depthwise kernels on a CPU: torch's and ours, in process time, one thread.

usage: python benchmarks/depthwise.py [--cases 32:16:15:1 64:8:7:1 ...] [--batch 128] [--json FILE]
A case is channels:side:kernel:dilation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces.files import write_json_atomic
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


def step(function: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor) -> float:
    """Return the milliseconds of one forward and backward pass."""
    started = time.process_time()
    function(x, weight).sum().backward()
    return 1e3 * (time.process_time() - started)


def measure(case: str, batch: int, rounds: int = 7) -> dict[str, float | str]:
    """Return the best of some rounds for each form."""
    channels, side, kernel, dilation = map(int, case.split(":"))
    x = torch.randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel, requires_grad=True)
    forms: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "torch ms": lambda x, w: F.conv2d(x, w, None, 1, dilation * (kernel // 2), dilation, channels),
        "ours ms": lambda x, w: depthwise_conv2d(x, w, None, dilation),
    }
    times = {name: min(step(form, x, weight) for _ in range(rounds)) for name, form in forms.items()}
    ratio = times["torch ms"] / times["ours ms"]
    return {"case": case, **{n: round(t, 1) for n, t in times.items()}, "times quicker": round(ratio, 2)}


def main() -> None:
    """Print the table, the least gain first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = sorted((measure(case, arguments.batch) for case in arguments.cases), key=lambda r: r["times quicker"])
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")
    if arguments.json:
        write_json_atomic(arguments.json, rows)


if __name__ == "__main__":
    main()
