"""Regressors of a network's value, by name; one that is registered here gets its contract tests."""

from collections.abc import Mapping
from types import MappingProxyType

from predictors.regressors._process import Posterior, Process
from predictors.regressors._regressor import Regressor
from predictors.regressors.encoded import Encoded, standardised
from predictors.regressors.ensemble import Ensemble
from predictors.regressors.gaussian_process import GaussianProcess
from predictors.regressors.non_negative import NonNegative
from predictors.regressors.perceptrons import Perceptrons
from predictors.regressors.relevance_process import RelevanceProcess
from predictors.regressors.ridge import Ridge
from predictors.regressors.support_vectors import SupportVectors
from predictors.regressors.trees import Boosting, Forest

REGRESSORS: Mapping[str, type[Regressor]] = MappingProxyType({
    "non_negative": NonNegative,
    "ridge": Ridge,
    "gaussian_process": GaussianProcess,
    "relevance_process": RelevanceProcess,
    "boosting": Boosting,
    "forest": Forest,
    "support_vectors": SupportVectors,
    "perceptrons": Perceptrons,
})  # fmt: skip

__all__ = [
    "REGRESSORS",
    "Encoded",
    "Ensemble",
    "GaussianProcess",
    "Posterior",
    "Process",
    "Regressor",
    "RelevanceProcess",
    "standardised",
]
