"""A space of ten stages with three choices each, and a function of it that costs nothing to evaluate.

A stage chooses a kernel (six ordered values, k from 0 to 1), a mixer (four values without order) and a number of
blocks (1 to 12, d from 0 to 1). Both objectives are minimised and lie in [0, 1].

cost: the mean over stages s of w_s (0.15 + 0.85 d) (0.4 + 0.6 k) c_m, divided by its largest value; a mixer costs c_m
from 0.55 to 1, and the weight w_s of a stage falls and rises again.

error: four shortfalls, each from 0 to 1, in fixed shares: of depth, (1 - d)^2, with diminishing returns; of the mixer,
which each stage likes in an order of its own; of the kernel, ((k - k*) / max)^2 about an optimum k* that the mixer
decides; and two ridges between neighbouring stages, (d' - d - 0.5 (k - 0.5))^2 and (k + k' - 2 d')^2, of which the
narrow valleys cannot be followed by changing one choice at a time.

Both are raised to the power of 0.75, with which random search reaches a hypervolume of 0.68 in 200 evaluations, to the
reference point (1.1, 1.1).

In the conditional space a parameter in front says how many stages there are, one to ten; the choices of the others do
not exist. A stage that does not exist costs nothing and falls short in everything.
"""

from __future__ import annotations

import numpy as np

from analysis.fronts import Objective
from benchmarks.engines._task import Floats, Question
from nas.search.domains import Genes, Parameter, ParameterDomain

STAGES, KERNELS, MIXERS, BLOCKS = 10, 6, 4, 12
OBJECTIVES = (Objective("error", "min"), Objective("cost", "min"))
REFERENCE = 1.1
_MIXER_COST = np.array([0.55, 0.7, 0.85, 1.0])
_BEST_KERNEL = np.array([0.2, 0.9, 0.5, 0.7])  # of each mixer
_DEPTH, _MIXER, _KERNEL, _RIDGE = 0.3, 0.2, 0.15, 0.35  # shares of the error
_POWER = 0.75


def error_and_cost(rows: Genes) -> Floats:
    """Return both objectives [N,2] of rows [N,30]; a stage of -1 does not exist."""
    kernel, mixer, blocks = np.moveaxis(rows.reshape(-1, STAGES, 3), 2, 0)
    exists = blocks >= 0
    k, d = kernel / (KERNELS - 1), np.where(exists, blocks / (BLOCKS - 1), 0.0)
    error = _DEPTH * np.mean((1 - d) ** 2, axis=1)
    for share, shortfall in ((_MIXER, _liking()[np.arange(STAGES), mixer]), (_KERNEL, _misfit(k, mixer))):
        error += share * np.mean(np.where(exists, shortfall, 1.0), axis=1)
    error += _RIDGE * np.mean(np.where(exists[:, 1:], _ridges(k, d), 1.0), axis=1)
    cost = _weights() * (0.15 + 0.85 * d) * (0.4 + 0.6 * k) * _MIXER_COST[mixer]
    return np.stack([error, np.sum(np.where(exists, cost, 0.0), axis=1)], axis=1) ** _POWER


def synthetic_question(conditional: bool = False) -> Question:
    """Return the search of the space, all of whose rows exist, or of the one whose later stages may not."""
    parameters = [
        Parameter(f"{name}{stage}", tuple(range(count)), ordered, _condition(stage) if conditional else {})
        for stage in range(1, STAGES + 1)
        for name, count, ordered in (("kernel", KERNELS, True), ("mixer", MIXERS, False), ("blocks", BLOCKS, True))
    ]
    front = [Parameter("stages", tuple(range(1, STAGES + 1)), ordered=True)] if conditional else []
    domain = ParameterDomain([*front, *parameters])
    return Question(
        table="synthetic_conditional" if conditional else "synthetic",
        objectives=OBJECTIVES,
        choices=domain.choices,
        ordered=tuple(parameter.ordered for parameter in domain.parameters),
        conditions={1 + gene: (0, frozenset(range(gene // 3, STAGES))) for gene in range(3, 3 * STAGES)}
        if conditional
        else {},
        domain=domain,
        raw=lambda genes: error_and_cost(genes[:, -3 * STAGES :]),
        low=np.zeros(2),
        high=np.ones(2),
        reference=np.full(2, REFERENCE),
        size=domain.cardinality(),
    )


def _condition(stage: int) -> dict[str, range]:
    return {"stages": range(stage, STAGES + 1)} if stage > 1 else {}


def _weights() -> Floats:
    """Return what a stage costs at most [10], in all 1."""
    weights = 1 + 0.5 * np.cos(2 * np.pi * np.arange(STAGES) / STAGES)
    return weights / weights.sum()


def _liking() -> Floats:
    """Return how little each stage likes each mixer [10,4], from 0 to 1."""
    stage, mixer = np.arange(STAGES)[:, None], np.arange(MIXERS)
    return (3 * mixer + stage * (1 + stage // 4)) % MIXERS / (MIXERS - 1)


def _misfit(k: Floats, mixer: Genes) -> Floats:
    best = _BEST_KERNEL[mixer]
    return ((k - best) / np.maximum(best, 1 - best)) ** 2


def _ridges(k: Floats, d: Floats) -> Floats:
    """Return how far neighbouring stages [N,9] are from both valleys, from 0 to 1."""
    depth = (d[:, 1:] - d[:, :-1] - 0.5 * (k[:, :-1] - 0.5)) ** 2 / 1.25**2
    kernel = (k[:, :-1] + k[:, 1:] - 2 * d[:, 1:]) ** 2 / 4
    return (depth + kernel) / 2
