"""Measuring networks beside a profile: some of its networks are timed again, so that a slower machine shows.

A shared machine changes its speed by tens of per cent within an hour. Networks of the profile that are timed
among the new ones (anchors) tell that apart from a predictor that is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from predictors.backends import Backend
from predictors.profile import DeviceProfile
from predictors.records import Record
from predictors.timer import Measurement
from supernet import build, deploy

DRIFTED = 0.10  # a machine whose speed changed by more than this is measured again
_ANCHORS = 8
_RETRIES = 2


@dataclass(frozen=True)
class Comparison:
    """Measurements of networks, and ``drift``: how many times longer networks of the profile took than in it."""

    measurements: tuple[Measurement, ...]
    drift: float

    @property
    def drifted(self) -> bool:
        """Whether the speed changed by more than 10 %."""
        return abs(self.drift - 1) > DRIFTED

    def to_dict(self) -> dict[str, Any]:
        """Return what is kept of the comparison beside the measurements."""
        return {"factor": self.drift, "drifted": self.drifted}


def anchors(profile: DeviceProfile, count: int = _ANCHORS) -> list[Record]:
    """Return calmly measured records of a profile, spread over the time in which it was taken."""
    calm = [r for r in profile.records if not r.measurement.noisy] or list(profile.records)
    places = np.linspace(0, len(calm) - 1, min(count, len(calm))).round().astype(int)
    return [calm[place] for place in dict.fromkeys(places.tolist())]


def measure_beside(
    networks: Sequence[nn.Module],
    shapes: Sequence[tuple[int, int, int]],
    profile: DeviceProfile,
    backend: Backend,
) -> Comparison:
    """Time ``networks``, each on inputs of its shape (channels, height, width), as the profile was made.

    When its anchors show that the machine's speed changed by more than 10 %, all is measured again, twice at most; the
    measurement nearest to the profile's conditions is kept. Raises InputError when ``backend`` measures under another
    key than the profile.
    """
    backend.key.check_same(profile.key, "the profile")
    known = anchors(profile)
    both = [*networks, *(deploy(build(record.architecture)) for record in known)]
    every = [*shapes, *(record.architecture.input_shape for record in known)]
    best: Comparison | None = None
    for _ in range(1 + _RETRIES):
        found = backend.measure(both, every)
        ratios = [m.median_ms / r.measurement.median_ms for m, r in zip(found[len(networks) :], known, strict=True)]
        # The mean in logarithms: a predictor fitted to a profile of slow and quick moments lies between them too.
        new = Comparison(tuple(found[: len(networks)]), float(np.exp(np.mean(np.log(ratios)))))
        best = new if best is None or abs(np.log(new.drift)) < abs(np.log(best.drift)) else best
        if not best.drifted:
            break
    assert best is not None
    return best
