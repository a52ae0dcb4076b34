"""What latency predictors say of networks that they were not fitted to, to be compared with the measurements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predictors.latency import LatencyPredictor
from predictors.profile import DeviceProfile
from predictors.regressors.encoded import Floats
from predictors.regressors.ensemble import NORMAL
from search_spaces import SearchSpace

LEAST = 30  # networks: those that are left to learn from have to tell something
_FOLDS = 3


def held_out(space: SearchSpace, profile: DeviceProfile) -> tuple[Floats, Floats]:
    """Return mean and standard deviation in ms [N] of the profile's networks, each from a fit to two thirds of it.

    Its interval is of the fit's making too, so it says what intervals are worth; those that a predictor gives on its
    own examples hold nine of ten because they were scaled to. Raises ValueError for fewer than `LEAST` networks.
    """
    records = profile.records
    if len(records) < LEAST:
        raise ValueError(f"{len(records)} networks are too few to hold a third of them out")
    mean, sd = np.zeros(len(records)), np.zeros(len(records))
    folds = np.random.default_rng(0).permutation(len(records)) % _FOLDS
    for fold in range(_FOLDS):
        known = tuple(record for record, own in zip(records, folds, strict=True) if own != fold)
        predictor = LatencyPredictor.fit(space, replace(profile, records=known, again=()))
        new = np.flatnonzero(folds == fold)
        mean[new], _, high = predictor.predict([records[i].architecture for i in new])
        sd[new] = (high - mean[new]) / NORMAL
    return mean, sd
