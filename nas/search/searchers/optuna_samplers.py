"""Optuna's samplers (Akiba et al., KDD 2019) over the genes of a domain, without repeated evaluations.

A gene is asked for where it exists. What a sampler asks for again is answered from what is known; a point that is out
of bounds, or under evaluation already, counts as failed there. A search that is resumed asks a new sampler of the same
seed the same questions and gives it the same answers.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nas.search.domains import Genes
from nas.search.searchers._fresh import Batch, Fresh
from nas.search.searchers._known import Known
from nas.search.searchers._searcher import Searcher, SearchTask

if TYPE_CHECKING:
    import optuna

_TRIES = 8  # questions for each point that is wanted


class OptunaSearch(Searcher):
    """Asks a sampler for one point after the other, and tells it the objectives of a generation when it is complete.

    ``sampler`` is its name in `optuna.samplers`.
    """

    sampler: str

    def __init__(self, task: SearchTask):
        super().__init__(task)
        self._values: dict[bytes, np.ndarray] = {}
        self._violations: dict[bytes, float] = {}
        self._open: list[tuple[bytes, optuna.Trial]] = []
        self._told: set[bytes] = set()

    def _choose(self, known: Known, fresh: Fresh, rng: np.random.Generator) -> list[Batch]:
        self._tell(known)
        found: list[Batch] = []
        for _ in range(_TRIES * fresh.wanted):
            if len(found) == fresh.wanted or fresh.exhausted:
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

    @cached_property
    def _study(self) -> optuna.Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():  # the user has chosen the sampler: that it is experimental is no news
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = getattr(optuna.samplers, self.sampler)(seed=self.task.seed)
        directions = [optuna.study.StudyDirection.MINIMIZE for _ in self.task.problem.names]
        return optuna.create_study(directions=directions, sampler=sampler)

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
        for genes in known.genes:
            if bytes(genes) not in self._told:
                self._add(genes)

    def _answer(self, key: bytes, trial: optuna.Trial) -> None:
        import optuna

        self._told.add(key)
        if key not in self._values:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return
        if self.task.problem.constraints:
            trial.set_constraint("violation", self._violations[key])
        self._study.tell(trial, self._values[key].tolist())

    def _add(self, genes: np.ndarray) -> None:
        """Tell what was not asked for: seeds, random points, what another front proposed."""
        import optuna

        key = bytes(genes)
        self._told.add(key)
        chosen = {f"gene{i}": gene for i, gene in enumerate(genes.tolist()) if gene >= 0}
        self._study.add_trial(
            optuna.trial.create_trial(
                params=chosen,
                distributions={name: self._distribution(int(name.removeprefix("gene"))) for name in chosen},
                values=self._values[key].tolist(),
                constraints={"violation": self._violations[key]} if self.task.problem.constraints else None,
            )
        )

    def _distribution(self, gene: int) -> optuna.distributions.BaseDistribution:
        import optuna

        count = self.task.domain.choices[gene]
        if self.task.domain.ordered[gene]:
            return optuna.distributions.IntDistribution(0, count - 1)
        return optuna.distributions.CategoricalDistribution(range(count))

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
