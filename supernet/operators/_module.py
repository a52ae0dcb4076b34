"""What a module of an operator is."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from search_spaces import OpConfig


class OperatorModule(nn.Module):
    """An operator's module, composed of elastic primitives.

    It is built once for the largest ``width`` (channels) and every configuration of a space; ``configure``
    chooses one, and only `Supernet.activate` calls it. An operator that has a cheaper equal form when deployed
    defines ``merged() -> nn.Module``, called on its frozen copy in evaluation mode.
    """

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the active configuration and the active channels."""
        raise TypeError(f"{type(self).__name__} does not define configure")

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, width, H, W] to the same shape."""
        raise TypeError(f"{type(self).__name__} does not define forward")
