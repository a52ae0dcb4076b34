"""Networks with their true value and what was predicted without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import NormalDist
from typing import Any

from search_spaces import Architecture, InputError

_NO_MIXER = "none"


@dataclass(frozen=True)
class Held:
    """A network with its true value and what was predicted without it, mean and standard deviation, in one unit.

    ``kernel`` is the largest one of its mixers (0 where none has one), ``mixer`` the most frequent one.
    """

    digest: str
    true: float
    mean: float
    sd: float
    kernel: int
    mixer: str
    macs: int

    @classmethod
    def of(cls, architecture: Architecture, macs: int, true: float, mean: float, sd: float) -> Held:
        """Sum up a network."""
        mixers = [block.mixer for stage in architecture.stages for block in stage.blocks]
        kernels = [int(value) for one in mixers for name, value in one.params if name in ("kernel", "band")]
        ((mixer, _),) = Counter(one.op for one in mixers).most_common(1) or [(_NO_MIXER, 0)]
        return cls(architecture.digest, true, mean, sd, max(kernels, default=0), mixer, macs)

    @classmethod
    def from_dict(cls, value: Any, where: str) -> Held:
        """Read the JSON form. Raises InputError starting with ``where``."""
        try:
            kinds = {"digest": str, "mixer": str, "kernel": int, "macs": int}
            return cls(**{field.name: kinds.get(field.name, float)(value[field.name]) for field in fields(cls)})
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where}: not a prediction of a network: {type(error).__name__} {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    def error(self, relative: bool) -> float:
        """Return how much too high the prediction is: as a share of the truth, or in its own unit."""
        return self.mean / self.true - 1 if relative else self.mean - self.true

    def within(self, level: float) -> bool:
        """Return whether the central interval of this probability holds the truth."""
        return abs(self.mean - self.true) <= NormalDist().inv_cdf((1 + level) / 2) * self.sd


def coverage(held: Sequence[Held], level: float) -> float:
    """Return the share of the networks whose truth is in the central interval of this probability."""
    return sum(one.within(level) for one in held) / len(held)
