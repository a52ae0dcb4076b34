"""Effectiveness: depth over mean width (Shen et al., DeepMAD, CVPR 2023, arXiv:2303.02165)."""

from __future__ import annotations

from statistics import geometric_mean

from predictors.zero_cost._layers import places
from predictors.zero_cost._score import Batch, Score
from search_spaces import Architecture, InputError


class DeepMadRho(Score):
    """Layers on the longest way, over the geometric mean of their widths; the classifier is no layer.

    The paper bounds it from above, to 0.3 for bottlenecks and 0.5 for mobile blocks: a network beyond is too deep for
    its width to be trained well. As a score of its own it says no more than depth does.
    """

    def _value(self, architecture: Architecture, batch: Batch | None, seed: int) -> float:
        widths = places(architecture)[-1].widths[:-1]
        if not widths:
            raise InputError(f"network {architecture.digest[:12]} has no layer before its classifier")
        return len(widths) / geometric_mean(widths)
