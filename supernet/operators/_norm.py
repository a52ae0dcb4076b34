"""What the norms of a block have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.operators._module import OperatorModule, Place
from supernet.parts import Switch


class NormModule(OperatorModule):
    """A norm of maps; each configuration has weights of its own."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__(place, configs)
        self.norm = Switch({_name(config): self.make(place.outputs, **dict(config.params)) for config in configs})

    @staticmethod
    @abstractmethod
    def make(channels: int, **params: Any) -> nn.Module:
        """Return the elastic primitive."""

    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        self.norm.configure(_name(config), outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)

    def merged(self) -> nn.Module:
        return self.norm


def _name(config: OpConfig) -> str:
    return "_".join(str(value).replace(".", "p") for _, value in config.params) or "norm"
