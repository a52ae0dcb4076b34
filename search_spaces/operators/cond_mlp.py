"""The two 1 x 1 convolutions of a MetaFormer block as mixtures of experts."""

from search_spaces.operators._common import HIDDEN_CHANNELS, activation, expansion
from search_spaces.operators._words import Operator
from search_spaces.operators.cond_conv import EXPERTS

WORDS = Operator(
    name="cond_mlp",
    slots=("channel_mixer",),
    summary="1 x 1 expand, activation, 1 x 1 project; both are sums of experts, weighted anew for every image.",
    paper="Yang et al., CondConv, NeurIPS 2019, arXiv:1904.04971",
    parameters=(expansion(), EXPERTS, activation("after the expansion")),
    legal=(HIDDEN_CHANNELS,),
    elastic=("expansion", "experts", "activation"),
)
