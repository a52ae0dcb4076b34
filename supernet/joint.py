"""Moments of a batch that one process holds, or several hold together.

torch's SyncBatchNorm runs on CUDA alone; these two collectives run on every back end (gloo, nccl).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class _Sum(torch.autograd.Function):
    """The sum over all ranks; so is its gradient, since every rank's loss depends on it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total


def ranks() -> int:
    """Return how many processes train together: 1 without a process group."""
    return dist.get_world_size() if dist.is_initialized() else 1


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance [C] of the channels of x [N, C, H, W] over the equal shards of all ranks.

    Mean of the variances plus variance of the means: no difference of large squares. At least in float32.
    """
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    means, variances = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    if ranks() == 1:
        return means, variances
    table = means.new_zeros(ranks(), 2, x.shape[1])
    row = torch.arange(ranks(), device=x.device) == dist.get_rank()
    table = _Sum.apply(torch.where(row[:, None, None], torch.stack([means, variances]), table))
    all_means, all_variances = table.unbind(1)
    return all_means.mean(0), all_variances.mean(0) + all_means.var(0, unbiased=False)


def batch_norm(
    x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, momentum: float, eps: float
) -> Tensor:
    """Normalise x [N, C, H, W] by the moments of the joint batch, as training does; update the running moments [C]."""
    now, spread = moments(x)
    values = x.numel() // x.shape[1] * ranks()
    with torch.no_grad():
        mean.lerp_(now, momentum)
        variance.lerp_(spread * (values / max(values - 1, 1)), momentum)
    scale = weight * (spread + eps).rsqrt()
    return (x * scale.view(1, -1, 1, 1) + (bias - now * scale).view(1, -1, 1, 1)).to(x.dtype)
