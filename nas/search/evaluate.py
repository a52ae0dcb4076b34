"""One real evaluation: the accuracy of a subnet with inherited weights on the search split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from search_spaces import Architecture, SearchSpace
from supernet import Supernet, accuracy, recalibrate
from supernet.data import ImageData, Normalise
from supernet.evaluate import in_batches
from supernet.sharing import Sharing

_BATCH = 256


@dataclass(frozen=True)
class EvaluationInputs:
    """All that an evaluation needs, small enough to be sent to every worker once.

    ``calibration`` are training images [M,C,H,W] as `Split` has them; ``images``, ``labels`` the search split. The test
    split is not in it.
    """

    key: str
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
    def of(cls, supernet: Supernet, weights: str, data: ImageData, calibration: int) -> EvaluationInputs:
        """Collect the inputs; ``weights`` is the digest of the supernet's weights."""
        images = data.recalibration_images(calibration)
        split = data.validation
        return cls(
            weights, supernet.space, supernet.sharing, supernet.state_dict(), images, split.images, split.labels,
            data.normalise,
        )  # fmt: skip


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
