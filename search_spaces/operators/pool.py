"""Average pooling minus identity: a mixer without weights."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="pool",
    slots=("mixer",),
    summary="k x k average pooling at stride 1, minus its input.",
    paper="Yu et al., MetaFormer Is Actually What You Need for Vision, CVPR 2022, arXiv:2111.11418",
    parameters=(Parameter("kernel", "side of the window in pixels", low=3, high=31, odd=True),),
    legal=(Expression("kernel <= 2 * side - 1"),),
)
