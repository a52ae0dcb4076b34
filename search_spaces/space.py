"""A search space: sampling, counting and encoding of its architectures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import numpy as np

from search_spaces import closing, variation
from search_spaces.architecture import (
    Architecture,
    Layout,
    OpConfig,
    Stage,
    input_shape,
    reduced,
    stem_side,
    stem_width,
)
from search_spaces.closing import Closable
from search_spaces.encoding import Dimension, Key, completed, decode, dimensions, encode, fixed_values, stage_of
from search_spaces.expressions import Expression
from search_spaces.operators import Value
from search_spaces.stage import Shape, StageSpace
from search_spaces.variation import Shaped

TOTAL_DEPTH = "total_depth"


@dataclass(frozen=True)
class SearchSpace:
    """Every network that a space file allows at one scale and number of classes.

    ``resolutions`` are the input sides to choose from, largest first; ``stages`` are those at the largest (`at`
    gives the others). ``depth_rules`` are conditions on the number of all blocks.
    """

    name: str
    scale: str
    summary: str
    channels: int
    resolutions: tuple[int, ...]
    layout: Layout
    classes: int
    stem: OpConfig
    head: OpConfig
    stages: tuple[StageSpace, ...]
    depth_rules: tuple[Expression, ...] = ()
    source: str = ""
    _places: dict[int, SearchSpace] = field(default_factory=dict, repr=False, compare=False)
    _closed: dict[frozenset[Closable], SearchSpace] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, architecture: Architecture) -> SearchSpace:
        """Return the space whose only member is ``architecture``; a network alone is built from it."""
        stages = tuple(
            StageSpace(
                index=i,
                side=side,
                stride=stage.stride,
                resolution=architecture.resolution,
                widths=(stage.width,),
                depths=(len(stage.blocks),),
                downsamples=(stage.downsample,),
                positions=tuple({s: (c,) for s, c in block.slots().items()} for block in stage.blocks),
            )
            for i, (stage, side) in enumerate(zip(architecture.stages, architecture.sides, strict=True))
        )
        return cls(
            name="single",
            scale="",
            summary="one architecture",
            channels=architecture.channels,
            resolutions=(architecture.resolution,),
            layout=architecture.layout,
            classes=architecture.classes,
            stem=architecture.stem,
            head=architecture.head,
            stages=stages,
        )

    @property
    def resolution(self) -> int:
        """Side of the input in pixels; the largest where there is a choice."""
        return self.resolutions[0]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one input."""
        return input_shape(self.channels, self.resolution, self.layout)

    @property
    def stem_side(self) -> int:
        """Feature side in pixels that leaves the stem."""
        return stem_side(self.resolution, self.stem)

    def stem_width(self, first_width: int) -> int:
        """Channels that leave the stem before a first stage of this width."""
        return stem_width(self.stem, first_width)

    def at(self, resolution: int) -> SearchSpace:
        """Return the part of the space at one input side. Raises ValueError for a side that it does not have."""
        if resolution not in self.resolutions:
            raise ValueError(f"{self.name} has no resolution {resolution}, only {self.resolutions}")
        if self.resolutions == (resolution,):
            return self
        if resolution not in self._places:
            sides = _sides(resolution, self.stem, [(s.downsamples, s.stride) for s in self.stages])
            stages = tuple(
                replace(stage, side=side, resolution=resolution, _options={}, _ways={})
                for stage, side in zip(self.stages, sides, strict=True)
            )
            self._places[resolution] = replace(self, resolutions=(resolution,), stages=stages, _places={}, _closed={})
        return self._places[resolution]

    def closed(self, dimensions: Iterable[Closable]) -> SearchSpace:
        """Return the part of the space in which these dimensions stand at their largest choice (see `closing`)."""
        names = frozenset(dimensions)
        if not names:
            return self
        if names not in self._closed:
            places = {side: closing.close(self.at(side), names) for side in self.resolutions}
            at_largest = places[self.resolution]
            self._closed[names] = replace(at_largest, resolutions=self.resolutions, _places=places, _closed={})
        return self._closed[names]

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that decides which networks are in the space."""
        stages = [
            {
                "stride": stage.stride,
                "widths": stage.widths,
                "depths": stage.depths,
                "downsamples": [down and down.to_dict() for down in stage.downsamples],
                "positions": [
                    {slot: [config.to_dict() for config in configs] for slot, configs in position.items()}
                    for position in stage.positions
                ],
                "rules": [rule.text for rule in stage.rules],
                "ties": [tie.text for tie in stage.ties],
            }
            for stage in self.stages
        ]
        ends = [op.to_dict() for op in (self.stem, self.head)]
        rules = [rule.text for rule in self.depth_rules]
        value = [self.channels, self.resolutions, self.layout, self.classes, ends, stages, rules]
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

    @cached_property
    def depths(self) -> tuple[tuple[int, ...], ...]:
        """Every choice of one depth per stage that the rules leave."""
        options = [sorted({shape.depth for shape in stage.shapes()}) for stage in self.stages]
        every = product(*options)
        return tuple(d for d in every if all(rule({TOTAL_DEPTH: sum(d)}) for rule in self.depth_rules))

    def nearest_depths(self, depths: Sequence[int], resolution: int) -> Sequence[int]:
        """Return ``depths``, or those nearest to them that the rules leave."""
        if not self.depth_rules:
            return depths
        every = self.at(resolution).depths
        return min(every, key=lambda other: sum(abs(a - b) for a, b in zip(depths, other, strict=True)))

    def cardinality(self) -> int:
        """Return the exact number of architectures."""
        return sum(self.at(resolution)._cardinality() for resolution in self.resolutions)

    def _cardinality(self) -> int:
        counts = []
        for stage in self.stages:
            by_depth: dict[int, int] = {}
            for shape in stage.shapes():
                by_depth[shape.depth] = by_depth.get(shape.depth, 0) + stage.count(shape)
            counts.append(by_depth)
        if not self.depth_rules:
            return prod(sum(by_depth.values()) for by_depth in counts)
        return sum(prod(by_depth[d] for by_depth, d in zip(counts, depths, strict=True)) for depths in self.depths)

    def contains(self, architecture: Architecture) -> bool:
        """Whether the architecture is a member of the space."""
        a = architecture
        if (a.channels, a.layout, a.classes) != (self.channels, self.layout, self.classes):
            return False
        if (a.stem, a.head) != (self.stem, self.head) or a.resolution not in self.resolutions:
            return False
        place = self.at(a.resolution)
        if len(a.stages) != len(place.stages) or not all(map(_contains_stage, place.stages, a.stages)):
            return False
        total = sum(len(stage.blocks) for stage in a.stages)
        return all(rule({TOTAL_DEPTH: total}) for rule in self.depth_rules)

    def assemble(self, stages: Sequence[Shaped]) -> Architecture:
        """Return the architecture of one (shape, blocks) per stage, at the first resolution."""
        built = tuple(
            Stage(shape.width, space.stride, shape.downsample, tuple(blocks))
            for space, (shape, blocks) in zip(self.stages, stages, strict=True)
        )
        ends = (self.stem, built, self.head)
        return Architecture(self.channels, self.resolution, self.layout, self.classes, *ends)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw one architecture: resolution and shapes uniformly, then per slot the operator, then its parameters."""
        place = self if len(self.resolutions) == 1 else self.at(int(rng.choice(self.resolutions)))
        depths: Sequence[int | None] = [None] * len(place.stages)
        if place.depth_rules:
            depths = place.depths[int(rng.integers(len(place.depths)))]
        return place.assemble([variation.sample_stage(s, rng, d) for s, d in zip(place.stages, depths, strict=True)])

    def largest(self, rng: np.random.Generator | None = None) -> Architecture:
        """Return the network of the first-listed operators with the largest sizes and parameters.

        With ``rng`` the operators are drawn at random and only the sizes are the largest.
        """
        return self._extremes[0] if rng is None else self._extreme(largest=True, rng=rng)

    def smallest(self, rng: np.random.Generator | None = None) -> Architecture:
        """Return the network of the last-listed operators with the smallest sizes and parameters.

        With ``rng`` the operators are drawn at random and only the sizes are the smallest.
        """
        return self._extremes[1] if rng is None else self._extreme(largest=False, rng=rng)

    @cached_property
    def _extremes(self) -> tuple[Architecture, Architecture]:
        """The largest and the smallest, which training asks for in every step."""
        return self._extreme(largest=True), self._extreme(largest=False)

    def _extreme(self, largest: bool, rng: np.random.Generator | None = None) -> Architecture:
        best = max if largest else min
        place = self.at(best(self.resolutions))
        depths: Sequence[int | None] = [None] * len(place.stages)
        if place.depth_rules:
            depths = best(place.depths, key=lambda d: (sum(d), d))
        stages = zip(place.stages, depths, strict=True)
        return place.assemble([variation.extreme_stage(s, largest=largest, rng=rng, depth=d) for s, d in stages])

    def mutate(self, architecture: Architecture, rng: np.random.Generator, rate: float = 0.1) -> Architecture:
        """Return a legal neighbour: each choice changes with probability ``rate``, at least one does.

        Returns the architecture itself only when the space has no other member in reach.
        """
        return variation.mutate(self, architecture, rng, rate)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Return a legal child: shape and blocks of each stage drawn from either parent."""
        return variation.crossover(self, first, second, rng)

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The genes: every place where the space leaves a choice."""
        return dimensions(self)

    @cached_property
    def fixed_values(self) -> dict[Key, Value]:
        """What is no gene, for the space leaves no choice there, by key."""
        return fixed_values(self)

    def encode(self, architecture: Architecture) -> np.ndarray:
        """Return the gene vector: int64 [len(dimensions)], index into the choices, -1 where inactive.

        Raises InputError when the architecture is not in the space.
        """
        return encode(self, architecture)

    def decode(self, genes: Sequence[int] | np.ndarray) -> Architecture:
        """Return the architecture of a gene vector; ``decode(encode(a)) == a``.

        Raises InputError for a wrong length, an index out of range, or an illegal combination.
        """
        return decode(self, genes)

    def nearest(self, genes: Sequence[int] | np.ndarray, rng: np.random.Generator) -> Architecture:
        """Return the legal network nearest to a gene vector whose choices may not go together; what is -1 is drawn."""
        chosen = completed(self, genes, rng)
        resolution = int(chosen["resolution",])
        stages = [stage_of(chosen, stage) for stage in self.at(resolution).stages]
        return variation.refit(self, stages, rng, resolution)


