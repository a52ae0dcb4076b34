"""Look-up tables of Once-for-All and ProxylessNAS: YAML with a line for each block, its shapes and its mean latency.

`expanded_conv-input:56x56x24-output:56x56x24-expand:144-kernel:3-stride:1-idskip:1-se:0-hs:0: {mean: 1.07}` is an
inverted bottleneck of 144 hidden channels (with se and hs; without them expand is the ratio, arXiv:1812.00332); se says
whether there is squeeze-and-excitation, hs whether the activation is hard swish (arXiv:1908.09791). Conv is the stem,
Conv_1 and Logits together are the head.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from predictors.parts import Part, additive_range
from predictors.records import BlockRecord
from predictors.timer import Measurement
from search_spaces import Block, InputError, OpConfig, SearchSpace
from search_spaces.language import read_document

Entry = tuple[str | int, ...]
_TYPES = ("expanded_conv", "Conv", "Conv_1", "Conv_2", "AvgPool2D", "Logits")
_SHAPE = r"(\d+)(?:x(\d+)x(\d+))?"
_KEY = re.compile(
    rf"(\w+)-input:{_SHAPE}-output:{_SHAPE}"
    r"(?:-expand:(\d+)-kernel:(\d+)-stride:(\d+)-idskip:([01])(?:-se:([01])-hs:([01]))?)?"
)
_EXAMPLE = "expanded_conv-input:56x56x24-output:56x56x24-expand:144-kernel:3-stride:1-idskip:1-se:0-hs:0"


def read_blocks(path: Path | str, space: SearchSpace) -> list[BlockRecord]:
    """Return the blocks of a space that a table holds.

    Raises InputError naming file and line for what is no such table, and when no block of the space is in it.
    """
    document = read_document(path, f"blocks such as {_EXAMPLE}")
    times = {}
    for key, value in document.value.items():
        where = f"{path}:{document.lines[(key,)]}"
        times[_entry(key, where)] = _mean(value, where)
    parts = parts_of(space)
    found = [(part, [times.get(entry) for entry in _entries(part)]) for part in parts]
    records = [
        _record(part, [ms for ms in each if ms is not None]) for part, each in found if each and None not in each
    ]
    if not records:
        raise InputError(f"{path}: none of its {len(times)} entries is one of the {len(parts)} blocks of {space.name}")
    return records


def parts_of(space: SearchSpace) -> list[Part]:
    """Return every part that a network of the space may have."""
    found: dict[Part, None] = {}

    def note(part: Part) -> np.ndarray:
        found[part] = None
        return np.zeros(1)

    additive_range(space, note)
    return list(found)


def _entry(key: str, where: str) -> Entry:
    """Read the name of an entry: type, input, output, and of a bottleneck what is inside."""
    match = _KEY.fullmatch(key)
    if match is None or match[1] not in _TYPES or (match[1] == "expanded_conv") != (match[8] is not None):
        raise InputError(f"{where}: expected the name of a block such as {_EXAMPLE}, found {key[:100]!r}")
    kind, *numbers = match.groups()
    shapes = tuple(int(number) for number in numbers[:6] if number is not None)
    if kind != "expanded_conv":
        return (kind, *shapes)
    expand, kernel, stride, skip, *flags = (int(number or 0) for number in numbers[6:])
    hidden = expand if numbers[-1] is not None else expand * shapes[2]
    return (kind, *shapes, hidden, kernel, stride, skip, *flags)


def _mean(value: Any, where: str) -> float:
    mean = value.get("mean") if isinstance(value, dict) else value
    if isinstance(mean, bool) or not isinstance(mean, int | float) or not (math.isfinite(mean) and mean > 0):
        raise InputError(f"{where}: expected {{mean: milliseconds}}, a positive number, found {value!r}")
    return float(mean)


def _record(part: Part, times: Iterable[float]) -> BlockRecord:
    total = sum(times)
    return BlockRecord(part, Measurement(total, total, 0.0, 0.0))


def _entries(part: Part) -> list[Entry]:
    """Return the entries whose sum is the latency of a part; none for a part that these tables do not know."""
    shape = (part.side, part.side, part.inputs)
    side = (part.side - 1) // part.stride + 1
    config = part.config
    if isinstance(config, Block):
        config = _alone(config)
    if config is None or part.sequence:
        return []
    if config.op == "patch_stem":
        return [("Conv", *shape, side, side, part.outputs)]
    if config.op == "conv_head":
        features = config["features"]
        mixed = (part.side, part.side, features)
        return [("Conv_1", *shape, *mixed), ("Logits", *mixed, part.outputs)]
    if config.op == "inverted_bottleneck":
        return [("expanded_conv", *shape, side, side, part.outputs, *_inside(part, config))]
    return []


def _inside(part: Part, config: OpConfig) -> tuple[int, ...]:
    hidden = max(1, round(part.inputs * config["expansion"]))
    skip = config["shortcut"] == "same" and part.stride == 1 and part.inputs == part.outputs
    hard_swish = config["activation"] == "hard_swish"
    return hidden, config["kernel"], part.stride, int(skip), int(config["se"] > 0), int(hard_swish)


def _alone(block: Block) -> OpConfig | None:
    """Return the channel mixer of a block that has nothing else, else None."""
    empty = block.position.op == block.gate.op == "none" and block.mixer.op == "identity"
    plain = block.residual.op == "plain" and block.residual["repeats"] == 1
    return block.channel_mixer if empty and plain else None
