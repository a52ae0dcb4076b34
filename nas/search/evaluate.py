"""One real evaluation: the accuracy of a subnet with inherited weights on the search split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import Architecture, SearchSpace
from supernet import Supernet, recalibrate
from supernet.data import ImageData, Normalise
from supernet.evaluate import correct, in_batches
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


class Evaluator:
    """Holds the supernet and the images; evaluates one architecture after the other."""

    def __init__(self, inputs: EvaluationInputs):
        self.inputs = inputs
        self.supernet = Supernet(inputs.space, sharing=inputs.sharing)
        self.supernet.load_state_dict(inputs.weights)

    def evaluate(self, architecture: Architecture, most: int | None = None) -> dict[str, float]:
        """Return ``accuracy``, a share of the search split, after BatchNorm recalibration, and of how many ``images``.

        The images are all of the split, or its first ``most``; or the first alone where the network is right no more
        often there than one constant answer would be: a broken network is not worth the rest. The same arguments always
        give the same values. Raises FloatingPointError at the first output that is not finite.
        """
        inputs = self.inputs
        network = self.supernet.extract(architecture)
        side = architecture.resolution
        recalibrate(network, in_batches(inputs.calibration, inputs.normalise, _BATCH, side))
        judged = len(inputs.labels[:most])
        right = self._right(network, slice(0, min(_FIRST, judged)), side)
        if judged > _FIRST and _at_chance(right, inputs.labels):
            judged = _FIRST
        elif judged > _FIRST:
            right += self._right(network, slice(_FIRST, judged), side)
        return {"accuracy": right / judged, "images": float(judged)}

    def _right(self, network: nn.Module, part: slice, side: int) -> int:
        """Return how many images of a part of the split get their label."""
        images, labels = self.inputs.images[part], self.inputs.labels[part]
        return int(correct(network, images, labels, self.inputs.normalise, _BATCH, side).sum())


def _at_chance(right: int, labels: Tensor) -> bool:
    """Whether ``right`` of the first images are within a standard error of the best constant answer, or below.

    A network that is good for anything is far above: with ten equal classes the bound is 11.3 % of 512 images.
    """
    chance = float(labels.bincount().max()) / len(labels)
    return right <= _FIRST * chance + (_FIRST * chance * (1 - chance)) ** 0.5
