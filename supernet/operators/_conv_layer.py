"""One elastic convolution with the norm and the activation after it, as a layer of a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from supernet.deploy import fold_norms, merge
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d, Pair
from supernet.parts import ACTIVATIONS, Switch, make_norm


class Layer(NamedTuple):
    """What a configuration asks of one layer.

    A norm takes the place of the convolution's bias, unless the layer is ``biased``.
    """

    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    activation: str = "none"
    norm: str = "batch_norm"
    biased: bool = False

    @property
    def bias(self) -> bool:
        """Whether the convolution has a bias."""
        return self.biased or self.norm == "none"

    @property
    def depthwise(self) -> bool:
        """Whether each channel has a filter of its own."""
        return self.groups == self.inputs == self.outputs


class ConvLayer(nn.Module):
    """Holds every one of several layers: prefixes of channels, centres of kernels, prefixes of a group's inputs."""

    def __init__(self, layers: Sequence[Layer], sequence: bool = False):
        super().__init__()
        self.sequence = sequence
        self.conv = _conv(layers, sequence)
        width = max(layer.outputs for layer in layers)
        self.norm = Switch({name: make_norm(name, width) for name in dict.fromkeys(one.norm for one in layers)})
        names = dict.fromkeys(layer.activation for layer in layers)
        self.activation = Switch({name: ACTIVATIONS[name]() for name in names})

    def configure(self, layer: Layer) -> None:
        """Choose one of the layers or a narrower one."""
        kernel = along(layer.kernel, self.sequence)
        if isinstance(self.conv, ElasticDepthwiseConv2d):
            self.conv.configure(layer.outputs, kernel)
        else:
            self.conv.configure(layer.inputs, layer.outputs, kernel, layer.groups, layer.bias)
        self.norm.configure(layer.norm, layer.outputs)
        self.activation.configure(layer.activation)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(x)))

    def merged(self) -> nn.Module:
        """Return the layers with BatchNorm folded into the convolution."""
        return nn.Sequential(*fold_norms([*merge(self.conv), *merge(self.norm), *merge(self.activation)]))


def along(kernel: int, sequence: bool) -> Pair:
    """Return the sides of a kernel: square on images, one row on sequences."""
    return (1 if sequence else kernel, kernel)


def _conv(layers: Sequence[Layer], sequence: bool) -> ElasticConv2d | ElasticDepthwiseConv2d:
    inputs, outputs = (max(getattr(layer, name) for layer in layers) for name in ("inputs", "outputs"))
    kernel, stride = along(max(layer.kernel for layer in layers), sequence), layers[0].stride
    if all(layer.depthwise for layer in layers):
        return ElasticDepthwiseConv2d(outputs, kernel, stride=stride)
    # A filter is as deep as the deepest group.
    depth = max(layer.inputs // layer.groups for layer in layers)
    bias = any(layer.bias for layer in layers)
    return ElasticConv2d(inputs, outputs, kernel, stride, bias, groups=inputs // depth)
