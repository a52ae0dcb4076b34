"""A search problem without networks: costs and accuracy are formulas over the architecture."""

from __future__ import annotations

from functools import cache
from math import exp, log

import numpy as np

from nas.search.domains import SpaceDomain
from nas.search.searchers import Price
from predictors.parts import Part, parts
from predictors.population import PopulationTable
from search_spaces import Architecture, Block, SearchSpace, load_space

# What a mixer adds to quality, and how much more of the time of its MACs it takes.
_QUALITY = {"dw_conv": 1.0, "dilated_reparam": 1.1, "inception_dw": 0.8, "pool": 0.45, "identity": 0.15}
_SLOWNESS = {"dw_conv": 1.3, "dilated_reparam": 1.2, "inception_dw": 2.0, "pool": 1.5, "identity": 1.0}


@cache
def space(resolution: int = 32) -> SearchSpace:
    """Return the shipped space at its small scale, 10 classes."""
    return load_space("lk_convnet", scale="small", resolution=resolution, classes=10)


def _costs(part: Part) -> np.ndarray:
    """Return macs, params and time of a part: they grow with width, side, kernel and expansion."""
    if not isinstance(part.config, Block):
        return np.zeros(3)
    kernel = float(dict(part.config.mixer.params).get("kernel", 3))
    mixing, channels = part.inputs * kernel**2, 2 * part.inputs**2 * part.config.channel_mixer["expansion"]
    time = _SLOWNESS[part.config.mixer.op] * (3 * mixing + channels) * part.side**2 + 2e5
    return np.array([(mixing + channels) * part.side**2, mixing + channels, time / 1e7])


def _named(totals: np.ndarray) -> dict[str, np.ndarray]:
    macs, params, time = totals.T
    return {"macs": macs, "params": params, "activations": np.full(len(macs), 1000.0), "latency_ms": time}


def price(architecture: Architecture) -> dict[str, float]:
    """Return the costs of a network."""
    totals = _named(np.sum([_costs(part) for part in parts(architecture)], axis=0)[None])
    return {name: float(values[0]) for name, values in totals.items()}


_tables: dict[str, PopulationTable] = {}


def prices(space: SearchSpace) -> Price:
    """Return what prices networks of a space by their genes."""
    table = _tables.setdefault(space.digest, PopulationTable(space, _costs))
    return lambda genes: _named(table.totals(genes))


@cache
def domain() -> SpaceDomain:
    """Return the space as a search sees it."""
    return SpaceDomain(space())


def accuracy(architecture: Architecture) -> float:
    """Return a fraction that saturates with capacity and likes large kernels early and good mixers."""
    quality = 0.0
    for index, stage in enumerate(architecture.stages):
        for block in stage.blocks:
            reach = block.mixer["kernel"] * dict(block.mixer.params).get("dilation", 1) if _sized(block) else 3
            wanted = (13, 9, 7, 5)[index]
            fit = exp(-(log(reach / wanted) ** 2))
            gain = _QUALITY[block.mixer.op] * (0.4 + 0.6 * fit) + (0.2 if block.gate.op == "se" else 0.0)
            quality += gain * log(stage.width) * (1 + 0.1 * block.channel_mixer["expansion"])
    return 0.95 * (1 - exp(-quality / 18))


def _sized(block) -> bool:
    return "kernel" in dict(block.mixer.params)
