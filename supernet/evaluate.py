"""BatchNorm recalibration and accuracy: what a subnet's quality is measured with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@torch.no_grad()
def recalibrate(network: nn.Module, batches: Iterable[Any]) -> None:
    """Replace BatchNorm statistics by the mean over ``batches`` (normalised images [N,C,H,W], or what it takes).

    Shared weights leave statistics of no subnet in particular, so this comes before every evaluation
    (Yu and Huang, arXiv:1903.05134). Only BatchNorm runs in training mode; the network ends in evaluation mode.
    """
    network.eval()
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative mean over the batches
        norm.train()
    for batch in batches:
        network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


def in_batches(
    images: Tensor, normalise: Callable[[Tensor], Tensor], size: int, resolution: int | None = None
) -> Iterator[Tensor]:
    """Yield normalised batches of images [N,C,H,W], resized to ``resolution`` where it is another."""
    for start in range(0, len(images), size):
        batch = normalise(images[start : start + size])
        yield batch if resolution is None else resized(batch, resolution)


def resized(images: Tensor, resolution: int) -> Tensor:
    """Return images [N,C,R,R] at another side, sequences [N,C,1,R] at another length (bilinear, antialiased).

    At their own they are returned as they are.
    """
    if images.shape[-1] == resolution:
        return images
    height = 1 if images.shape[-2] == 1 else resolution
    return F.interpolate(images, (height, resolution), mode="bilinear", antialias=True)


def accuracy(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    normalise: Callable[[Tensor], Tensor],
    batch_size: int = 256,
    resolution: int | None = None,
) -> float:
    """Return the share (0 to 1) of images [N,C,H,W] that `correct` says are right.

    The network sees them at ``resolution`` (their own side by default).
    """
    return int(correct(network, in_batches(images, normalise, batch_size, resolution), labels).sum()) / len(labels)


@torch.no_grad()
def correct(network: nn.Module, batches: Iterable[Any], labels: Tensor) -> Tensor:
    """Return for each image whether its largest logit is its label [N]; ``batches`` hold the images in this order.

    Raises FloatingPointError when a logit is not finite.
    """
    right = []
    for batch in batches:
        logits = network(batch)
        if not torch.isfinite(logits).all():
            raise FloatingPointError("the network's outputs are not finite")
        done = sum(map(len, right))
        right.append(logits.argmax(1) == labels[done : done + len(logits)])
    return torch.cat(right)
