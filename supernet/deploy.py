"""The deploy form of a frozen network: branches merged, BatchNorm folded into the convolutions before it."""

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
    return fusion.fuse_conv_bn_eval(conv, norm)


def deploy(network: nn.Module) -> nn.Module:
    """Return a merged copy in evaluation mode; its outputs equal those of ``network.eval()``."""
    return _merge(copy.deepcopy(network).eval()).requires_grad_(False)


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
    """Fold every BatchNorm into the convolution right before it."""
    folded: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d) and folded and _foldable(folded[-1], layer):
            folded[-1] = fuse(folded[-1], layer)
        else:
            folded.append(layer)
    return folded


def _foldable(conv: nn.Module, norm: nn.BatchNorm2d) -> bool:
    return type(conv) is nn.Conv2d and conv.out_channels == norm.num_features


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
