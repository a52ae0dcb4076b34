"""The deploy form of a frozen network: branches merged, BatchNorm folded into the convolutions before it."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.utils import fusion


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


class DeployBlock(nn.Module):
    """x + f(x): a residual block whose parts are merged."""

    def __init__(self, *parts: nn.Module):
        super().__init__()
        self.body = nn.Sequential(*parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


def merge_block(block: Any) -> DeployBlock:
    """Merge each part of a frozen block, the norm into the mixer where that is a convolution, the layer scale
    into the last convolution."""
    mixer, norm, channel_mixer = _merge(block.mixer), _merge(block.norm), _merge(block.channel_mixer)
    parts: list[nn.Module] = [mixer, norm]
    if isinstance(mixer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
        parts = [fuse(mixer, norm)]
    parts += [_merge(block.gate), *_scale_last(channel_mixer, block.scale.weight)]
    return DeployBlock(*parts)


def _scale_last(channel_mixer: nn.Module, scale: torch.Tensor) -> list[nn.Module]:
    last = channel_mixer[-1] if isinstance(channel_mixer, nn.Sequential) else channel_mixer
    if not isinstance(last, nn.Conv2d) or last.bias is None:
        raise TypeError(f"a merged channel mixer ends in a convolution with bias, not in {type(last).__name__}")
    with torch.no_grad():
        last.weight *= scale.view(-1, 1, 1, 1)
        last.bias *= scale
    return [channel_mixer]
