"""Mean over positions and a classifier of two linear layers (arXiv:2210.13452, 2303.16900)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticLayerNorm, ElasticLinear
from supernet.operators._module import OperatorModule, Place
from supernet.parts import ACTIVATIONS, set_channels


class MlpHead(OperatorModule):
    """[N, width, S, S] to logits [N, classes]; hidden features are a multiple of the active width."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        (config,) = configs
        hidden = _hidden(config, place.inputs)
        self.before = _norm(config["before"], place.inputs)
        self.expand = ElasticLinear(place.inputs, hidden)
        self.activation = ACTIVATIONS[config["activation"]]()
        self.norm = _norm(config["norm"], hidden)
        self.classify = ElasticLinear(hidden, place.outputs)

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        hidden = _hidden(config, inputs)
        self.expand.inputs, self.expand.outputs = inputs, hidden
        self.classify.inputs = hidden
        set_channels(self.before, inputs)
        set_channels(self.norm, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x.mean((2, 3)))
        return self.classify(self.norm(self.activation(self.expand(x))))


def _hidden(config: OpConfig, inputs: int) -> int:
    return max(1, int(inputs * config["expansion"]))


def _norm(name: str, channels: int) -> nn.Module:
    return ElasticLayerNorm(channels, spatial=False) if name == "layer_norm" else nn.Identity()


MODULE = MlpHead
