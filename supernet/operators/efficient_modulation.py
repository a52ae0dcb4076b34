"""Efficient modulation (arXiv:2403.19963)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parallel import ParallelConvs
from supernet.parts import activations


class EfficientModulation(OperatorModule):
    """[N, width, H, W]: project(expanded * context), the context repeated for each multiple of the width."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        hidden = place.inputs * max(config["expansion"] for config in configs)
        self.modulated = _Modulated(place.inputs, configs)
        self.project = ElasticConv2d(hidden, place.outputs, bias=any(config["bias"] for config in configs))

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.modulated.configure(config, inputs)
        self.project.configure(inputs * config["expansion"], outputs, bias=config["bias"])

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.modulated(x))

    def merged(self) -> nn.Module:
        """Return the modulation with the convolutions that read its input joined, and the projection."""
        return nn.Sequential(*merge(self.modulated), self.project)


class _Modulated(nn.Module):
    """expanded * context. Hidden channels are in ``copies`` runs of the width; fewer are the first runs."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        self.copies, kernel = max(c["expansion"] for c in configs), max(c["kernel"] for c in configs)
        self.maps = ParallelConvs(width, (width * self.copies, width), any(config["bias"] for config in configs))
        self.activation = activations(configs)
        self.depthwise = ElasticDepthwiseConv2d(width, (kernel, kernel), bias=True)
        self.context = ElasticConv2d(width, width)

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the expansion, the context's kernel and the active channels."""
        self.copies = config["expansion"]
        self.maps.configure(width, (width * self.copies, width), config["bias"])
        self.activation.configure(config["activation"])
        self.depthwise.configure(width, (config["kernel"],) * 2)
        self.context.configure(width, width)

    def forward(self, x: Tensor) -> Tensor:
        expanded, context = self.maps(x)
        context = self.context(self.activation(self.depthwise(context)))
        if self.copies == 1:
            return expanded * context
        runs = self.activation(expanded).unflatten(1, (self.copies, -1))
        return (runs * context.unsqueeze(1)).flatten(1, 2)


MODULE = EfficientModulation
