"""Two 1 x 1 convolutions whose weights are sums of Kronecker products (arXiv:2110.04176)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.deploy import merge
from supernet.hypercomplex import ElasticHypercomplexConv2d
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class HypercomplexMLP(OperatorModule):
    """Expand, activate, project; every dimension of the algebra has weights of its own."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        dimensions = sorted({config["n"] for config in configs})
        pairs = {n: _pair(place.inputs, n, [c for c in configs if c["n"] == n]) for n in dimensions}
        self.expand = nn.ModuleDict({str(n): pair[0] for n, pair in pairs.items()})
        self.activation = activations(configs)
        self.project = nn.ModuleDict({str(n): pair[1] for n, pair in pairs.items()})
        self.active = str(dimensions[0])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.active, hidden = str(config["n"]), _hidden(config, inputs)
        expand: Any = self.expand[self.active]
        project: Any = self.project[self.active]
        expand.configure(inputs, hidden)
        self.activation.configure(config["activation"])
        project.configure(hidden, outputs)

    def prune(self) -> None:
        """Forget the weights of other algebras; called on a frozen copy."""
        self.expand = nn.ModuleDict({self.active: self.expand[self.active]})
        self.project = nn.ModuleDict({self.active: self.project[self.active]})

    def forward(self, x: Tensor) -> Tensor:
        return self.project[self.active](self.activation(self.expand[self.active](x)))

    def merged(self) -> nn.Module:
        """Return two plain convolutions with the activation between them."""
        parts = (self.expand[self.active], self.activation, self.project[self.active])
        return nn.Sequential(*[layer for part in parts for layer in merge(part)])


def _pair(width: int, n: int, configs: Sequence[OpConfig]) -> tuple[nn.Module, nn.Module]:
    """Return expansion and projection of one algebra."""
    width, hidden = width // n * n, max(_hidden(config, width) for config in configs)
    return ElasticHypercomplexConv2d(width, hidden, 1, n), ElasticHypercomplexConv2d(hidden, width, 1, n)


def _hidden(config: OpConfig, width: int) -> int:
    return int(width * config["expansion"]) // config["n"] * config["n"]


MODULE = HypercomplexMLP
