"""The contract of scores that need no training."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from search_spaces import Architecture, InputError
from supernet import build
from supernet.evaluate import resized
from supernet.norms import EvoNormB0, EvoNormS0
from supernet.parts import ACTIVATIONS

NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm, EvoNormB0, EvoNormS0)
POINTWISE = tuple({type(make()) for make in ACTIVATIONS.values()} - {nn.Identity})


@dataclass(frozen=True)
class Batch:
    """Normalised images [N,C,R,R], or sequences [N,C,1,R], float32, with their class indices, int64 [N]."""

    images: Tensor
    labels: Tensor


class Score(ABC):
    """One number for a network, the more the better; equal arguments give equal numbers."""

    needs_images: ClassVar[bool] = False

    def __call__(self, architecture: Architecture, batch: Batch | None = None, seed: int = 0) -> float:
        """Return the score of the network with weights drawn from ``seed``.

        Images are resized to the side that the network asks for. Raises InputError when the score needs images and
        has none that fit, and for a network of which it can say nothing.
        """
        if self.needs_images:
            batch = _fitting(architecture, batch)
        value = self._value(architecture, batch, seed)
        if not math.isfinite(value):
            raise InputError(f"network {architecture.digest[:12]} has no finite {type(self).__name__}: found {value}")
        return value

    @abstractmethod
    def _value(self, architecture: Architecture, batch: Batch | None, seed: int) -> float: ...


class NetworkScore(Score):
    """A score of a network with weights."""

    def _value(self, architecture: Architecture, batch: Batch | None, seed: int) -> float:
        with torch.random.fork_rng(devices=[]):  # plain modules draw weights before they are given theirs
            network = build(architecture, seed)
        return self.measure(network, self._inputs(architecture, batch))

    def _inputs(self, architecture: Architecture, batch: Batch | None) -> Batch:
        assert batch is not None  # `__call__` has checked it
        return batch

    def measure(self, network: nn.Module, batch: Batch) -> float:
        """Return the score of a network, which is left as it was. Raises InputError as `Score` does."""
        return self._measure(copy.deepcopy(network).eval(), batch)

    @abstractmethod
    def _measure(self, network: nn.Module, batch: Batch) -> float:
        """Return the score of a network that may be changed, in evaluation mode."""


def trained(network: nn.Module) -> list[nn.Parameter]:
    """Return the weights that a training would change. Raises InputError where there are none."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        raise InputError("the network has no weight that can be trained: score its training form, not the merged one")
    return weights


def normalise_by_batch(network: nn.Module) -> nn.Module:
    """Let BatchNorms use the statistics of the batch: untrained weights have no others. Nothing else turns random."""
    for module in network.modules():
        if isinstance(module, (nn.modules.batchnorm._BatchNorm, EvoNormB0)):
            module.train()
    return network


def _fitting(architecture: Architecture, batch: Batch | None) -> Batch:
    if batch is None:
        raise InputError("this score needs images: give a batch of them")
    n, images, labels = architecture.classes, batch.images, batch.labels
    if images.ndim != 4 or len(images) < 2 or labels.shape != (len(images),):
        raise InputError(
            f"expected at least two images [N,C,R,R] with a label each, found {tuple(images.shape)} and labels "
            f"{tuple(labels.shape)}"
        )
    line = architecture.layout == "sequence"
    if images.shape[1] != architecture.channels or (images.shape[2] == 1) != line:
        raise InputError(f"the network takes inputs of {architecture.input_shape}, found {tuple(images.shape[1:])}")
    if int(labels.min()) < 0 or int(labels.max()) >= n:
        raise InputError(f"the network has {n} classes, found labels from {int(labels.min())} to {int(labels.max())}")
    if not torch.isfinite(images).all():
        raise InputError("the images hold values that are not finite")
    return Batch(resized(images, architecture.resolution), labels)
