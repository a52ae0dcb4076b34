"""Scores of networks that nobody has trained, by name; one that is registered here gets its contract tests."""

from collections.abc import Mapping
from types import MappingProxyType

from predictors.zero_cost._score import Batch, NetworkScore, Score
from predictors.zero_cost.deepmad_entropy import DeepMadEntropy
from predictors.zero_cost.deepmad_rho import DeepMadRho
from predictors.zero_cost.grad_norm import GradNorm
from predictors.zero_cost.jacob_cov import JacobCov
from predictors.zero_cost.macs import Macs
from predictors.zero_cost.naswot import Naswot
from predictors.zero_cost.params import Params
from predictors.zero_cost.synflow import Synflow

SCORES: Mapping[str, Score] = MappingProxyType({
    "macs": Macs(),
    "params": Params(),
    "deepmad_entropy": DeepMadEntropy(),
    "deepmad_rho": DeepMadRho(),
    "synflow": Synflow(),
    "grad_norm": GradNorm(),
    "jacob_cov": JacobCov(),
    "naswot": Naswot(),
})  # fmt: skip

__all__ = ["SCORES", "Batch", "NetworkScore", "Score"]
