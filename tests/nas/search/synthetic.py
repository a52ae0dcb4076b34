"""A search problem without networks: costs and accuracy are formulas over the architecture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, log

from nas.search.problem import Problem
from nas.search.records import Candidate, Evaluated
from nas.search.searchers import Searcher
from search_spaces import Architecture, SearchSpace, load_space

# What a mixer adds to quality, and how much more of the time of its MACs it takes.
_QUALITY = {"dw_conv": 1.0, "dilated_reparam": 1.1, "inception_dw": 0.8, "pool": 0.45, "identity": 0.15}
_SLOWNESS = {"dw_conv": 1.3, "dilated_reparam": 1.2, "inception_dw": 2.0, "pool": 1.5, "identity": 1.0}


def space(resolution: int = 32) -> SearchSpace:
    """Return the shipped space at its small scale, 10 classes."""
    return load_space("lk_convnet", scale="small", resolution=resolution, classes=10)


def price(architecture: Architecture) -> dict[str, float]:
    """Return costs of the right shape: they grow with width, depth, side, kernel and expansion."""
    macs = params = time = 0.0
    for stage, side in zip(architecture.stages, architecture.sides, strict=True):
        for block in stage.blocks:
            mixer = dict(block.mixer.params)
            mixing = stage.width * float(mixer.get("kernel", 3)) ** 2
            channels = 2 * stage.width**2 * block.channel_mixer["expansion"]
            macs += (mixing + channels) * side**2
            params += mixing + channels
            time += _SLOWNESS[block.mixer.op] * (3 * mixing + channels) * side**2 + 2e5
    return {"macs": int(macs), "params": int(params), "activations": 1000, "latency_ms": time / 1e7}


def cheap(architectures: Sequence[Architecture]) -> list[dict[str, float]]:
    """Return the costs of several architectures."""
    return [price(architecture) for architecture in architectures]


def accuracy(architecture: Architecture) -> float:
    """Return a fraction that saturates with capacity and likes large kernels early and good mixers."""
    quality = 0.0
    for index, stage in enumerate(architecture.stages):
        for block in stage.blocks:
            reach = block.mixer["kernel"] * dict(block.mixer.params).get("dilation", 1) if _sized(block) else 3
            wanted = (13, 9, 7, 5)[index]
            fit = exp(-(log(reach / wanted) ** 2))
            gain = _QUALITY[block.mixer.op] * (0.4 + 0.6 * fit) + (0.2 if block.gate.op == "se" else 0.0)
            quality += gain * log(stage.width) * (1 + 0.1 * block.channel_mixer["expansion"])
    return 0.95 * (1 - exp(-quality / 18))


def _sized(block) -> bool:
    return "kernel" in dict(block.mixer.params)


def evaluate(index: int, candidate: Candidate) -> Evaluated:
    """Return what a trial would journal."""
    metrics = {**candidate.metrics, "accuracy": accuracy(candidate.architecture)}
    return Evaluated(index, candidate.architecture, candidate.origin, "ok", None, metrics, 0.1)


def run(searcher: Searcher, evaluations: int) -> list[Evaluated]:
    """Run a search in this process; ends early when the searcher has nothing more to propose."""
    done: list[Evaluated] = []
    generation = 0
    while len(done) < evaluations:
        proposed = searcher.propose(generation, done)[: evaluations - len(done)]
        if not proposed:
            break
        done += [evaluate(len(done) + i, candidate) for i, candidate in enumerate(proposed)]
        generation += 1
    return done


def objectives(problem: Problem, evaluated: Iterable[Evaluated]) -> list[list[float]]:
    """Return the objectives of the feasible evaluations, [N, M]."""
    return [problem.values(one.metrics) for one in evaluated if problem.feasible(one.metrics)]
