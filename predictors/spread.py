"""Few networks that lie far apart in what other devices' predictors and their structure say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictors.features import Features
from predictors.latency import LatencyPredictor
from predictors.regressors import standardised
from predictors.regressors.encoded import Floats
from search_spaces import Architecture


def far_apart(pool: Sequence[Architecture], count: int, experts: Sequence[LatencyPredictor]) -> list[Architecture]:
    """Return ``count`` networks of the pool, the first one and then always the farthest from those chosen.

    Gonzalez, Clustering to minimize the maximum intercluster distance, 1985. Distances are in logarithms of the
    experts' milliseconds and of the work by kind, each of unit spread.
    """
    structure = Features(sorted(set().union(*(network.operators for network in pool)))).networks(pool)
    times = np.array([expert.predict(pool)[0] for expert in experts]).T
    work = standardised(np.log1p(structure)) / np.sqrt(structure.shape[1])
    places = farthest(np.hstack([standardised(np.log(times)), work]), count)
    return [pool[place] for place in places]


def farthest(points: Floats, count: int) -> list[int]:
    """Return rows of points [N,K]: the first, then always the one farthest from the nearest that is chosen."""
    chosen = [0]
    distances = ((points - points[0]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return chosen
