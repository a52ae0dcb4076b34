"""The parameters that blocks of convolutions share: kernel, activation at the end, shortcut, attention inside."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import ACTIVATIONS, activation
from search_spaces.operators._words import Parameter

SHORTCUTS = ("none", "same", "conv", "pool")
KERNEL_FITS = Expression("kernel <= 2 * side - 1")


def kernel(default: int = 3) -> Parameter:
    """Return the side of the kernel of the convolution over positions."""
    return Parameter("kernel", "side of the kernel in taps", low=1, high=63, odd=True, default=default)


def expansion(default: float) -> Parameter:
    """Return the ratio of hidden channels to those that enter."""
    summary = (
        "hidden channels / channels that enter, rounded; at 1 there is no 1 x 1 convolution before the hidden ones"
    )
    return Parameter("expansion", summary, low=0.25, high=16, integer=False, default=default)


def closing(default: str = "none") -> Parameter:
    """Return the activation at the end of a block."""
    return Parameter("closing", "activation at the end, after the shortcut", values=ACTIVATIONS, default=default)


def shortcut(default: str) -> Parameter:
    """Return the block's own shortcut."""
    return Parameter(
        "shortcut",
        "same: the input is added where the block keeps its shape; conv, pool: where it does not, a 1 x 1 convolution "
        "at the stride, or average pooling and a 1 x 1 convolution (He et al., arXiv:1812.01187), stands in between",
        values=SHORTCUTS,
        default=default,
    )


# Squeeze-and-excitation of the hidden channels, as wide as the channels that enter ask (EfficientNet).
EXCITATION = (
    Parameter(
        "se",
        "channels inside squeeze-and-excitation / channels that enter, rounded; 0 for none",
        low=0,
        high=8,
        integer=False,
        default=0,
    ),
    Parameter("se_norm", "after both layers of the excitation", values=("none", "batch_norm"), default="none"),
)


def mobile(default_activation: str = "relu6") -> tuple[Parameter, ...]:
    """Return what the blocks of mobile networks have in common after their own parameters."""
    return (
        activation("after every convolution but the last", default=default_activation),
        *EXCITATION,
        shortcut("same"),
        closing(),
    )


def residual() -> tuple[Parameter, ...]:
    """Return what the blocks of residual networks have in common after their own parameters."""
    return (
        activation("between the convolutions", default="relu"),
        Parameter(
            "gate", "of the channels, before the shortcut is added", values=("none", "se", "eca"), default="none"
        ),
        Parameter("reduction", "squeeze-and-excitation has width // reduction channels", low=1, high=64, default=16),
        Parameter("gate_kernel", "taps over channels of the eca gate", low=1, high=15, odd=True, default=3),
        shortcut("conv"),
        closing("relu"),
    )
