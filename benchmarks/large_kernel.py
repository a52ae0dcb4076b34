"""Depthwise convolution, forward and backward: ours against the better of torch's two memory layouts.

usage: python benchmarks/large_kernel.py [--kernel 7 13 21 31] [--dilation 1] [--side 14 28 56] [--channels 64]
           [--batch 8 32 64] [--dtype float32] [--device cpu] [--threads 1] [--rounds 7] [--seconds 10] [--json]

A row is a case: `ratio` is torch's time / ours, round by round (process time on a CPU, wall time on a GPU), best layout
of torch; `channels_last_ms` and `contiguous_ms` are torch's. Both keep the memory that they free. A case whose rounds
would take more than --seconds has fewer of them, at least two. The goals on a CPU: never below 0.95, at least 3 for
kernels of 7 to 13, at least 10 from 21.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.harness import Spread, add_output_options, compare, emit, ratio
from supernet.depthwise import depthwise_conv2d
from supernet.memory import keep_freed_memory

_TYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16", "fp64": "float64"}
_GOALS = ((21, 10.0), (14, 0.95), (7, 3.0), (1, 0.95))  # from this kernel on
_HOPELESS = 2.0  # times the better layout: a layout that is slower than this is left out
_LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}


def measure(case: dict[str, Any], rounds: int, seconds: float) -> dict[str, Any]:
    """Return the row of a case."""
    calls = {name: _step(_torch, layout, case) for name, layout in _LAYOUTS.items()}
    calls["ours"] = _step(_ours, torch.channels_last, case)
    cuda = case["device"] == "cuda"
    finish = torch.cuda.synchronize if cuda else lambda: None
    clock = "wall" if cuda else "process"
    # the least of two: a first call also makes code, and may not cost the better layout its place
    once = {name: min(_seconds(call, finish) for _ in range(2)) for name, call in calls.items()}
    hopeless = max(_LAYOUTS, key=once.__getitem__)
    if once[hopeless] > _HOPELESS * min(once[name] for name in _LAYOUTS):
        del calls[hopeless]
    fitting = int(seconds / sum(once[name] for name in calls))
    found = compare(calls, rounds=max(2, min(rounds, fitting)), warmup=1, finish=finish)
    best = min((name for name in _LAYOUTS if name in found), key=lambda name: min(found[name].samples(clock)))
    gain = ratio(found[best], found["ours"], clock)
    goal = next(least for kernel, least in _GOALS if case["kernel"] >= kernel)
    times = {f"{name}_ms": Spread.of(timing.samples(clock)).median for name, timing in found.items()}
    return {**case, **gain.columns(), **times, "goal": goal, "verdict": gain.verdict(at_least=goal),
            **found["ours"].load.columns()}  # fmt: skip


def _seconds(call: Callable[[], object], finish: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    finish()
    return time.perf_counter() - started


def _step(function: Callable[..., Tensor], layout: torch.memory_format, case: dict[str, Any]) -> Callable[[], object]:
    """Return one forward and backward pass of a case."""
    kernel, channels, side = case["kernel"], case["channels"], case["side"]
    like = {"device": case["device"], "dtype": getattr(torch, case["dtype"])}
    shape = (case["batch"], channels, side, side)
    x, towards = (torch.randn(shape, **like).contiguous(memory_format=layout) for _ in range(2))
    weight = torch.randn(channels, 1, kernel, kernel, **like)
    x.requires_grad_()
    weight.requires_grad_()
    return lambda: torch.autograd.grad(function(x, weight, case["dilation"]), (x, weight), towards)


def _torch(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    return F.conv2d(x, weight, None, 1, dilation * (weight.shape[2] // 2), dilation, weight.shape[0])


def _ours(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    return depthwise_conv2d(x, weight, None, dilation)


def main() -> None:
    """Measure the product of the lists and print the rows, the least ratio first."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()  # of both: as in training
    names = ("kernel", "dilation", "side", "channels", "batch", "dtype", "device")
    rows = []
    for values in product(*(getattr(arguments, name) for name in names)):
        case: dict[str, Any] = dict(zip(names, values, strict=True))
        rows.append(measure(case, arguments.rounds, arguments.seconds) | {"threads": arguments.threads})
        print(" ".join(f"{name}={value}" for name, value in case.items()), f"ratio {rows[-1]['ratio']:.2f}",
              file=sys.stderr, flush=True)  # fmt: skip
    times = (f"{name}_ms" for name in (*_LAYOUTS, "ours"))
    columns = [*names, *times, "ratio", "ratio_low", "ratio_high", "goal", "verdict"]
    emit("large_kernel", sorted(rows, key=lambda row: row["ratio"] / row["goal"]), arguments, columns)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", nargs="+", type=int, default=[7, 13, 21, 31])
    parser.add_argument("--dilation", nargs="+", type=int, default=[1])
    parser.add_argument("--side", nargs="+", type=int, default=[14, 28, 56])
    parser.add_argument("--channels", nargs="+", type=int, default=[64])
    parser.add_argument("--batch", nargs="+", type=int, default=[8, 32, 64])
    parser.add_argument("--dtype", nargs="+", default=["float32"], type=lambda name: _TYPES.get(name, name),
                        choices=list(_TYPES.values()))  # fmt: skip
    parser.add_argument("--device", nargs="+", default=["cpu"], choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="of a case")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
