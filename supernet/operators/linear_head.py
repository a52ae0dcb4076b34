"""Mean over positions, norm, linear classifier (arXiv:2201.03545)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from search_spaces import OpConfig
from supernet.elastic import ElasticLinear
from supernet.operators._module import OperatorModule, Place
from supernet.parts import make_norm, set_channels


class LinearHead(OperatorModule):
    """[N, width, S, S] to logits [N, classes]."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        self.norm = make_norm(config["norm"], place.inputs, config["norm_bias"])
        self.linear = ElasticLinear(place.inputs, place.outputs)
        self.before_pool = config["before_pool"]

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        set_channels(self.norm, inputs)
        self.linear.inputs = inputs

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x) if self.before_pool else x
        x = x.mean((2, 3), keepdim=True)
        return self.linear((x if self.before_pool else self.norm(x)).flatten(1))


MODULE = LinearHead
