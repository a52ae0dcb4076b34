"""What a module of an operator is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from torch import Tensor

from search_spaces import OpConfig
from supernet.operators._hidden import HiddenChannels
from supernet.primitive import Configured


class Place(NamedTuple):
    """Where an operator stands: the most channels that it meets, its stride, and the side of its input.

    ``inputs`` and ``outputs`` are equal for operators of a block; ``outputs`` of a head are the classes.
    Maps are [N, inputs, side, side], or [N, inputs, 1, side] in a network over sequences. ``between`` two stages
    (in a downsampling) the active channels may differ even where the most are equal.
    """

    inputs: int
    outputs: int
    stride: int
    side: int
    sequence: bool = False
    between: bool = False

    @property
    def reshapes(self) -> bool:
        """Whether an operator here may have to change the shape of its input."""
        return self.between or self.stride != 1 or self.inputs != self.outputs


class OperatorModule(Configured, ABC):
    """An operator's module, composed of elastic primitives.

    It is built once for its place and every configuration of a space; ``configure`` chooses one of them and
    the active channels, and only `Supernet.activate` calls it. An operator that has a cheaper equal form when
    deployed defines ``merged() -> nn.Module``, called on its frozen copy in evaluation mode. One that holds
    parts of several configurations defines ``prune()``, which drops the inactive ones of a copy to be frozen.
    ``side`` is that of the active input: less than that of its place in a network of a smaller resolution.
    ``masks`` names the sizes ("width" for its channels, and parameters) of which a smaller one is a larger one whose
    further channels are zero: networks that differ in these alone can run in one pass.
    """

    masks: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__()
        self.side, self.sequence = place.side, place.sequence

    @property
    def sides(self) -> tuple[int, int]:
        """Active height and width of the input."""
        return (1 if self.sequence else self.side), self.side

    @abstractmethod
    def configure(self, config: OpConfig, inputs: int, outputs: int) -> None:
        """Choose the active configuration and the active channels."""

    def hidden_channels(self) -> HiddenChannels | None:
        """Return all that has a slice per hidden channel, where these may stand in any order."""
        return None

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H', W'] (a head: to [N, outputs])."""
