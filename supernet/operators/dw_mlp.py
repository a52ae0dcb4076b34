"""Depthwise convolution, then the two 1 x 1 convolutions (arXiv:2406.02021)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.deploy import merge
from supernet.operators._module import OperatorModule, Place
from supernet.operators.mlp import MLP


class DepthwiseMLP(OperatorModule):
    """Depthwise convolution with BatchNorm (and a parallel branch), expand, activate, project."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel, branch = max(c["kernel"] for c in configs), max(c["branch"] for c in configs)
        self.depthwise = DepthwiseBranches(place.inputs, place.inputs, kernel, branch)
        self.mlp = MLP(place, configs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.depthwise.configure(inputs, inputs, config["kernel"], config["branch"])
        self.mlp.configure(config, inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(self.depthwise(x))

    def merged(self) -> nn.Module:
        """Return one depthwise convolution and the merged MLP."""
        return nn.Sequential(*merge(self.depthwise), *merge(self.mlp))


MODULE = DepthwiseMLP
