"""Depthwise kernel with a smaller one and the identity beside it in training (arXiv:2101.03697, 2307.09283)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.branches import DepthwiseBranches
from supernet.operators._module import OperatorModule, Place


class RepDepthwise(OperatorModule):
    """Sum of depthwise k x k, a smaller depthwise kernel (each with BatchNorm) and the identity."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        kernel, branch = max(c["kernel"] for c in configs), max(c["branch"] for c in configs)
        self.depthwise = DepthwiseBranches(place.inputs, place.inputs, kernel, branch)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.depthwise.identity = config["identity"]
        self.depthwise.configure(inputs, outputs, config["kernel"], config["branch"])

    def forward(self, x: Tensor) -> Tensor:
        return self.depthwise(x)

    def merged(self) -> nn.Module:
        return self.depthwise.merged()


MODULE = RepDepthwise
