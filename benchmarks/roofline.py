"""Where the time of a training step goes, operator by operator, beside the machine's measured peaks.

usage: python benchmarks/roofline.py [--space lk_convnet] [--scale small] [--batch 64] [--method sandwich] [--steps 3]
           [--side 2048] [--json] [--out FOLDER]

The peaks are a matrix product of float32 and a copy of 256 MiB, on one thread. The steps are those of the trainer on
random images, seen by torch.profiler: the time of an operator is its own, without what it calls, scaled so that all of
them are the process time of the steps (the profiler's clock runs on while other processes have the core). The rate of
convolutions and products counts 2 operations a multiply-add, twice that for both gradients of a convolution; that of
other operators counts bytes: what they read, and once the largest of it written.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.harness import add_output_options, compare, emit
from benchmarks.supernet_step import Case
from search_spaces import load_space
from supernet.depthwise.operator import _Eager
from supernet.training import TrainConfig, Trainer, load_method

Row = dict[str, Any]
Shapes = Sequence[Sequence[int]]
_COPIED = 2**26  # float32 values: 256 MiB
_SHOWN = 0.01  # of the time; the others are one row
_PRODUCTS = ("aten::addmm", "aten::mm", "aten::bmm")
_MOVES_NOTHING = ("_convolution", "as_strided", "empty", "view", "slice", "expand", "permute", "transpose", "select")


def main() -> None:
    """Measure the peaks and the steps, and print a row for each operator, the longest first."""
    arguments = _arguments()
    torch.set_num_threads(1)
    gflops, gbytes = peaks(arguments.side)
    rows = []
    for scale in arguments.scale:
        for batch in arguments.batch:
            same = {"space": arguments.space, "scale": scale, "batch": batch}
            found = operators(Case(load_space(arguments.space, scale=scale), batch, 0, 1, "process"), arguments)
            rows += [{**same, **_beside(row, gflops, gbytes)} for row in found]
    peak = {"operator": "(peak)", "gflop_per_s": gflops, "gbyte_per_s": gbytes}
    emit("roofline", [peak, *rows], arguments)


def peaks(side: int) -> tuple[float, float]:
    """Return GFLOP/s of a square matrix product and GB/s of a copy (read and written): the best quarter of rounds."""
    a, b, out = (torch.rand(side, side) for _ in range(3))
    source, target = torch.rand(_COPIED), torch.rand(_COPIED)
    found = compare({"product": lambda: torch.mm(a, b, out=out), "copy": lambda: target.copy_(source)}, rounds=9)
    product_ms, copy_ms = (found[name].process_ms.q1 for name in ("product", "copy"))
    return 2 * side**3 / product_ms / 1e6, 2 * 4 * _COPIED / copy_ms / 1e6


def operators(case: Case, arguments: argparse.Namespace) -> list[Row]:
    """Return the operators of training steps with milliseconds of a step, share, operations and bytes."""
    trainer = Trainer(case.supernet, case.data, TrainConfig(load_method(arguments.method), 1000, case.batch))
    first = trainer.step
    for _ in range(arguments.steps):  # the same steps before: in them the depthwise forms make their code
        trainer.train_step()
    trainer.step = first
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as found:
        started = time.process_time()
        for _ in range(arguments.steps):
            trainer.train_step()
        spent_ms = 1e3 * (time.process_time() - started)
    events: list[Any] = list(found.events() or ())
    scale = spent_ms / sum(event.self_cpu_time_total / 1e3 for event in events)
    rows: dict[str, Row] = defaultdict(lambda: {"calls": 0.0, "ms": 0.0, "flop": 0.0, "bytes": 0.0})
    for event in events:
        row = rows[_name(event.name, event.input_shapes)]
        row["calls"] += 1 / arguments.steps
        row["ms"] += scale * event.self_cpu_time_total / 1e3 / arguments.steps
        row["flop"] += _operations(event.name, event.input_shapes, event.concrete_inputs) / arguments.steps
        row["bytes"] += _bytes(event.input_shapes) / arguments.steps
    return _largest(rows)


def _name(operator: str, shapes: Shapes) -> str:
    """Return the operator, a convolution with its kind, everything that is no operator under one name."""
    if not operator.startswith("aten::"):
        ours = {_Eager.__name__: "", f"{_Eager.__name__}Backward": ", gradients"}
        return f"depthwise, ours{ours[operator]}" if operator in ours else "(Python and autograd)"
    weight = _weight(operator, shapes)
    if weight is None:
        return operator.removeprefix("aten::")
    outputs, depth, *kernel = weight
    kind = "depthwise" if depth == 1 and outputs > 1 else "1 x 1" if prod(kernel) == 1 else "dense"
    return f"convolution {kind}" + (", gradients" if operator.endswith("backward") else "")


def _weight(operator: str, shapes: Shapes) -> Sequence[int] | None:
    places = {"aten::mkldnn_convolution": 1, "aten::_slow_conv2d_forward": 1, "aten::convolution_backward": 2}
    return shapes[places[operator]] if operator in places else None


def _operations(operator: str, shapes: Shapes, values: Sequence[Any]) -> float:
    """Return the operations of a call, 0 where they are not counted."""
    if operator in _PRODUCTS:
        left, right = shapes[-2:] if operator != "aten::addmm" else shapes[1:3]
        return 2.0 * prod(left) * right[-1]
    weight = _weight(operator, shapes)
    if weight is None or operator == "aten::convolution_backward":
        return 0.0 if weight is None else 4.0 * prod(shapes[0]) * prod(weight[1:])
    stride = prod(values[4]) if operator == "aten::mkldnn_convolution" else 1
    return 2.0 * prod(shapes[0]) / stride * prod(weight[1:]) * weight[0] / shapes[0][1]


def _bytes(shapes: Shapes) -> float:
    sizes = [prod(shape) for shape in shapes if shape and all(isinstance(side, int) for side in shape)]
    return 4.0 * (sum(sizes) + max(sizes, default=0))


def _largest(rows: dict[str, Row]) -> list[Row]:
    """Return the rows by time; those below a hundredth of it are summed."""
    total = sum(row["ms"] for row in rows.values())
    shown = [{"operator": name, **row} for name, row in rows.items() if row["ms"] >= _SHOWN * total]
    rest = [row for row in rows.values() if row["ms"] < _SHOWN * total]
    shown.sort(key=lambda row: -row["ms"])
    if rest:
        summed = {key: sum(row[key] for row in rest) for key in ("calls", "ms")}
        shown.append({"operator": f"({len(rest)} others)", **summed, "flop": 0.0, "bytes": 0.0})
    return [{**row, "share": row["ms"] / total} for row in shown]


def _beside(row: Row, gflops: float, gbytes: float) -> Row:
    """Return the columns of a row: rates, and what share of the peak they are."""
    flop, moved = row.pop("flop"), row.pop("bytes")
    if flop:
        rate = flop / row["ms"] / 1e6
        return {**row, "gflop_per_s": rate, "of_peak": rate / gflops}
    if moved and not row["operator"].startswith(("(", *_MOVES_NOTHING)):
        rate = moved / row["ms"] / 1e6
        return {**row, "gbyte_per_s": rate, "of_peak": rate / gbytes}
    return row


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="lk_convnet")
    parser.add_argument("--scale", nargs="+", default=["small"])
    parser.add_argument("--batch", nargs="+", type=int, default=[64])
    parser.add_argument("--method", default="sandwich")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--side", type=int, default=2048, help="of the matrices")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
