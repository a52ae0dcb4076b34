"""The devices of a search: each a profile, the predictor that learned from it, and a name for its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas.search.problem import LATENCY, at
from predictors import DeviceProfile, LatencyPredictor
from search_spaces import Architecture
from search_spaces.errors import InputError

Floats = NDArray[np.float64]
PREDICTED = (LATENCY, "latency_low_ms", "latency_high_ms")


@dataclass(frozen=True)
class Device:
    """One device. ``name`` is what its columns end with (``latency_ms@NAME``), "" for the only one."""

    name: str
    profile: DeviceProfile
    predictor: LatencyPredictor

    def predict(self, networks: Sequence[Architecture]) -> dict[str, Floats]:
        """Return the columns [N] of networks: latency and its 90 % interval."""
        return self._columns(self.predictor.predict(networks))

    def predict_genes(self, genes: NDArray[np.int64]) -> dict[str, Floats]:
        """Return the columns [N] of networks with genes [N,G]."""
        return self._columns(self.predictor.predict_genes(genes))

    def named(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """Return figures of this device under their column names."""
        return {at(name, self.name): value for name, value in figures.items()}

    def range(self) -> dict[str, tuple[float, float]]:
        """Return the column of its latency with bounds over all networks of the space."""
        return self.named({LATENCY: self.predictor.range()})

    def _columns(self, predicted: tuple[Floats, Floats, Floats]) -> dict[str, Floats]:
        return self.named(dict(zip(PREDICTED, predicted, strict=True)))


def device_names(profiles: Sequence[Path]) -> tuple[str, ...]:
    """Return the names of several devices, those of their profiles' files; none where there is one or no profile.

    Raises InputError for names that are not all different, and for one that can not stand in a column's name.
    """
    if len(profiles) < 2:
        return ()
    names = tuple(path.stem for path in profiles)
    for path, name in zip(profiles, names, strict=True):
        if not re.fullmatch(r"[\w.-]+", name):
            raise InputError(f"--profile {path}: its name is that of the device, of letters, digits, . _ - alone: "
                             "rename it")  # fmt: skip
        if names.count(name) > 1:
            raise InputError(f"--profile {path}: two files are named {name!r}, and devices are named by them: "
                             "rename one")  # fmt: skip
    return names
