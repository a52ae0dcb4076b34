"""Mean of the positions weighted by attention, and a linear classifier."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="sequence_pool_head",
    slots=("head",),
    summary="LayerNorm, softmax over positions of one score each, weighted mean, one linear layer.",
    paper="Hassani et al., Escaping the Big Data Paradigm with Compact Transformers, 2021, arXiv:2104.05704",
    parameters=(Parameter("eps", "added to the variance", values=(1e-6, 1e-5), default=1e-5),),
)
