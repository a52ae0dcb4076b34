"""Networks to judge a ranking by: a sample spread over cost and over every choice, and ladders along each dimension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from search_spaces.architecture import Architecture
from search_spaces.encoding import Dimension
from search_spaces.errors import InputError
from search_spaces.ladders import draw_base, elastic_dimensions, ladder
from search_spaces.space import SearchSpace

SAMPLE = "sample"
_FULL_LADDER = 4  # rungs; where there are twice as many networks for a dimension, it gets a second ladder
_DRAWS = 16  # for each network or ladder that is kept
_NEAR = 8  # networks of about the wanted cost, among which the one with the rarest choices is taken

Macs = Callable[[Architecture], float]
Feature = tuple[tuple[int | str, ...], int]


@dataclass(frozen=True)
class Drawn:
    """A network and its group: "sample", or its ladder as DIMENSION-NUMBER."""

    architecture: Architecture
    group: str


def stratified(space: SearchSpace, n: int, seed: int, macs: Macs) -> list[Drawn]:
    """Return ``n`` different networks (fewer in a small space): the sample, then the ladders of each dimension.

    The dimensions share half of the networks evenly. A dimension's ladders stand on bases of different cost, and of
    those drawn on the ones whose ends are furthest apart. The sample is spread evenly over the logarithm of MACs, and
    over the choices. Equal arguments give equal networks. Raises InputError where ``n`` is too small for ladders.
    """
    dimensions = elastic_dimensions(space)
    share = n // 2 // max(1, len(dimensions))
    if share < 2:
        raise InputError(
            f"{n} networks are too few for the {len(dimensions)} dimensions of {space.name} "
            f"({', '.join(dimensions)}): draw at least {4 * max(1, len(dimensions))}"
        )
    rungs: dict[str, Drawn] = {}
    for number, dimension in enumerate(dimensions):
        for drawn in _ladders(space, dimension, share, np.random.default_rng([seed, number]), macs):
            rungs.setdefault(drawn.architecture.digest, drawn)
    rng = np.random.default_rng([seed, len(dimensions)])
    return [*_sample(space, n - len(rungs), rng, macs, set(rungs)), *rungs.values()]


def _ladders(space: SearchSpace, dimension: str, count: int, rng: np.random.Generator, macs: Macs) -> list[Drawn]:
    """Return ``count`` networks (fewer where the dimension has fewer settings) on one or more ladders."""
    ladders = max(1, count // _FULL_LADDER)
    bases = [draw_base(space, dimension, rng) for _ in range(_DRAWS * ladders)]
    bases = sorted(bases, key=lambda base: _reach(space, base, dimension), reverse=True)[: _DRAWS * ladders // 4]
    chosen = [bases[i] for i in pick_evenly([np.log(max(macs(base), 1)) for base in bases], ladders)]
    drawn = []
    for number, base in enumerate(chosen):
        rungs = count // ladders + (number < count % ladders)
        drawn += [Drawn(rung, f"{dimension}-{number}") for rung in ladder(space, base, dimension, rungs)]
    return drawn


def _reach(space: SearchSpace, base: Architecture, dimension: str) -> int:
    """Return by how many steps of choices, summed over the genes, the ends of a base's ladder differ."""
    ends = [space.encode(rung) for rung in ladder(space, base, dimension, 2)]
    return int(np.abs(ends[0] - ends[-1]).sum()) if ends else 0


def _sample(space: SearchSpace, count: int, rng: np.random.Generator, macs: Macs, taken: set[str]) -> list[Drawn]:
    """Return ``count`` networks, none of them taken, spread over the logarithm of MACs and over the choices."""
    pool = [one for one in _pool(space, count, rng) if one.digest not in taken]
    size = np.log([max(macs(one), 1) for one in pool])
    features = [_features(space, one) for one in pool]
    counts: Counter[Feature] = Counter()
    picked: list[int] = []
    for target in np.linspace(size.min(), size.max(), count):
        left = np.setdiff1d(np.arange(len(pool)), picked)
        if len(left) == 0:
            break
        near = left[np.argsort(np.abs(size[left] - target), kind="stable")[:_NEAR]]
        best = min(near, key=lambda i: (_commonness(features[i], counts), i))
        counts.update(features[best])
        picked.append(int(best))
    return [Drawn(pool[i], SAMPLE) for i in picked]


def _pool(space: SearchSpace, count: int, rng: np.random.Generator) -> list[Architecture]:
    """Return different networks; every other one lies near an end of the space, where samples hardly ever do."""
    ends = (space.largest, lambda: space.smallest(rng))
    drawn = []
    for i in range(_DRAWS * count):
        drawn.append(space.sample(rng) if i % 2 else space.mutate(ends[i // 2 % 2](), rng, rate=rng.uniform(0, 0.5)))
    return list(dict.fromkeys(drawn))


def _features(space: SearchSpace, architecture: Architecture) -> list[Feature]:
    """Return the choices of a network, those of blocks without their place."""
    genes = zip(space.dimensions, space.encode(architecture), strict=True)
    return list(dict.fromkeys((_kind(dimension), int(gene)) for dimension, gene in genes if gene >= 0))


def _kind(dimension: Dimension) -> tuple[int | str, ...]:
    key = dimension.key
    return key if len(key) <= 2 else tuple(part for part in key if isinstance(part, str))


def _commonness(features: Sequence[Feature], counts: Counter[Feature]) -> float:
    """Return how often these choices were taken, as the mean share among the choices of their kind."""
    kinds: Counter[tuple[int | str, ...]] = Counter()
    for (kind, _), number in counts.items():
        kinds[kind] += number
    return sum(counts[feature] / (1 + kinds[feature[0]]) for feature in features) / max(1, len(features))


def pick_evenly(values: Sequence[float], count: int) -> list[int]:
    """Return the indices of the values nearest to ``count`` points evenly laid from least to largest."""
    left = dict(enumerate(values))
    picked = []
    for target in np.linspace(min(values, default=0), max(values, default=0), count):
        if left:
            nearest = min(left, key=lambda i: (abs(left[i] - target), i))
            picked.append(nearest)
            del left[nearest]
    return picked
