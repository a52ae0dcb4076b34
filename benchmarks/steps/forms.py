"""One subnet in other forms: frozen with our depthwise convolution, and with weights sliced as once-for-all does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search_spaces import Architecture
from supernet import Supernet
from supernet.depthwise import depthwise_conv2d
from supernet.elastic import Elastic


class OurDepthwise(nn.Module):
    """A frozen depthwise convolution that is computed as the supernet computes it."""

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.weight, self.bias, self.dilation = conv.weight, conv.bias, conv.dilation[0]

    def forward(self, x: Tensor) -> Tensor:
        return depthwise_conv2d(x, self.weight, self.bias, self.dilation)


def with_our_depthwise(frozen: nn.Module) -> nn.Module:
    """Return a copy of the network with every depthwise convolution computed as in the supernet."""

    def ours(layer: nn.Module) -> nn.Module:
        if isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels > 1 and layer.stride == (1, 1):
            return OurDepthwise(layer)
        return layer

    return _changed(copy.deepcopy(frozen), ours)


class Sliced(nn.Module):
    """A layer that holds the full weight and slices what is active in every pass (once-for-all, arXiv:1908.09791)."""

    def __init__(self, layer: Any, full: Any):
        super().__init__()
        self.layer, self.shape = (layer,), layer.weight.shape  # in a tuple: its parameters are not trained
        self.weight = nn.Parameter(full.weight.detach().clone())
        self.bias = None if layer.bias is None else nn.Parameter(full.bias.detach().clone())

    def active(self) -> tuple[Tensor, Tensor | None]:
        """Return the active weight, contiguous as once-for-all makes it, and the active bias."""
        outputs, *inputs = self.shape[:2]
        weight = self.weight[(slice(outputs), *map(slice, inputs))]
        if weight.shape != self.shape:
            step = self.layer[0].dilation[0] if weight.shape[1] == 1 else 1
            taps = (_centre(f, k, step) for f, k in zip(weight.shape[2:], self.shape[2:], strict=True))
            weight = weight[(..., *taps)]
        return weight.contiguous(), None if self.bias is None else self.bias[:outputs]

    def forward(self, x: Tensor) -> Tensor:
        layer, (weight, bias) = self.layer[0], self.active()
        if isinstance(layer, nn.BatchNorm2d):
            return F.batch_norm(x, layer.running_mean, layer.running_var, weight, bias, True)
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, bias)
        return F.conv2d(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)


def _centre(full: int, kernel: int, step: int) -> slice:
    half = step * (kernel // 2)
    return slice(full // 2 - half, full // 2 + half + 1, step)


def sliced(supernet: Supernet, architecture: Architecture, images: Tensor) -> nn.Module:
    """Return the subnet with every convolution, linear layer and BatchNorm sliced from its full weight.

    ``images`` [N,C,R,R] tell in which order its layers are called.
    """
    frozen, kinds = supernet.extract(architecture).train(), (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
    with supernet.activate(architecture):
        full = [layer for layer in _called(supernet, Elastic, images) if isinstance(_frozen(layer), kinds)]
    pairs = dict(zip(_called(frozen, kinds, images), full, strict=True))
    return _changed(frozen, lambda layer: Sliced(layer, pairs[layer]) if layer in pairs else layer)


def _frozen(layer: Any) -> nn.Module:
    return layer.frozen()


def _called(network: nn.Module, kinds: type | tuple[type, ...], images: Tensor) -> list[nn.Module]:
    """Return the layers of some kinds in the order in which a pass calls them."""
    found: list[nn.Module] = []
    layers = [layer for layer in network.modules() if isinstance(layer, kinds)]
    hooks = [layer.register_forward_hook(lambda layer, *_: found.append(layer)) for layer in layers]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return found


def _changed(module: nn.Module, change: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """Replace every layer of a network by what ``change`` makes of it."""
    for name, child in module.named_children():
        setattr(module, name, _changed(child, change) if list(child.children()) else change(child))
    return module
