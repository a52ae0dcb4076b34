"""The deploy form of a frozen network: branches merged, BatchNorm folded into the convolutions beside it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import fusion

from supernet.layers import ChannelScale


def fuse(conv: Any, norm: Any) -> nn.Conv2d:
    """Return one convolution equal to a frozen convolution followed by its BatchNorm (both in evaluation mode)."""
    return fusion.fuse_conv_bn_eval(conv.eval(), norm.eval())  # a merged convolution is new, hence in train mode


def fuse_ahead(norm: Any, conv: Any) -> nn.Conv2d:
    """Return one convolution equal to a BatchNorm followed by a convolution without padding, which is changed.

    (Zeros of a padding come after the norm; they would have to become the values that the norm maps to zero.)
    """
    with torch.no_grad():
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        shift = norm.bias - norm.running_mean * scale
        per_output = conv.out_channels // conv.groups
        scale, shift = (
            value.view(conv.groups, -1).repeat_interleave(per_output, 0)[:, :, None, None] for value in (scale, shift)
        )
        bias = (conv.weight * shift).sum((1, 2, 3))
        conv.bias = nn.Parameter(bias if conv.bias is None else bias + conv.bias)
        conv.weight.mul_(scale)
    return conv


def deploy(network: nn.Module) -> nn.Module:
    """Return a merged copy in evaluation mode; its outputs equal those of ``network.eval()``."""
    return deploy_in_place(copy.deepcopy(network))


def deploy_in_place(network: nn.Module) -> nn.Module:
    """Return the merged form of a network that nobody needs afterwards: its parts are used and changed."""
    return _merge(network.eval()).requires_grad_(False)


def _merge(module: nn.Module) -> nn.Module:
    merged = getattr(module, "merged", None)
    if merged is not None:
        return merged()
    for name, child in module.named_children():
        setattr(module, name, _merge(child))
    return module


def merge(module: nn.Module) -> list[nn.Module]:
    """Return the layers that a frozen module becomes when merged, in their order; an empty place has none."""
    done = _merge(module)
    layers = [inner for layer in done for inner in merge(layer)] if isinstance(done, nn.Sequential) else [done]
    return [layer for layer in layers if not is_empty(layer)]


def is_empty(module: nn.Module) -> bool:
    """Whether a module does nothing: an empty slot, no norm, no activation."""
    return isinstance(module, nn.Identity) or bool(getattr(module, "empty", False))


def fold_norms(layers: Sequence[nn.Module]) -> list[nn.Module]:
    """Fold every BatchNorm into the convolution right before it, else into one without padding right after it."""
    folded: list[nn.Module] = []
    for layer in layers:
        last = folded[-1] if folded else None
        if isinstance(layer, nn.BatchNorm2d) and type(last) is nn.Conv2d and last.out_channels == layer.num_features:
            folded[-1] = fuse(last, layer)
        elif type(layer) is nn.Conv2d and isinstance(last, nn.BatchNorm2d) and layer.padding == (0, 0):
            folded[-1] = fuse_ahead(last, layer)
        else:
            folded.append(layer)
    return folded


def scale_last(layers: Sequence[nn.Module], scale: ChannelScale) -> list[nn.Module]:
    """Fold a layer scale into the last of ``layers`` when that is a convolution; else it comes after."""
    if not layers or type(layers[-1]) is not nn.Conv2d:
        return [*layers, scale]
    last: Any = layers[-1]
    with torch.no_grad():
        last.weight.mul_(scale.weight.view(-1, 1, 1, 1))
        if last.bias is not None:
            last.bias.mul_(scale.weight)
    return list(layers)


class Residual(nn.Module):
    """shortcut(x) + body(x): a residual branch whose parts are merged."""

    def __init__(self, shortcut: nn.Module | None, *layers: nn.Module):
        super().__init__()
        self.shortcut = shortcut
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return (x if self.shortcut is None else self.shortcut(x)) + y


class Repeated(nn.Module):
    """A module applied several times in a row."""

    def __init__(self, body: nn.Module, times: int):
        super().__init__()
        self.body, self.times = body, times

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = self.body(x)
        return x
