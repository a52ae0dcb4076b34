"""Parameters that many operators have."""

from __future__ import annotations

from collections.abc import Mapping

from search_spaces.expressions import Expression
from search_spaces.operators._words import Parameter, Value

ACTIVATIONS = (
    *("gelu", "gelu_tanh", "relu", "relu6", "silu", "hard_swish"),
    *("star_relu", "squared_relu", "tanh", "none"),
)
NORMS = ("batch_norm", "layer_norm", "group_norm", "none")


def activation(summary: str, default: str = "gelu", name: str = "activation") -> Parameter:
    """Return the choice of an activation (StarReLU: Yu et al., arXiv:2210.13452; gelu_tanh approximates GELU)."""
    return Parameter(name, summary, values=ACTIVATIONS, default=default)


def norm(summary: str, default: str = "batch_norm", name: str = "norm") -> Parameter:
    """Return the choice of a norm; group_norm has one group (Wu and He, arXiv:1803.08494)."""
    return Parameter(name, summary, values=NORMS, default=default)


def bias(summary: str, default: bool) -> Parameter:
    """Return whether a convolution or linear layer has a bias."""
    return Parameter("bias", summary, values=(False, True), default=default)


def expansion(summary: str = "hidden channels / width", high: float = 16) -> Parameter:
    """Return the ratio of hidden channels to the width, rounded down to whole channels."""
    return Parameter("expansion", summary, low=0.25, high=high, integer=False)


HIDDEN_CHANNELS = Expression("width * expansion >= 1")


def branch(summary: str, default: int) -> Parameter:
    """Return the side of a parallel kernel in training, merged when deployed (Ding et al., arXiv:2101.03697)."""
    return Parameter("branch", f"side of a parallel kernel in training {summary}", values=(0, 1, 3, 5), default=default)


def convolved(side: int, stride: int, values: Mapping[str, Value]) -> int:
    """Return the side that a convolution of ``kernel`` leaves, padded by ``padding`` (-1: half the kernel)."""
    kernel, padding = int(values["kernel"]), int(values.get("padding", -1))
    return (side + 2 * (kernel // 2 if padding < 0 else padding) - kernel) // stride + 1


def padding() -> Parameter:
    """Return the zeros on each side of a convolution."""
    return Parameter("padding", "rows of zeros on each side; -1 for half the kernel", low=-1, high=15, default=-1)


def stem_width() -> Parameter:
    """Return the channels of a stem, which a first stage with a downsampling of its own needs."""
    return Parameter("width", "channels that leave it; 0 for those of the first stage", low=0, high=4096, default=0)
