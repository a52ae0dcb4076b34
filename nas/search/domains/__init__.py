"""What can be searched: the networks of a space, named parameters, a list of points."""

from nas.search.domains._domain import Domain, Genes, Point
from nas.search.domains.parameters import Configuration, Parameter, ParameterDomain
from nas.search.domains.pool import Member, PoolDomain
from nas.search.domains.space import SpaceDomain

__all__ = [
    "Configuration",
    "Domain",
    "Genes",
    "Member",
    "Parameter",
    "ParameterDomain",
    "Point",
    "PoolDomain",
    "SpaceDomain",
]
