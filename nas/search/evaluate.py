"""One real evaluation: the accuracy of a subnet with inherited weights on the search split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import torch
from torch import Tensor

from nas.cores import usable_cores
from search_spaces import Architecture, SearchSpace
from supernet import Supernet
from supernet.data import ImageData, Normalise
from supernet.evaluate import correct, resized
from supernet.memory import available_bytes
from supernet.network import Network
from supernet.prefixes import Prefixes, Shared
from supernet.sharing import Sharing

_BATCH = 256
_FIRST = 512  # images after which a network that answers at random is looked at no further


@dataclass(frozen=True)
class EvaluationInputs:
    """All that an evaluation needs, small enough to be sent to every worker once.

    ``calibration`` are training images [M,C,H,W] as `Split` has them; ``images``, ``labels`` the search split, in one
    random order, so that the first of them are a fair sample. The test split is not in it.
    """

    space: SearchSpace
    sharing: Sharing
    weights: dict[str, Tensor]
    calibration: Tensor
    images: Tensor
    labels: Tensor
    normalise: Normalise

    def read(self, value: Any, where: str) -> Architecture:
        """Return the network of a JSON form."""
        return Architecture.from_dict(value, where)

    @classmethod
    def of(cls, supernet: Supernet, data: ImageData, calibration: int) -> EvaluationInputs:
        """Collect the inputs of a supernet."""
        images = data.recalibration_images(calibration)
        split = data.validation
        split = split.select(torch.randperm(len(split), generator=torch.Generator().manual_seed(0)))
        return cls(
            supernet.space, supernet.sharing, supernet.state_dict(), images, split.images, split.labels,
            data.normalise,
        )  # fmt: skip


@dataclass(frozen=True)
class _Batch:
    """Some images of the inputs, in order: those of a batch have one name in all evaluations."""

    split: Literal["calibration", "images"]
    start: int
    stop: int


class Evaluator:
    """Holds the supernet and the images; evaluates one architecture after the other.

    What a network has in common with earlier ones is not computed again (`supernet.prefixes`); ``shared_bytes`` bounds
    what is kept for that. No result depends on it.
    """

    def __init__(self, inputs: EvaluationInputs, shared_bytes: int | None = None):
        self.inputs = inputs
        self.supernet = Supernet(inputs.space, sharing=inputs.sharing)
        self.supernet.load_state_dict(inputs.weights)
        self.prefixes = Prefixes(_spare_bytes() if shared_bytes is None else shared_bytes)

    def evaluate(self, architecture: Architecture, most: int | None = None) -> dict[str, float]:
        """Return ``accuracy``, a share of the search split, after BatchNorm recalibration, and of how many ``images``.

        The images are all of the split, or its first ``most``; or the first alone where the network is right no more
        often there than one constant answer would be: a broken network is not worth the rest. The same arguments always
        give the same values. Raises FloatingPointError at the first output that is not finite.
        """
        labels = self.inputs.labels
        calibration, judged = _batches("calibration", 0, len(self.inputs.calibration)), len(labels[:most])
        every = len(calibration) + len(_batches("images", 0, judged))
        frozen = cast(Network, self.supernet.extract(architecture))
        images = partial(self._images, architecture.resolution)
        network = Shared(frozen, architecture, images, every, self.prefixes)
        network.recalibrate(calibration)
        right = self._right(network, 0, min(_FIRST, judged))
        if judged > _FIRST and _at_chance(right, labels):
            judged = _FIRST
        elif judged > _FIRST:
            right += self._right(network, _FIRST, judged)
        return {"accuracy": right / judged, "images": float(judged)}

    def _right(self, network: Shared, start: int, stop: int) -> int:
        """Return how many images of a part of the split get their label."""
        return int(correct(network, _batches("images", start, stop), self.inputs.labels[start:stop]).sum())

    def _images(self, side: int, batch: _Batch) -> Tensor:
        """Return the normalised images [N,C,R,R] of a batch."""
        images: Tensor = getattr(self.inputs, batch.split)
        return resized(self.inputs.normalise(images[batch.start : batch.stop]), side)


def _batches(split: Literal["calibration", "images"], start: int, stop: int) -> list[_Batch]:
    return [_Batch(split, first, min(first + _BATCH, stop)) for first in range(start, stop, _BATCH)]


def _spare_bytes() -> int:
    """Return what one of as many evaluators as cores may keep: a quarter of the free memory together, 1 GiB each."""
    return min(2**30, available_bytes() // 4 // usable_cores())


def _at_chance(right: int, labels: Tensor) -> bool:
    """Whether ``right`` of the first images are within a standard error of the best constant answer, or below.

    A network that is good for anything is far above: with ten equal classes the bound is 11.3 % of 512 images.
    """
    chance = float(labels.bincount().max()) / len(labels)
    return right <= _FIRST * chance + (_FIRST * chance * (1 - chance)) ** 0.5
