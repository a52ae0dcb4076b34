"""Norms beyond those of torch.nn: BatchNorm with a linear share, norms with an activation inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from supernet import joint
from supernet.elastic import Elastic, ElasticBatchNorm2d


class RepBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm(x) + share * x (SLAB, arXiv:2405.11582)."""

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float | None = 0.1):
        super().__init__(channels, eps, momentum)
        self.share = nn.Parameter(torch.ones(1))

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + self.share * input

    @torch.no_grad()
    def merged(self) -> nn.Module:
        """Return one BatchNorm: the share goes into its factor and its bias."""
        state: Any = self
        plain: Any = nn.BatchNorm2d(self.num_features, self.eps, self.momentum).to(state.weight).eval()
        plain.weight.copy_(state.weight + self.share * (state.running_var + self.eps).sqrt())
        plain.bias.copy_(state.bias + self.share * state.running_mean)
        plain.running_mean.copy_(state.running_mean)
        plain.running_var.copy_(state.running_var)
        return plain


class ElasticRepBatchNorm2d(ElasticBatchNorm2d):
    """BatchNorm(x) + share * x over a prefix of the channels, in training blended with a LayerNorm.

    ``blend`` is the LayerNorm's part, which `pass_to_batch_norm` takes from 1 to 0. Evaluation and the frozen
    module are without it, so a network that is taken out before the end has a norm that it is not trained for.
    """

    def __init__(self, channels: int):
        super().__init__(channels)
        self.share = nn.Parameter(torch.ones(1))
        self.layer_weight, self.layer_bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.blend = 0.0

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x) + self.share * x
        return torch.lerp(y, self._layer_norm(x), self.blend) if self.training and self.blend else y

    def _layer_norm(self, x: Tensor) -> Tensor:
        c = self.channels
        y = F.layer_norm(x.permute(0, 2, 3, 1), (c,), self.layer_weight[:c], self.layer_bias[:c], self.eps)
        return y.permute(0, 3, 1, 2)

    def frozen(self) -> nn.Module:
        norm = RepBatchNorm2d(self.channels, self.eps, self.momentum)
        _copy(self, norm, self.channels, "weight", "bias", "running_mean", "running_var", "share")
        return norm


def pass_to_batch_norm(norms: Iterable[ElasticRepBatchNorm2d], done: float) -> None:
    """Blend progressive norms: LayerNorm alone at ``done`` 0, BatchNorm alone from 1 on (arXiv:2405.11582)."""
    for norm in norms:
        norm.blend = max(0.0, 1 - done)


class EvoNormB0(nn.Module):
    """x / max(s_batch, v * x + s_image) * weight + bias, s the deviations of a channel (arXiv:2004.02967).

    In evaluation the variance of the batch is the running one.
    """

    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-3, momentum: float = 0.1):
        super().__init__()
        self.weight, self.v = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.eps, self.momentum, self.channels = eps, momentum, channels

    def forward(self, x: Tensor) -> Tensor:
        weight, bias, v = (_along(t, self.channels) for t in (self.weight, self.bias, self.v))
        variance = running = _along(self.running_var, self.channels)
        if self.training:
            variance = joint.moments(x)[1].view(1, -1, 1, 1)
            values = x.numel() // x.shape[1] * joint.ranks()
            with torch.no_grad():
                running.lerp_(variance * (values / max(values - 1, 1)), self.momentum)
        within = (x.var((2, 3), unbiased=False, keepdim=True) + self.eps).sqrt()
        return x / torch.maximum((variance + self.eps).sqrt(), v * x + within) * weight + bias


class EvoNormS0(nn.Module):
    """x * sigmoid(v * x) / s_group * weight + bias, s the deviation of a group of channels (arXiv:2004.02967)."""

    def __init__(self, channels: int, groups: int, eps: float = 1e-5):
        super().__init__()
        self.weight, self.v = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps, self.groups, self.channels = eps, groups, channels

    def forward(self, x: Tensor) -> Tensor:
        weight, bias, v = (_along(t, self.channels) for t in (self.weight, self.bias, self.v))
        grouped = (x * (v * x).sigmoid()).unflatten(1, (self.groups, -1))
        variance = x.unflatten(1, (self.groups, -1)).var((2, 3, 4), unbiased=False, keepdim=True)
        return (grouped / (variance + self.eps).sqrt()).flatten(1, 2) * weight + bias


class ElasticEvoNormB0(EvoNormB0, Elastic):
    """A prefix of the channels is active."""

    def frozen(self) -> nn.Module:
        norm = EvoNormB0(self.channels, self.eps, self.momentum)
        _copy(self, norm, self.channels, "weight", "bias", "v", "running_var")
        return norm


class ElasticEvoNormS0(EvoNormS0, Elastic):
    """A prefix of the channels is active, in as many groups."""

    def frozen(self) -> nn.Module:
        norm = EvoNormS0(self.channels, self.groups, self.eps)
        _copy(self, norm, self.channels, "weight", "bias", "v")
        return norm


def _along(values: Tensor, channels: int) -> Tensor:
    """Return the first values as [1, channels, 1, 1], a view."""
    return values[:channels].view(1, -1, 1, 1)


def _copy(source: nn.Module, target: nn.Module, channels: int, *names: str) -> None:
    with torch.no_grad():
        for name in names:
            getattr(target, name).copy_(getattr(source, name)[:channels])
