"""What evaluations so far let one expect of other points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr

from analysis.gain import expected_gain
from nas.search.problem import Floats
from nas.search.searchers._fresh import Batch
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import SearchTask
from nas.search.searchers._selection import ranked, ranks
from predictors.regressors import GaussianProcess, Process, RelevanceProcess

_GROWTH = 1.25  # of the evaluations, until hyper-parameters are learned anew
_MOST = 400  # evaluations that are learned from: half of them the best, the others evenly from the rest
_MARGIN = 0.1  # of the range, from the worst of each objective to the reference point
_DOUBTS = (1.0, 0.25)  # of what is not known, the share that counts, in turns: to explore, and to use what is known
_SHORTLIST = 256  # candidates that are weighed again after each choice
_FRONT = 64  # points of the front that gains are measured against where there are three objectives


class Beliefs:
    """A Gaussian process of each column that only an evaluation gives; all follows from the evaluations alone.

    Absolute errors count, of latencies too, since the volume is linear in them. It learns how much each gene and each
    number matters as soon as it has enough examples for that. ``fewest`` is how many evaluations there are the first
    time.
    """

    def __init__(self, task: SearchTask, fewest: int):
        self.task, self.fewest = task, fewest
        self.process: Mapping[str, Process] = {}
        self._milestone = 0
        self._known = Known(task.domain)
        self.points = self.reference = np.zeros((0, len(task.problem.names)))

    def learn(self, known: Known) -> None:
        """Learn from successful evaluations in the order of their index."""
        self._known, milestone = known, self._last_milestone(len(known))
        some = _telling(self.task, known)
        columns = self._columns(known)
        if milestone != self._milestone:
            first = self.task.domain.encode(known.genes[:milestone])
            kind = RelevanceProcess if milestone >= RelevanceProcess.least else GaussianProcess
            self.process = {name: kind().fit(first, values[:milestone]) for name, values in columns.items()}
        for name, values in columns.items():
            self.process[name].refit(self.task.domain.encode(known.genes[some]), values[some])
        self._milestone = milestone
        self.points, self.reference = self._points(), self._reference()

    def gains(self, candidates: Batch) -> Floats:
        """Return by how much each candidate [N] is expected to raise the hypervolume."""
        return _View(self, candidates).gains()

    def choose(self, candidates: Batch, gains: Floats, count: int) -> list[int]:
        """Return which candidates promise the most, one by one, each as if those before it had come out as expected.

        ``gains`` [N] are those of the candidates. Every other one is chosen with less regard to what is not known.
        """
        left = np.argsort(-gains, kind="stable")[: max(_SHORTLIST, count)]
        view, first = _View(self, candidates.take(left)), len(self._known)
        doubts = [_DOUBTS[turn % len(_DOUBTS)] for turn in range(first, first + min(count, len(left)))]
        return [int(left[view.take_best(doubt)]) for doubt in doubts]

    def _points(self) -> Floats:
        """Return the objectives [N,M] of the feasible evaluations that count, all minimised."""
        problem, columns = self.task.problem, self._known.columns
        feasible = np.broadcast_to(problem.violations(columns) == 0.0, len(self._known))
        points = problem.minimised(columns)[feasible]
        front, lonely = ranks(points)
        best = np.flatnonzero(front == 0)
        if len(problem.names) > 2:
            best = best[np.argsort(-lonely[best], kind="stable")[:_FRONT]]
        return points[best]

    def _reference(self) -> Floats:
        """Return a point that is a little worse than the worst of every objective so far, all minimised."""
        values = self.task.problem.minimised(self._known.columns)
        worst, spread = values.max(axis=0), np.ptp(values, axis=0)
        return worst + _MARGIN * np.where(spread > 0, spread, np.maximum(np.abs(worst), 1.0))

    def _columns(self, known: Known) -> dict[str, Floats]:
        """Return the columns [N] to learn."""
        problem = self.task.problem
        priced = self.task.price(known.genes[:1])
        wanted = dict.fromkeys([*problem.names, *(constraint.name for constraint in problem.constraints)])
        return {name: known.columns[name] for name in wanted if name not in priced}

    def _last_milestone(self, count: int) -> int:
        """Return with how many evaluations hyper-parameters were last learned."""
        found = float(self.fewest)
        while found * _GROWTH <= count:
            found *= _GROWTH
        return int(found)


class _View:
    """Candidates in the light of what is known, and of those that were chosen from them."""

    def __init__(self, beliefs: Beliefs, candidates: Batch):
        self.problem, self.columns = beliefs.task.problem, candidates.columns
        encoded = beliefs.task.domain.encode(candidates.genes)
        self.posteriors = {n: process.posterior(encoded) for n, process in beliefs.process.items()}
        self.points, self.reference = beliefs.points, beliefs.reference
        self.open = np.full(len(candidates), True)

    def gains(self, doubt: float = 1.0) -> Floats:
        """Return the expected gain of each candidate [N], less where it may break a constraint.

        ``doubt`` is by how much standard deviations count.
        """
        mean = self.problem.minimised({name: self._mean(name) for name in self.problem.names})
        sd = np.stack([self._sd(name) for name in self.problem.names], axis=1)
        gain = expected_gain(mean, doubt * sd, self.points, self.reference)
        for constraint in self.problem.constraints:
            room = (1.0 if constraint.upper else -1.0) * (constraint.bound - self._mean(constraint.name))
            gain = gain * ndtr(room / np.maximum(self._sd(constraint.name), 1e-12))
        return gain

    def take_best(self, doubt: float) -> int:
        """Return the open candidate with the largest gain, and take it for known."""
        best = int(np.argmax(np.where(self.open, self.gains(doubt), -np.inf)))
        self.open[best] = False
        expected = self.problem.minimised({name: self._mean(name)[[best]] for name in self.problem.names})
        self.points = np.vstack([self.points, expected])
        for posterior in self.posteriors.values():
            posterior.assume(best)
        return best

    def _mean(self, name: str) -> Floats:
        return self.posteriors[name].mean if name in self.posteriors else self.columns[name].astype(np.float64)

    def _sd(self, name: str) -> Floats:
        return self.posteriors[name].sd if name in self.posteriors else np.zeros(len(self.open))


def _telling(task: SearchTask, known: Known) -> np.ndarray:
    """Return the rows to learn from where all would take too long."""
    if len(known) <= _MOST:
        return np.arange(len(known))
    order = ranked(task.problem, known.columns)
    rest = np.linspace(_MOST // 2, len(order) - 1, _MOST - _MOST // 2).round().astype(int)
    return np.concatenate([order[: _MOST // 2], order[rest]])
