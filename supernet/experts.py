"""Weights that are mixed from experts for every image (CondConv, arXiv:1904.04971)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from supernet.elastic import ElasticLinear
from supernet.table import ElasticTable


class Experts(nn.Module):
    """Experts [experts, *shape]; an image's weight is their sum, each times a sigmoid of its pooled channels.

    Fewer experts are the first ones. Mixing weights rather than results keeps the cost near that of one expert.
    """

    def __init__(self, experts: int, channels: int, shape: Sequence[int], fan: int, centred: int = 0):
        super().__init__()
        self.route = ElasticLinear(channels, experts)
        # Sigmoids start at one half, so the sum of the experts has about the variance of one weight.
        self.weights = ElasticTable((experts, *shape), centred=centred, std=2 * (2.0 / (fan * experts)) ** 0.5)

    def configure(self, experts: int, channels: int, *shape: int) -> None:
        """Choose the number of experts, the channels and the sides of a weight."""
        self.route.inputs, self.route.outputs = channels, experts
        self.weights.configure(experts, *shape)

    def forward(self, x: Tensor) -> Tensor:
        """Return the weight [N, *shape] of every image of x [N, channels, H, W]."""
        shares, weights = self.route(x.mean((2, 3))).sigmoid(), self.weights()
        return (shares @ weights.flatten(1)).unflatten(1, weights.shape[1:])


def pointwise(x: Tensor, weights: Tensor) -> Tensor:
    """Apply a 1 x 1 convolution [N, outputs, inputs] of its own to every image of x [N, inputs, H, W]."""
    return torch.bmm(weights, x.flatten(2)).unflatten(2, x.shape[2:])
