"""Attention rewritten as a feed-forward network over space (arXiv:2406.02021)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.convnorm import ConvNorm
from supernet.deploy import merge
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class FFNifiedAttention(OperatorModule):
    """1 x 1 convolution and BatchNorm, depthwise k1, activation, depthwise k2."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, branches = place.inputs, [config["branch"] for config in configs]
        options = {"norm": max(branches) > 0, "bias": min(branches) == 0}
        self.mix = ConvNorm(width, width, 1, norm="batch_norm", bias=False)
        self.first = DepthwiseBranches(width, width, max(c["k1"] for c in configs), max(branches), **options)
        self.activation = activations(configs)
        self.second = DepthwiseBranches(width, width, max(c["k2"] for c in configs), max(branches), **options)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        branch = config["branch"]
        self.mix.configure(inputs, outputs)
        self.first.configure(outputs, outputs, config["k1"], branch, norm=branch > 0, bias=branch == 0)
        self.second.configure(outputs, outputs, config["k2"], branch, norm=branch > 0, bias=branch == 0)
        self.activation.configure(config["activation"])

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.activation(self.first(self.mix(x))))

    def merged(self) -> nn.Module:
        """Return three convolutions with the activation before the last."""
        parts = (self.mix, self.first, self.activation, self.second)
        return nn.Sequential(*[layer for part in parts for layer in merge(part)])


MODULE = FFNifiedAttention
