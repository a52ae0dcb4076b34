"""The entropy of a network's structure (Shen et al., DeepMAD, CVPR 2023, arXiv:2303.02165)."""

from __future__ import annotations

import math

import numpy as np

from predictors.zero_cost._layers import Place, places
from predictors.zero_cost._score import Batch, Score
from search_spaces import Architecture

_LAST = 8.0  # weight of the last level's entropy; the others weigh 1
_UNEVEN = 10.0  # of the penalty of uneven depths


class DeepMadEntropy(Score):
    """Sum over levels of a H, less 10 exp(s), s the deviation of the depths of the stages in blocks.

    H = log(side^2 channels) x sum of log(width) / 2 over the layers up to the level's end, width = inputs taps /
    groups of a layer; a level ends where the next stage reduces the map, a is 8 for the last one and 1 otherwise. The
    head is left out. Linear layers count as 1 x 1 convolutions: the paper knows convolutions alone.
    """

    def _value(self, architecture: Architecture, batch: Batch | None, seed: int) -> float:
        entropies = [_entropy(place) for place in _levels(places(architecture)[:-1])]
        depths = [len(stage.blocks) + (stage.downsample is not None) for stage in architecture.stages]
        return sum(entropies) + (_LAST - 1) * entropies[-1] - _UNEVEN * math.exp(float(np.std(depths)))


def _levels(found: list[Place]) -> list[Place]:
    """Return the last place of every size of the map."""
    return list({place.positions: place for place in found}.values())


def _entropy(place: Place) -> float:
    return math.log(place.positions * place.channels) * sum(math.log(width) for width in place.widths) / 2
