"""The two 1 x 1 convolutions of a MetaFormer block with weights that are sums of Kronecker products."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, expansion
from search_spaces.operators._words import Operator
from search_spaces.operators.phc_conv import ALGEBRA

WORDS = Operator(
    name="phc_mlp",
    slots=("channel_mixer",),
    summary="1 x 1 expand, activation, 1 x 1 project; each weight is a sum of n Kronecker products.",
    paper="Grassucci et al., PHNNs: Parameterized Hypercomplex Convolutions, arXiv:2110.04176",
    parameters=(expansion("hidden channels / width, rounded down to a multiple of n"), ALGEBRA, activation("between")),
    legal=(Expression("width % n == 0"), Expression("width * expansion >= n")),
    elastic=("expansion", "activation"),
    merges=True,
)