def _contains_stage(space: StageSpace, stage: Stage) -> bool:
    shape = Shape(stage.width, len(stage.blocks), stage.downsample)
    return stage.stride == space.stride and space.contains(shape, stage.blocks)


def _sides(
    resolution: int, stem: OpConfig, transitions: Sequence[tuple[Sequence[OpConfig | None], int]]
) -> tuple[int, ...]:
    """Return the feature side of each stage. Raises ValueError when its downsamplings do not agree on it."""
    side, sides = stem_side(resolution, stem), []
    for index, (downsamples, stride) in enumerate(transitions):
        found = {side if down is None else reduced(side, stride, down) for down in downsamples}
        if len(found) > 1:
            raise ValueError(f"stages[{index}]: the downsamplings leave different sides: {sorted(found)} pixels")
        (side,) = found
        sides.append(side)
    return tuple(sides)


@dataclass(frozen=True)
class StageParts:
    """The checked choices of one stage of a space file."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    stride: int
    downsamples: tuple[OpConfig | None, ...]
    slots: Any
    ties: tuple[Any, ...] = ()


def build_space(
    name: str,
    scale: str,
    summary: str,
    *,
    channels: int,
    resolutions: tuple[int, ...],
    layout: Layout,
    classes: int,
    ends: tuple[OpConfig, OpConfig],
    stages: Sequence[StageParts],
    rules: tuple[Expression, ...],
    source: str,
) -> SearchSpace:
    """Return a space from checked parts. Raises ValueError when the downsamplings of a stage leave different sides."""
    stem, head = ends
    sides = _sides(resolutions[0], stem, [(part.downsamples, part.stride) for part in stages])
    depth_rules = tuple(rule for rule in rules if TOTAL_DEPTH in rule.names)
    stage_rules = tuple(rule for rule in rules if TOTAL_DEPTH not in rule.names)
    spaces = tuple(
        StageSpace(
            i,
            side,
            part.stride,
            resolutions[0],
            part.widths,
            part.depths,
            part.downsamples,
            (part.slots,) * max(part.depths),
            stage_rules,
            part.ties,
        )
        for i, (part, side) in enumerate(zip(stages, sides, strict=True))
    )
    return SearchSpace(
        name, scale, summary, channels, resolutions, layout, classes, stem, head, spaces, depth_rules, source
    )
