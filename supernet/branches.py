"""A depthwise convolution with smaller parallel branches in training, one convolution when deployed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from supernet.deploy import fuse
from supernet.elastic import ElasticBatchNorm2d, ElasticConv2d, ElasticDepthwiseConv2d


class DepthwiseBranches(nn.Module):
    """Depthwise k x k, a parallel smaller kernel and the identity, summed (RepVGG's branches, arXiv:2101.03697).

    Maps [N, inputs, H, W] to [N, outputs, H', W']; output channel j reads input channel j * inputs // outputs.
    ``branches`` are the sides of the parallel kernels that are ever active, 0 for none. Kernels and branches share
    weights as centre crops. A BatchNorm after each convolution is active where ``configure`` asks for it.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        branch: int = 0,
        stride: int = 1,
        *,
        norm: bool = True,
        bias: bool = False,
        identity: bool = False,
    ):
        super().__init__()
        self.conv = _depthwise(inputs, outputs, kernel, stride, bias)
        self.norm = ElasticBatchNorm2d(outputs) if norm else None
        self.branch = _depthwise(inputs, outputs, branch, stride, False) if branch else None
        self.branch_norm = ElasticBatchNorm2d(outputs) if branch else None
        self.identity = identity
        self.inputs, self.outputs, self.use_norm, self.use_branch = inputs, outputs, norm, branch > 0

    def configure(
        self, inputs: int, outputs: int, kernel: int, branch: int = 0, *, norm: bool = True, bias: bool = False
    ) -> None:
        """Choose the active channels, the two kernels (``branch`` 0 for one alone), the norm and the bias."""
        self.inputs, self.outputs, self.use_norm, self.use_branch = inputs, outputs, norm, branch > 0
        _configure(self.conv, inputs, outputs, kernel, bias)
        if self.branch is not None and self.use_branch:
            _configure(self.branch, inputs, outputs, branch, False)
        for batch_norm in (self.norm, self.branch_norm):
            if batch_norm is not None:
                batch_norm.channels = outputs

    def prune(self) -> None:
        """Forget the norm and the branch where they are not active; called on a frozen copy."""
        self.norm = self.norm if self.use_norm else None
        self.branch = self.branch if self.use_branch else None
        self.branch_norm = self.branch_norm if self.use_branch else None

    def forward(self, x: Tensor) -> Tensor:
        x = spread(x, self.inputs, self.outputs)
        y = self.conv(x)
        if self.norm is not None and self.use_norm:
            y = self.norm(y)
        if self.branch is not None and self.branch_norm is not None and self.use_branch:
            y = y + self.branch_norm(self.branch(x))
        return y + x if self.identity else y

    def merged(self) -> nn.Module:
        """Return one depthwise convolution: the smaller kernels are added at the centre of the larger one."""
        merged: Any = self.conv if self.norm is None else fuse(self.conv, self.norm)
        with torch.no_grad():
            if self.branch is not None:
                branch: Any = fuse(self.branch, self.branch_norm)
                _add_centred(merged.weight, branch.weight)
                merged.bias.add_(branch.bias)
            if self.identity:
                _add_centred(merged.weight, torch.ones_like(merged.weight[:, :, :1, :1]))
        exact = self.outputs % self.inputs == 0
        return merged if exact else nn.Sequential(_Spread(self.inputs, self.outputs), merged)


def spread(x: Tensor, inputs: int, outputs: int) -> Tensor:
    """Return x [N, inputs, H, W] with its channels repeated to [N, outputs, H, W] where groups cannot do it.

    A grouped convolution repeats channels by itself when ``outputs`` is a multiple of ``inputs``.
    """
    if outputs % inputs == 0:
        return x
    return x[:, torch.arange(outputs, device=x.device) * inputs // outputs]


class _Spread(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.inputs, self.outputs = inputs, outputs

    def forward(self, x: Tensor) -> Tensor:
        return spread(x, self.inputs, self.outputs)


def _depthwise(inputs: int, outputs: int, kernel: int, stride: int, bias: bool) -> Any:
    if inputs == outputs and stride == 1:
        return ElasticDepthwiseConv2d(outputs, (kernel, kernel), bias)
    return ElasticConv2d(outputs, outputs, kernel, stride, bias, groups=outputs)


def _configure(conv: Any, inputs: int, outputs: int, kernel: int, bias: bool) -> None:
    if isinstance(conv, ElasticDepthwiseConv2d):
        conv.configure(outputs, (kernel, kernel), bias=bias)
    else:
        groups = inputs if outputs % inputs == 0 else outputs
        conv.configure(groups, outputs, kernel, groups, bias)


def _add_centred(weight: Tensor, small: Tensor) -> None:
    cut = (weight.shape[-1] - small.shape[-1]) // 2
    centre = slice(cut, cut + small.shape[-1])
    weight[:, :, centre, centre] += small
