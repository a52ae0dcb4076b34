"""Few images first: more networks than there are places are judged on some images, the best of them on all.

Successive halving (Jamieson and Talwalkar, AISTATS 2016) with two rungs inside a generation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.problem import Floats, Problem
from nas.search.records import Candidate, Evaluated
from nas.search.searchers import Searcher, Turns
from nas.search.searchers._selection import ranked
from predictors.ranking import tau

PROPOSALS_A_PLACE = 3
_FEWEST, _LEAST_TAU = 16, 0.5  # pairs before the order is judged, and what it must reach: three pairs of four right
_BOTH = "screened_accuracy"  # of those that were judged on all images: their accuracy on the first


class ScreenedGenerations(Generations):
    """Generations in which the strategy proposes more than ``places``, and accuracies on ``images`` choose among them.

    ``total`` counts networks that are judged on all images or fail; the others are recorded as ``screened`` and never
    proposed again. What is chosen follows from the journal and from cheap values that come out the same again, so a
    resumed search chooses the same. Once the order on the first images proves not to be that on all, screening is left
    out.
    """

    def __init__(
        self, searcher: Searcher | Turns, journal: Journal, total: int, places: int, images: int,
        problems: Sequence[Problem],
    ):  # fmt: skip
        """``problems`` are those of the strategies, which take turns."""
        self.places, self.images, self.problems = places, images, problems
        self._cheap: dict[int, tuple[Mapping[str, float], float]] = {}  # of the newest generation: metrics, seconds
        self._waiting: dict[int, Candidate] = {}  # screened, or being screened
        self._before: list[Evaluated] = []
        super().__init__(searcher, journal, total)

    @property
    def done(self) -> int:
        """How many networks were judged on all images, or failed."""
        return _judged(self.journal.evaluations)

    def judged_on(self, index: int) -> int | None:
        """Return on how many images a proposal is to be judged now, None for all."""
        return self.images if index in self._waiting else None

    def succeed(self, index: int, metrics: Mapping[str, float], seconds: float) -> None:
        """Keep the result on the first images until the generation has all of them; record that on all images."""
        if index not in self._waiting:
            super().succeed(index, metrics, seconds)
            return
        del self.open[index]
        self._cheap[index] = metrics, seconds
        if not self.open:
            self._advance()

    def _record(self, index: int, status: str, error: str | None, metrics: Mapping[str, float], seconds: float) -> None:
        self._waiting.pop(index, None)  # one that failed on the first images
        if index in self._cheap:
            metrics = {**metrics, _BOTH: self._cheap[index][0]["accuracy"]}
        super()._record(index, status, error, metrics, seconds)

    def _advance(self) -> None:
        while not self.open and not self.exhausted:
            if self._waiting:
                self._choose()
            elif _judged(self.journal.evaluations) < self.total:
                self._propose_more()
            else:
                return

    def _propose_more(self) -> None:
        self._check_last()
        self._before = [e for e in self.journal.evaluations if e.index < self._proposed]
        candidates, screening = self.searcher.propose(self.generation, self._before), in_order(self._before)
        if not screening:
            candidates = candidates[: self._room()]
        self.exhausted, self._cheap = not candidates, {}
        for index, candidate in enumerate(candidates, start=self._proposed):
            if screening:
                self._screen(index, candidate)
            elif not self._answered(index, candidate):
                self._open(index, candidate)
        self._last, self._proposed = self._proposed, self._proposed + len(candidates)
        self.generation += 1

    def _screen(self, index: int, candidate: Candidate) -> None:
        """Take what the journal says of the first images, or have it evaluated."""
        known = self.journal.get(index) if self._answered(index, candidate) else None
        if known is None or known.status == "screened" or _BOTH in known.metrics:
            self._waiting[index] = candidate
        if known is None:
            self._open(index, candidate)
        elif known.status == "screened":
            self._cheap[index] = known.metrics, known.seconds
        elif _BOTH in known.metrics:
            self._cheap[index] = {"accuracy": known.metrics[_BOTH]}, known.seconds

    def _choose(self) -> None:
        """Record who is out, and have the others judged on all images."""
        waiting, self._waiting = self._waiting, {}
        failed = self._proposed - self._last - len(waiting)
        chosen = {list(waiting)[row] for row in self._best(waiting)[: self._room(failed)]}
        for index, candidate in waiting.items():
            if self._answered(index, candidate):
                continue
            if index in chosen:
                self._open(index, candidate)
            else:
                metrics, seconds = self._cheap[index]
                metrics = {**metrics, **candidate.metrics}
                self.journal.append(
                    Evaluated(index, candidate.point, candidate.origin, "screened", None, metrics, seconds)
                )

    def _best(self, waiting: Mapping[int, Candidate]) -> list[int]:
        """Return the rows of what waits, best first beside what was judged on all images before."""
        rows = [{**self._cheap[index][0], **candidate.metrics} for index, candidate in waiting.items()]
        rows += [e.metrics for e in self._before if e.ok]
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0] if all(name in row for row in rows)}
        problem = self.problems[(self.generation - 1) % len(self.problems)]
        return [int(row) for row in ranked(problem, columns) if row < len(waiting)]

    def _room(self, failed: int = 0) -> int:
        """Return how many more of the generation may be judged on all images, after those that failed on the first."""
        return max(0, min(self.places, self.total - _judged(self._before) - failed))

    def _open(self, index: int, candidate: Candidate) -> None:
        self.open[index] = candidate
        self.queue.append(index)


def in_order(evaluated: Sequence[Evaluated]) -> bool:
    """Whether the order on the first images may be trusted: it is, until enough networks say otherwise."""
    found = stability(evaluated)
    return found is None or found[0] >= _LEAST_TAU


def stability(evaluated: Sequence[Evaluated]) -> tuple[float, int] | None:
    """Return Kendall's tau between accuracies on the first and on all images, and of how many networks; None of few."""
    both = [e.metrics for e in evaluated if e.ok and _BOTH in e.metrics]
    if len(both) < _FEWEST:
        return None
    return tau(*_columns(both)), len(both)


def _columns(both: Sequence[Mapping[str, float]]) -> tuple[Floats, Floats]:
    return np.array([one[_BOTH] for one in both]), np.array([one["accuracy"] for one in both])


def _judged(evaluated: Sequence[Evaluated]) -> int:
    return sum(one.status != "screened" for one in evaluated)


def screening_text(evaluated: Sequence[Evaluated]) -> str:
    """Return for a person how screening does."""
    found = stability(evaluated)
    if found is None:
        return f"screening: order not judged before {_FEWEST} networks"
    what = "screening" if in_order(evaluated) else f"screening left out: its order must reach tau {_LEAST_TAU}"
    return f"{what}: tau {found[0]:.2f} between first and all images over {found[1]} networks"
