"""A ceiling on tables: an engine that has learned thousands of other networks of the table before the search.

What it still misses of the front, no model of this kind can tell in advance, however few or many evaluations it sees.
"""

from __future__ import annotations

import numpy as np

from analysis.gain import expected_gain
from benchmarks.engines._task import Floats, Task
from predictors.regressors import Encoded, GaussianProcess, RelevanceProcess
from search_spaces.errors import InputError

_FOLDS = 3  # what a network is expected to be comes from networks of other folds alone
_EXAMPLES = 3000
_DOUBT = 0.1  # of the deviation that counts: of 0, 0.1, 0.3, 0.6 and 1 the one with the largest shares
_AT_ONCE = 2000  # networks predicted at a time


def search(task: Task) -> None:
    """Evaluate, one by one, what promises the most hypervolume. Raises InputError where there is no table."""
    members = task.question.domain.members()
    if members is None:
        raise InputError(f"--algorithms: foreknowing learns the networks of a table, {task.question.table} is none")
    mean, sd = _expected(task, members)
    points, new = np.zeros((0, mean.shape[1])), np.full(len(members), True)
    while task.left and new.any():
        gains = expected_gain(mean, _DOUBT * sd, points, task.question.reference)
        best = int(np.argmax(np.where(new, gains, -np.inf)))
        new[best] = False
        points = np.vstack([points, task.question.scaled(task.measure(members[[best]]))])


def _expected(task: Task, members: np.ndarray) -> tuple[Floats, Floats]:
    """Return what is expected of each network, mean and standard deviation [N,M], all minimised from 0 to 1."""
    encoded, truth = task.question.domain.encode(members), task.question.scaled(task.question.raw(members))
    shuffled = np.random.default_rng(task.seed).permutation(len(members))
    mean, sd = np.zeros_like(truth), np.zeros_like(truth)
    for fold in np.array_split(shuffled, _FOLDS):
        others = np.setdiff1d(shuffled, fold, assume_unique=True)[:_EXAMPLES]
        for column in range(truth.shape[1]):
            mean[fold, column], sd[fold, column] = _learned(encoded, others, truth[others, column], fold)
    return mean, sd


def _learned(encoded: Encoded, examples: np.ndarray, values: Floats, wanted: np.ndarray) -> tuple[Floats, Floats]:
    """Return mean and standard deviation [K] of the ``wanted`` networks, learned from the examples."""
    kind = RelevanceProcess if len(examples) >= RelevanceProcess.least else GaussianProcess
    process = kind().fit(encoded.take(examples), values)
    parts = [process.predict(encoded.take(wanted[at : at + _AT_ONCE])) for at in range(0, len(wanted), _AT_ONCE)]
    return np.concatenate([mean for mean, _ in parts]), np.concatenate([sd for _, sd in parts])
