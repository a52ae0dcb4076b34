"""The settings of networks by dimension, read from the networks themselves: what varied, and how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_spaces import Architecture
from search_spaces.architecture import OpConfig
from search_spaces.operators import Value

Floats = NDArray[np.float64]
Place = tuple[str, int]  # a dimension and the stage, -1 for the whole network
Settings = Mapping[Place, Sequence[Value]]  # one for each block that has it, one for a stage

# A band is the kernel of a mixer that is long in one direction.
_PLAIN = {("mixer", "kernel"): "kernel", ("mixer", "band"): "kernel", ("mixer", "dilation"): "dilation",
          ("channel_mixer", "expansion"): "expansion"}  # fmt: skip


def settings_of(architecture: Architecture) -> Settings:
    """Return the settings of a network: resolution, each stage's depth and width, operators and their parameters."""
    found: dict[Place, list[Value]] = defaultdict(list, {("resolution", -1): [architecture.resolution]})
    for i, stage in enumerate(architecture.stages):
        found["depth", i] = [len(stage.blocks)]
        found["width", i] = [stage.width]
        downsample = [] if stage.downsample is None else [("downsample", stage.downsample)]
        slots = [pair for block in stage.blocks for pair in block.slots().items()]
        for slot, config in [*downsample, *slots]:
            for name, value in _of_operator(slot, config):
                found[name, i].append(value)
    return found


def _of_operator(slot: str, config: OpConfig) -> Iterator[tuple[str, Value]]:
    yield slot.replace("_", " "), config.op
    for name, value in config.params:
        yield _PLAIN.get((slot, name), f"{slot} {name}".replace("_", " ")), value


@dataclass(frozen=True)
class Counts:
    """How often each of L settings is in each of N networks: of ``total`` [N,L] blocks or stages, ``number`` [N,L].

    ``levels`` are dimension and setting, in order; widths are in percent of the widest that was seen in the stage.
    """

    levels: tuple[tuple[str, Value], ...]
    number: Floats
    total: Floats

    def shares(self, networks: NDArray[np.intp]) -> Floats:
        """Return the share [L] that each setting has in these networks together."""
        return self.number[networks].sum(axis=0) / np.maximum(self.total[networks].sum(axis=0), 1)


def count_settings(networks: Sequence[Settings]) -> Counts:
    """Count the settings of the dimensions that differ among the networks."""
    widest = _widest(networks)
    counters = [_counter(network, widest) for network in networks]
    seen = {level for counter in counters for level in counter}
    dimensions = {name for name, many in Counter(name for name, _ in seen).items() if many > 1}
    levels = sorted((level for level in seen if level[0] in dimensions), key=_order)
    number = np.array([[counter[level] for level in levels] for counter in counters], dtype=float)
    totals = [Counter(name for name, _ in counter.elements()) for counter in counters]
    total = np.array([[of[name] for name, _ in levels] for of in totals], dtype=float)
    return Counts(tuple(levels), number.reshape(len(networks), -1), total.reshape(len(networks), -1))


def features(networks: Sequence[Settings]) -> dict[str, Floats]:
    """Return numbers [N,F] of each dimension that differs: by stage the mean of a number, the share of an operator.

    A stage without such a setting has -1.
    """
    found: dict[str, list[Floats]] = defaultdict(list)
    for place in sorted({place for network in networks for place in network}):
        for column in _columns([network.get(place, ()) for network in networks]):
            if np.ptp(column) > 0:
                found[place[0]].append(column)
    return {name: np.stack(columns, axis=1) for name, columns in found.items()}


def _columns(values: Sequence[Sequence[Value]]) -> Iterator[Floats]:
    """Yield what one place has in each network: a column for numbers, else one for each word."""
    words = sorted({str(value) for of in values for value in of if not _is_number(value)})
    if not words:
        yield np.array([np.mean(np.array(of, dtype=float)) if of else -1.0 for of in values])
    for word in words:
        yield np.array([np.mean([str(value) == word for value in of]) if of else -1.0 for of in values])


def _counter(network: Settings, widest: Mapping[int, float]) -> Counter[tuple[str, Value]]:
    counter: Counter[tuple[str, Value]] = Counter()
    for (name, stage), values in network.items():
        counter.update((name, round(100 * float(v) / widest[stage]) if name == "width" else v) for v in values)
    return counter


def _widest(networks: Sequence[Settings]) -> dict[int, float]:
    found: dict[int, float] = {}
    for network in networks:
        for (name, stage), values in network.items():
            if name == "width":
                found[stage] = max(found.get(stage, 0.0), *map(float, values))
    return found


def _order(level: tuple[str, Value]) -> tuple[str, bool, float, str]:
    name, value = level
    return name, not _is_number(value), float(value) if _is_number(value) else 0.0, str(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
