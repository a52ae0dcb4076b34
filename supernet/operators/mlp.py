"""Two 1 x 1 convolutions with an activation, optional GRN, and a closing BatchNorm (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import fuse
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d, ElasticGRN
from supernet.layers import GRN
from supernet.operators._module import OperatorModule

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "hard_swish": nn.Hardswish,
}


class MLP(OperatorModule):
    """Expand, activate, (GRN,) project, normalise. The closing norm starts at zero: a block starts as identity."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__(width, configs)
        hidden = width * max(config["expansion"] for config in configs)
        self.expand = ElasticConv2d(width, hidden)
        names = sorted({config["activation"] for config in configs})
        self.activations = nn.ModuleDict({name: ACTIVATIONS[name]() for name in names})
        self.grn = ElasticGRN(hidden) if any(config["grn"] for config in configs) else None
        self.project = ElasticConv2d(hidden, width, bias=False)
        self.norm = ElasticBatchNorm2d(width)
        nn.init.zeros_(self.norm.weight)
        self.activation, self.use_grn = names[0], self.grn is not None

    def configure(self, config: OpConfig, width: int) -> None:
        hidden = width * config["expansion"]
        self.expand.inputs, self.expand.outputs = width, hidden
        self.project.inputs, self.project.outputs = hidden, width
        self.norm.channels = width
        self.activation, self.use_grn = config["activation"], config["grn"]
        if self.grn is not None:
            self.grn.channels = hidden

    def prune(self) -> None:
        """Forget the activations and the GRN that are not active; called on a frozen copy."""
        self.activations = nn.ModuleDict({self.activation: self.activations[self.activation]})
        self.grn = self.grn if self.use_grn else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.activations[self.activation](self.expand(x))
        if self.use_grn and self.grn is not None:
            x = self.grn(x)
        return self.norm(self.project(x))

    def merged(self) -> nn.Module:
        """Return expand, activation, (GRN without bias,) and one convolution for project, norm and GRN bias."""
        project = fuse(self.project, self.norm)
        assert project.bias is not None
        layers: list[nn.Module] = [self.expand, self.activations[self.activation]]
        if isinstance(self.grn, GRN):
            with torch.no_grad():
                project.bias.add_(project.weight[:, :, 0, 0] @ self.grn.bias)
            layers.append(_without_bias(self.grn))
        return nn.Sequential(*layers, project)


def _without_bias(grn: GRN) -> GRN:
    plain = GRN(grn.weight.numel(), bias=False)
    plain.weight = grn.weight
    return plain


MODULE = MLP
