"""BoTorch's qLogNEHVI (Daulton et al., NeurIPS 2021; Ament et al., NeurIPS 2023) over neighbours of the front."""

from __future__ import annotations

import warnings

import numpy as np

from analysis.fronts import non_dominated
from benchmarks.engines._task import Floats, Question, Task
from nas.search.domains import Genes

_FIRST = 16  # random evaluations
_BATCH = 8
_CANDIDATES = 512
_TRIES = 64  # draws of as many, after which no more new ones are looked for
_SAMPLES = 128  # of the posterior


def search(task: Task) -> None:
    """Search in batches of eight, each the best among 512 new rows that differ from the front in a gene or two."""
    rng = np.random.default_rng(task.seed)
    rows = _new(task.question, np.zeros((0, len(task.question.choices)), dtype=np.int64), min(_FIRST, task.left), rng)
    values = task.evaluate_all(rows)
    while task.left:
        candidates = _neighbours(task.question, rows, values, rng)
        if not len(candidates):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scaling and jitter of its Gaussian processes
            chosen = candidates[_best(task, rows, values, candidates, min(_BATCH, task.left, len(candidates)))]
        rows = np.vstack([rows, chosen])
        values = np.vstack([values, task.evaluate_all(chosen)])


def _best(task: Task, rows: Genes, values: Floats, candidates: Genes, count: int) -> list[int]:
    """Return which candidates promise the most."""
    import torch
    from botorch.acquisition.multi_objective.logei import (  # pyright: ignore[reportMissingImports]
        qLogNoisyExpectedHypervolumeImprovement,
    )
    from botorch.fit import fit_gpytorch_mll  # pyright: ignore[reportMissingImports]
    from botorch.models import ModelListGP, SingleTaskGP  # pyright: ignore[reportMissingImports]
    from botorch.optim import optimize_acqf_discrete  # pyright: ignore[reportMissingImports]
    from botorch.sampling import SobolQMCNormalSampler  # pyright: ignore[reportMissingImports]
    from gpytorch.mlls import SumMarginalLogLikelihood  # pyright: ignore[reportMissingImports]

    torch.manual_seed(task.seed + len(rows))
    x, new = (torch.from_numpy(encoded(task.question, some)) for some in (rows, candidates))
    y = -torch.from_numpy(values)  # it maximises
    model = ModelListGP(*(SingleTaskGP(x, y[:, [column]]) for column in range(y.shape[1])))
    fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
    gain = qLogNoisyExpectedHypervolumeImprovement(
        model,
        ref_point=(-task.question.reference).tolist(),
        X_baseline=x,
        sampler=SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=task.seed + len(rows)),
        prune_baseline=True,
    )
    chosen, _ = optimize_acqf_discrete(gain, q=count, choices=new, unique=True)
    return [int((new == one).all(dim=1).nonzero()[0, 0]) for one in chosen]


def encoded(question: Question, rows: Genes) -> Floats:
    """Return rows [N,G] as numbers from 0 to 1: ordered genes one each, others one for each value, none 0."""
    columns = [
        np.maximum(rows[:, [gene]], 0) / (count - 1) if ordered else rows[:, [gene]] == np.arange(count)
        for gene, (count, ordered) in enumerate(zip(question.choices, question.ordered, strict=True))
    ]
    return np.hstack(columns).astype(np.float64)


def _neighbours(question: Question, rows: Genes, values: Floats, rng: np.random.Generator) -> Genes:
    """Return rows [N,G] that are new and differ from the front in one or two genes, or else random new ones."""
    front = rows[non_dominated(values, ["min"] * values.shape[1])]
    choices, genes = np.array(question.choices), np.arange(len(question.choices))
    found: dict[bytes, Genes] = {}
    seen = set(map(bytes, rows))
    for _ in range(_TRIES):
        changed = front[rng.integers(len(front), size=_CANDIDATES)]
        for _ in range(2):
            here = genes == rng.integers(len(genes), size=(_CANDIDATES, 1))
            changed = np.where(here, rng.integers(choices, size=changed.shape), changed)
        _collect(_members(question, changed, rng), seen, found)
        if len(found) >= _CANDIDATES:
            break
    return np.array(list(found.values())[:_CANDIDATES]) if len(found) >= _BATCH else _new(question, rows, _BATCH, rng)


def _new(question: Question, rows: Genes, count: int, rng: np.random.Generator) -> Genes:
    """Return random rows [N,G], all different and not among those given."""
    found: dict[bytes, Genes] = {}
    for _ in range(_TRIES):
        _collect(question.sample(_CANDIDATES, rng), set(map(bytes, rows)), found)
    return np.array(list(found.values())[:count]).reshape(-1, len(question.choices))


def _members(question: Question, rows: Genes, rng: np.random.Generator) -> Genes:
    """Return the rows that the domain has, nearest to these; what has come to exist is drawn."""
    drawn = np.where(rows < 0, rng.integers(np.array(question.choices), size=rows.shape), rows)
    return question.rows(question.places(question.existing(drawn)))


def _collect(rows: Genes, seen: set[bytes], found: dict[bytes, Genes]) -> None:
    found.update({key: row for key, row in zip(map(bytes, rows), rows, strict=True) if key not in seen})
