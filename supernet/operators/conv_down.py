"""One convolution between two stages (arXiv:2311.15599)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.convnorm import ConvNorm
from supernet.operators._module import OperatorModule, Place


class ConvDown(OperatorModule):
    """[N, inputs, S, S] to [N, outputs, S', S']; each configuration has weights of its own."""

    masks = frozenset({"width"})

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.convs = nn.ModuleDict({_name(config): _conv(place, config) for config in configs})
        self.active = _name(configs[0])

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.active = _name(config)
        conv: Any = self.convs[self.active]
        conv.configure(inputs, outputs)

    def prune(self) -> None:
        """Forget the other configurations; called on a frozen copy."""
        self.convs = nn.ModuleDict({self.active: self.convs[self.active]})

    def forward(self, x: Tensor) -> Tensor:
        return self.convs[self.active](x)


def _conv(place: Place, config: OpConfig) -> ConvNorm:
    padding = None if config["padding"] < 0 else config["padding"]
    kernel = (1, config["kernel"]) if place.sequence else config["kernel"]
    return ConvNorm(
        place.inputs,
        place.outputs,
        kernel,
        (1, place.stride) if place.sequence else place.stride,
        before=config["before"],
        norm=config["norm"],
        bias=config["bias"],
        norm_bias=config["norm_bias"],
        padding=(0, padding) if place.sequence and padding is not None else padding,
    )


def _name(config: OpConfig) -> str:
    return "_".join(str(value) for _, value in config.params)


MODULE = ConvDown
