"""A search space: sampling, counting and encoding of its architectures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from search_spaces import variation
from search_spaces.architecture import Architecture, Block, OpConfig, Stage, feature_sides
from search_spaces.encoding import Dimension, decode, dimensions, encode
from search_spaces.expressions import Expression
from search_spaces.stage import StageSpace, split


@dataclass(frozen=True)
class SearchSpace:
    """Every network that a space file allows at one scale, input size and number of classes."""

    name: str
    scale: str
    summary: str
    channels: int
    resolution: int
    classes: int
    stem: OpConfig
    downsample: OpConfig
    head: OpConfig
    stages: tuple[StageSpace, ...]
    source: str = ""

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
                positions=tuple({s: (c,) for s, c in block.slots().items()} for block in stage.blocks),
            )
            for i, (stage, side) in enumerate(zip(architecture.stages, architecture.sides, strict=True))
        )
        downs = [stage.downsample for stage in architecture.stages if stage.downsample]
        if len(set(downs)) > 1:
            raise ValueError("stages with different downsampling operators are not built yet")
        return cls(
            name="single",
            scale="",
            summary="one architecture",
            channels=architecture.channels,
            resolution=architecture.resolution,
            classes=architecture.classes,
            stem=architecture.stem,
            downsample=downs[0] if downs else OpConfig("conv_down", (("norm", "batch_norm"),)),
            head=architecture.head,
            stages=stages,
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that decides which networks are in the space."""
        stages = [
            {
                "stride": stage.stride,
                "widths": stage.widths,
                "depths": stage.depths,
                "positions": [
                    {slot: [config.to_dict() for config in configs] for slot, configs in position.items()}
                    for position in stage.positions
                ],
                "rules": [rule.text for rule in stage.rules],
            }
            for stage in self.stages
        ]
        ends = [op.to_dict() for op in (self.stem, self.downsample, self.head)]
        value = [self.channels, self.resolution, self.classes, ends, stages]
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

    def cardinality(self) -> int:
        """Return the exact number of architectures."""
        return prod(sum(stage.count(w, d) for w, d in stage.shapes()) for stage in self.stages)

    def contains(self, architecture: Architecture) -> bool:
        """Whether the architecture is a member of the space."""
        ends = (architecture.channels, architecture.resolution, architecture.classes)
        if ends != (self.channels, self.resolution, self.classes):
            return False
        if (architecture.stem, architecture.head) != (self.stem, self.head):
            return False
        if len(architecture.stages) != len(self.stages):
            return False
        return all(map(self._contains_stage, self.stages, architecture.stages))

    def _contains_stage(self, space: StageSpace, stage: Stage) -> bool:
        width, depth = stage.width, len(stage.blocks)
        down = None if space.index == 0 else self.downsample
        if (stage.stride, stage.downsample) != (space.stride, down) or (width, depth) not in space.shapes():
            return False
        return all(
            all(
                part in group
                for part, group in zip(split(block, space.groups), space.options(width, depth, j), strict=True)
            )
            for j, block in enumerate(stage.blocks)
        )

    def assemble(self, stages: Sequence[tuple[int, Sequence[Block]]]) -> Architecture:
        """Return the architecture of one (width, blocks) per stage."""
        built = tuple(
            Stage(width, space.stride, None if space.index == 0 else self.downsample, tuple(blocks))
            for space, (width, blocks) in zip(self.stages, stages, strict=True)
        )
        return Architecture(self.channels, self.resolution, self.classes, self.stem, built, self.head)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw one architecture: shapes uniformly, then per slot the operator, then its parameters."""
        return self.assemble([variation.sample_stage(stage, rng) for stage in self.stages])

    def largest(self) -> Architecture:
        """Return the network of the first-listed operators with the largest depths, widths and parameters."""
        return self.assemble([variation.extreme_stage(stage, largest=True) for stage in self.stages])

    def smallest(self, rng: np.random.Generator | None = None) -> Architecture:
        """Return the network of the last-listed operators with the smallest depths, widths and parameters.

        With ``rng`` the operators are drawn at random and only the sizes are the smallest.
        """
        return self.assemble([variation.extreme_stage(stage, largest=False, rng=rng) for stage in self.stages])

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


def build_space(
    name: str,
    scale: str,
    summary: str,
    *,
    channels: int,
    resolution: int,
    classes: int,
    ends: tuple[OpConfig, OpConfig, OpConfig],
    shapes: Sequence[tuple[tuple[int, ...], tuple[int, ...], int]],
    slots: Sequence[dict],
    rules: tuple[Expression, ...],
    source: str,
) -> SearchSpace:
    """Return a space from checked parts; ``shapes`` holds (widths, depths, stride) per stage."""
    stem, downsample, head = ends
    sides = feature_sides(resolution, stem["stride"], [stride for _, _, stride in shapes])
    stages = tuple(
        StageSpace(i, side, stride, resolution, widths, depths, (slots[i],) * max(depths), rules)
        for i, ((widths, depths, stride), side) in enumerate(zip(shapes, sides, strict=True))
    )
    return SearchSpace(name, scale, summary, channels, resolution, classes, stem, downsample, head, stages, source)
