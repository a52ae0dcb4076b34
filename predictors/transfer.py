"""A device from few measurements and the profiles of others: what is gained by them, each network left out once.

The predictor is a sum that leans on the sources' predictions (`predictors/leaning.py`), after the trivial transfer that
equals meta-learned predictors on the tables of HELP (arXiv:2106.08630; benchmarks/predictor_tables.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from predictors.latency import LatencyPredictor, figures
from predictors.profile import DeviceProfile
from search_spaces import SearchSpace


def leave_one_out(space: SearchSpace, profile: DeviceProfile) -> dict[str, dict[str, float]]:
    """Return the figures of networks that were left out, of the ``transfer`` and of a ``plain`` fit to the same ones.

    Raises InputError as `LatencyPredictor.fit` does.
    """
    sources = {source.key.label: LatencyPredictor.fit(space, source) for source in profile.sources}
    times = np.array([record.measurement.median_ms for record in profile.records])
    both: dict[str, Mapping[str, LatencyPredictor]] = {"plain": {}, "transfer": sources}
    return {name: figures(_left_out(space, profile, known), times) for name, known in both.items()}


def _left_out(space: SearchSpace, profile: DeviceProfile, sources: Mapping[str, LatencyPredictor]) -> np.ndarray:
    """Return what is predicted of each network [N] from the others."""
    found = []
    for left in profile.records:
        others = replace(profile, records=tuple(record for record in profile.records if record is not left))
        predictor = LatencyPredictor.fit(space, others, sources=sources, least=1)
        found.append(predictor.predict([left.architecture])[0][0])
    return np.array(found)
