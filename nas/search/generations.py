"""What is to be evaluated next: the proposals of a strategy, generation by generation, less the journal's."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from nas.search.journal import Journal
from nas.search.records import Candidate, Evaluated
from nas.search.searchers import Searcher, Turns
from search_spaces.errors import InputError, WorkError

_ATTEMPTS = 2


class Generations:
    """Hands out candidates and takes results back, in any order.

    A generation is proposed when the one before is complete, from evaluations in the order of their index, so
    what is proposed does not depend on which worker was quicker, nor on kills and resumes.
    """

    def __init__(self, searcher: Searcher | Turns, journal: Journal, total: int):
        self.searcher, self.journal, self.total = searcher, journal, total
        self.generation = 0
        self.open: dict[int, Candidate] = {}  # proposed, without a result
        self.queue: deque[int] = deque()
        self.attempts: dict[int, int] = {}
        self.exhausted = False
        self._last = self._proposed = 0  # where the newest generation begins and ends
        self._advance()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to evaluate."""
        return not self.open

    @property
    def done(self) -> int:
        """How many evaluations have ended."""
        return len(self.journal)

    def next(self) -> tuple[int, Candidate] | None:
        """Return a proposal to evaluate, or None while the generation is being finished or all is over."""
        if not self.queue:
            return None
        index = self.queue.popleft()
        self.attempts[index] = self.attempts.get(index, 0) + 1
        return index, self.open[index]

    def judged_on(self, index: int) -> int | None:
        """Return on how many images a proposal is to be judged, None for all."""
        return None

    def succeed(self, index: int, metrics: Mapping[str, float], seconds: float) -> None:
        """Record the result of a proposal."""
        self._record(index, "ok", None, metrics, seconds)

    def fail(self, index: int, error: str, seconds: float = 0.0, *, final: bool = False) -> None:
        """Try a proposal again, or record that it failed: the second time, or when it would fail again (``final``)."""
        if self.attempts[index] < _ATTEMPTS and not final:
            self.queue.appendleft(index)
        else:
            self._record(index, "failed", error, {}, seconds)

    def _record(self, index: int, status: Any, error: str | None, metrics: Mapping[str, float], seconds: float) -> None:
        candidate = self.open.pop(index)
        all_metrics = {**metrics, **candidate.metrics}
        self.journal.append(Evaluated(index, candidate.point, candidate.origin, status, error, all_metrics, seconds))
        if not self.open:
            self._advance()

    def _advance(self) -> None:
        """Propose generations until one has something that the journal does not answer.

        Raises WorkError after a generation in which nothing could be evaluated: neither would the next.
        """
        while not self.open and not self.exhausted and self._proposed < self.total:
            self._check_last()
            before = [e for e in self.journal.evaluations if e.index < self._proposed]
            candidates = self.searcher.propose(self.generation, before)[: self.total - self._proposed]
            self.exhausted = not candidates
            for index, candidate in enumerate(candidates, start=self._proposed):
                if not self._answered(index, candidate):
                    self.open[index] = candidate
                    self.queue.append(index)
            self._last, self._proposed = self._proposed, self._proposed + len(candidates)
            self.generation += 1

    def _check_last(self) -> None:
        last = [
            e for e in self.journal.evaluations if self._last <= e.index < self._proposed and e.status != "screened"
        ]
        if last and not any(e.ok for e in last):
            raise WorkError(
                f"all {len(last)} evaluations of generation {self.generation} failed, the last with: {last[-1].error}. "
                f"Remove the cause, delete their lines (status failed) from {self.journal.path}, "
                "then continue with --resume."
            )

    def _answered(self, index: int, candidate: Candidate) -> bool:
        known = self.journal.get(index)
        if known is not None and known.point != candidate.point:
            raise InputError(
                f"{self.journal.path}: evaluation {index} is of another search (its latency profile, "
                "space or options differ). Start a new run."
            )
        return known is not None
