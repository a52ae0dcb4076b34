"""The two 1 x 1 convolutions as mixtures of experts (arXiv:1904.04971)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.experts import Experts, pointwise
from supernet.operators._module import OperatorModule, Place
from supernet.parts import activations


class ConditionalMLP(OperatorModule):
    """Expand, activate, project with weights of every image's own, without biases."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        width, experts = place.inputs, max(config["experts"] for config in configs)
        hidden = max(int(width * config["expansion"]) for config in configs)
        self.expand = Experts(experts, width, (hidden, width), (hidden + width) // 2)
        self.activation = activations(configs)
        self.project = Experts(experts, hidden, (width, hidden), (hidden + width) // 2)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = int(inputs * config["expansion"])
        self.expand.configure(config["experts"], inputs, hidden, inputs)
        self.activation.configure(config["activation"])
        self.project.configure(config["experts"], hidden, outputs, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(pointwise(x, self.expand(x)))
        return pointwise(x, self.project(x))


MODULE = ConditionalMLP
