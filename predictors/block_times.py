"""What single blocks take when they run alone, measured or expected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictors.features import Features, encoded
from predictors.metrics import relative_errors
from predictors.parts import Part, parts
from predictors.records import BlockRecord
from predictors.regressors import REGRESSORS
from predictors.regressors.encoded import Floats
from search_spaces import Architecture

LEAST = 5  # blocks from which others can be expected
_MOST = 400  # that are learned from: the time grows with the cube
_FLOOR = 0.1  # of the quickest measured block: what none is expected below
_FOLDS = 5


class BlockTimes:
    """Milliseconds of parts alone: as measured, and a Gaussian process over their work for the others."""

    def __init__(self, records: Sequence[BlockRecord], features: Features):
        self.features, self._known = features, {record.part: record.measurement.median_ms for record in records}
        self._floor = _FLOOR * min(self._known.values())
        places = np.linspace(0, len(records) - 1, min(len(records), _MOST)).round().astype(int)
        learned = [records[place] for place in places]
        self._sums = features.parts([record.part for record in learned])
        self._times = np.array([record.measurement.median_ms for record in learned])
        self._model = self._fitted(np.ones(len(learned), dtype=bool))
        self._expected: dict[Part, float] = {}

    def part(self, part: Part) -> float:
        """Return the milliseconds of one part."""
        if part in self._known:
            return self._known[part]
        if part not in self._expected:
            self._expected[part] = float(self._predicted([part])[0][0])
        return self._expected[part]

    def total(self, architecture: Architecture) -> float:
        """Return the sum over the parts of a network."""
        return sum(self.part(part) for part in parts(architecture))

    def doubts(self, asked: Sequence[Part]) -> Floats:
        """Return by how many milliseconds each part may take longer or shorter than expected (one deviation)."""
        return self._predicted(asked)[1]

    def errors(self) -> Floats:
        """Return the relative error of each measured block, expected from the other folds."""
        folds = np.arange(len(self._times)) % _FOLDS
        found = np.zeros(len(self._times))
        for fold in range(_FOLDS):
            held = folds == fold
            mean, _ = self._fitted(~held).predict(encoded(self._sums[held], self._sums[~held]))
            found[held] = relative_errors(np.maximum(mean, self._floor), self._times[held])
        return found

    def _fitted(self, rows: np.ndarray):
        x = encoded(self._sums[rows], self._sums[rows])
        return REGRESSORS["gaussian_process"](relative=True).fit(x, self._times[rows])

    def _predicted(self, asked: Sequence[Part]) -> tuple[Floats, Floats]:
        mean, sd = self._model.predict(encoded(self.features.parts(asked), self._sums))
        return np.maximum(mean, self._floor), sd
