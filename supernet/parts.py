"""Norms and activations by the names that words use, one of several active."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from search_spaces import OpConfig
from supernet.elastic import ElasticBatchNorm2d, ElasticGroupNorm, ElasticLayerNorm
from supernet.layers import SquaredReLU, StarReLU
from supernet.primitive import Configured

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "gelu_tanh": partial(nn.GELU, approximate="tanh"),
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "silu": nn.SiLU,
    "hard_swish": nn.Hardswish,
    "star_relu": StarReLU,
    "squared_relu": SquaredReLU,
    "tanh": nn.Tanh,
    "none": nn.Identity,
}


class Switch(Configured):
    """Modules by name, of which one is active; frozen, only that one is left."""

    def __init__(self, options: dict[str, nn.Module]):
        super().__init__()
        self.operators = nn.ModuleDict(options)
        self.active = next(iter(options))

    def configure(self, name: str, channels: int = 0) -> None:
        """Choose one; ``channels`` are those of a norm."""
        self.active = name
        set_channels(self.operators[name], channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.operators[self.active](x)


def set_channels(norm: Any, channels: int) -> None:
    """Choose the active channels of a norm; where no norm stands there is nothing to choose."""
    if hasattr(norm, "channels"):
        norm.channels = channels


def activations(configs: Sequence[OpConfig], parameter: str = "activation") -> Switch:
    """Return the activations that a parameter chooses from."""
    return Switch({name: ACTIVATIONS[name]() for name in dict.fromkeys(c[parameter] for c in configs)})


def norms(
    configs: Sequence[OpConfig], parameter: str, channels: int, *, zero: bool = False, bias: bool = True
) -> Switch:
    """Return the norms of maps [N, channels, H, W] that a parameter chooses from; ``zero``: weights start at 0."""
    switch = Switch({name: make_norm(name, channels, bias) for name in dict.fromkeys(c[parameter] for c in configs)})
    if zero:
        for norm in switch.operators.values():
            weight = getattr(norm, "weight", None)
            if weight is not None:
                nn.init.zeros_(weight)
    return switch


def start_branches_at_one(network: nn.Module) -> None:
    """Give norms that were made to start at zero a weight of one: no residual branch is silent at the start."""
    for module in network.modules():
        if isinstance(module, (ElasticBatchNorm2d, ElasticLayerNorm, ElasticGroupNorm)) and not module.weight.any():
            nn.init.ones_(module.weight)


def make_norm(name: str, channels: int, bias: bool = True) -> nn.Module:
    """Return an elastic norm of maps [N, channels, H, W]."""
    match name:
        case "batch_norm":
            return ElasticBatchNorm2d(channels)
        case "layer_norm":
            return ElasticLayerNorm(channels, spatial=True, bias=bias)
        case "group_norm":
            return ElasticGroupNorm(channels, bias=bias)
        case "none":
            return nn.Identity()
    raise ValueError(f"no norm {name!r}")
