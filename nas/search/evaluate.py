"""One real evaluation: the accuracy of a subnet with inherited weights on the search split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from search_spaces import Architecture, SearchSpace
from supernet import Supernet, accuracy, recalibrate
from supernet.data import ImageData
from supernet.evaluate import in_batches
from supernet.sharing import Sharing

_BATCH = 256


@dataclass(frozen=True)
class EvaluationInputs:
    """All that an evaluation needs, small enough to be sent to every worker once.

    ``calibration`` are training images uint8 [M,C,R,R]; ``images``, ``labels`` the search split. The test
    split is not in it.
    """

    key: str
    space: SearchSpace
    sharing: Sharing
    weights: dict[str, Tensor]
    calibration: Tensor
    images: Tensor
    labels: Tensor
    normalise: Callable[[Tensor], Tensor]

    @classmethod
    def of(cls, supernet: Supernet, weights: str, data: ImageData, calibration: int) -> EvaluationInputs:
        """Collect the inputs; ``weights`` is the digest of the supernet's weights."""
        images = data.recalibration_images(calibration)
        split = data.validation
        statistics = Statistics(data.mean, data.std)
        return cls(
            weights, supernet.space, supernet.sharing, supernet.state_dict(), images, split.images, split.labels,
            statistics,
        )  # fmt: skip


@dataclass(frozen=True)
class Statistics:
    """Normalises uint8 images with the training pixels' mean and deviation (0..1 scale)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 images [N,C,H,W] of mean 0 and deviation 1."""
        mean = torch.tensor(self.mean).view(1, -1, 1, 1)
        std = torch.tensor(self.std).view(1, -1, 1, 1)
        return (images.float() / 255 - mean) / std


class Evaluator:
    """Holds the supernet and the images; evaluates one architecture after the other."""

    def __init__(self, inputs: EvaluationInputs):
        self.inputs = inputs
        self.supernet = Supernet(inputs.space, sharing=inputs.sharing)
        self.supernet.load_state_dict(inputs.weights)

    def evaluate(self, architecture: Architecture) -> dict[str, float]:
        """Return ``{"accuracy": share of the search split}`` after BatchNorm recalibration.

        The same architecture always gives the same value. Raises FloatingPointError for outputs that are not
        finite.
        """
        inputs = self.inputs
        network = self.supernet.extract(architecture)
        side = architecture.resolution
        recalibrate(network, in_batches(inputs.calibration, inputs.normalise, _BATCH, side))
        return {"accuracy": accuracy(network, inputs.images, inputs.labels, inputs.normalise, _BATCH, side)}
