"""Normalisation and activation in one, by statistics of groups of channels of an image."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="evonorm_s0",
    slots=("norm",),
    summary="x * sigmoid(learned factor * x) / deviation of its group, then learned factor and bias.",
    paper="Liu et al., Evolving Normalization-Activation Layers, NeurIPS 2020, arXiv:2004.02967",
    parameters=(Parameter("groups", "groups of channels with common statistics", values=(1, 2, 4, 8, 16, 32)),),
    legal=(Expression("width % groups == 0"),),
)
