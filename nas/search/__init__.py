"""The search engine: problems, domains, strategies, journals; over networks or any function of points."""

from analysis.fronts import Objective
from nas.search.domains import Configuration, Domain, Parameter, ParameterDomain, PoolDomain, SpaceDomain
from nas.search.function import search
from nas.search.problem import Constraint, Problem
from nas.search.records import Evaluated

__all__ = [
    "Configuration",
    "Constraint",
    "Domain",
    "Evaluated",
    "Objective",
    "Parameter",
    "ParameterDomain",
    "PoolDomain",
    "Problem",
    "SpaceDomain",
    "search",
]
