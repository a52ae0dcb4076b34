"""The shortcut that a block brings itself: the input, or a projection of it where the block changes its shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn

from supernet.operators._conv_layer import ConvLayer, Layer, along
from supernet.operators._module import Place
from supernet.parts import Switch

PROJECTIONS = ("conv", "pool")


class Shortcut(Switch):
    """From the input of a block to what is added to its output."""

    def __init__(self, place: Place, kinds: Iterable[str]):
        projections = {kind for kind in kinds if kind in PROJECTIONS} if place.reshapes else set()
        options: dict[str, nn.Module] = {"same": nn.Identity()}
        super().__init__(options | {kind: _projection(place, kind) for kind in sorted(projections)})
        self.stride = place.stride

    def choose(self, kind: str, inputs: int, outputs: int) -> bool:
        """Choose a kind and the active channels; return whether there is anything to add."""
        keeps = self.stride == 1 and inputs == outputs
        if keeps or kind not in PROJECTIONS:
            self.configure("same")
            return keeps and kind != "none"
        self.configure(kind)
        projection: Any = self.operators[kind]
        projection[-1].configure(Layer(inputs, outputs))
        return True


def _projection(place: Place, kind: str) -> nn.Sequential:
    """Return [average pooling,] 1 x 1 convolution and BatchNorm at the place's stride."""
    stride = 1 if kind == "pool" else place.stride
    conv = ConvLayer([Layer(place.inputs, place.outputs, stride=stride)], place.sequence)
    if stride == place.stride:
        return nn.Sequential(conv)
    window = along(place.stride, place.sequence)
    return nn.Sequential(nn.AvgPool2d(window, window, ceil_mode=True, count_include_pad=False), conv)
