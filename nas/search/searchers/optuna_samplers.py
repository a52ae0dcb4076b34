"""Optuna's samplers (Akiba et al., KDD 2019) over the genes of a domain, without repeated evaluations.

A gene is asked for where it exists. What a sampler asks for again is answered from what is known; a point that is out
of bounds, or under evaluation already, counts as failed there. A search that is resumed asks a new sampler of the same
seed the same questions and gives it the same answers.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from nas.search.domains import Genes
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher

if TYPE_CHECKING:
    import optuna

_TRIES = 8  # questions for each point that is wanted


class OptunaSearch(Searcher):
    """Asks a sampler for one point after the other, and tells it the objectives of a generation when it is complete.

    ``sampler`` is its name in `optuna.samplers`.
    """

    sampler: str

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        if not len(known.tried):
            self._begin()
        self._tell(known)
        found: list[Batch] = []
        for _ in range(_TRIES * self.task.population):
            if len(found) == self.task.population or fresh.exhausted:
                break
            trial = self._study.ask()
            genes = self.task.domain.fit(self._asked(trial), rng)
            batch = fresh.claim(fresh.new(genes[None], "optuna"))
            if len(batch):
                self._open.append((bytes(genes), trial))
                found.append(batch)
            else:
                self._answer(bytes(genes), trial)
        return found

    def _begin(self) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():  # the user has chosen the sampler: that it is experimental is no news
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = getattr(optuna.samplers, self.sampler)(seed=self.task.seed)
        directions = [optuna.study.StudyDirection.MINIMIZE for _ in self.task.problem.names]
        self._study = optuna.create_study(directions=directions, sampler=sampler)
        self._values: dict[bytes, np.ndarray] = {}
        self._violations: dict[bytes, float] = {}
        self._open: list[tuple[bytes, optuna.Trial]] = []

    def _tell(self, known: Known) -> None:
        """Answer the trials of the last generation."""
        if len(known):
            points = self.task.problem.minimised(known.columns)
            violations = np.broadcast_to(self.task.problem.violations(known.columns), len(points))
            keys = list(map(bytes, known.genes))
            self._values = dict(zip(keys, points, strict=True))
            self._violations = dict(zip(keys, violations.tolist(), strict=True))
        for key, trial in self._open:
            self._answer(key, trial)
        self._open = []

    def _answer(self, key: bytes, trial: optuna.Trial) -> None:
        import optuna

        if key not in self._values:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return
        if self.task.problem.constraints:
            trial.set_constraint("violation", self._violations[key])
        self._study.tell(trial, self._values[key].tolist())

    def _asked(self, trial: optuna.Trial) -> np.ndarray:
        domain = self.task.domain
        genes: Genes = np.full(len(domain.choices), -1, dtype=np.int64)
        for gene, (count, ordered) in enumerate(zip(domain.choices, domain.ordered, strict=True)):
            if domain.exists(genes, gene):
                name = f"gene{gene}"
                genes[gene] = (
                    trial.suggest_int(name, 0, count - 1) if ordered else trial.suggest_categorical(name, range(count))
                )
        return genes


class OptunaTPE(OptunaSearch):
    """Tree-structured Parzen estimator, Optuna's default (Bergstra et al., 2011; Ozaki et al., 2022)."""

    sampler = "TPESampler"


class OptunaNSGA2(OptunaSearch):
    """Optuna's NSGA-II."""

    sampler = "NSGAIISampler"


class OptunaNSGA3(OptunaSearch):
    """NSGA-III (Deb and Jain, 2014)."""

    sampler = "NSGAIIISampler"


class OptunaGP(OptunaSearch):
    """Gaussian process with expected hypervolume gain; seconds a suggestion on wide domains."""

    sampler = "GPSampler"
