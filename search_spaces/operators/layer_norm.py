"""Layer normalisation over the channels of every position."""

from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="layer_norm",
    slots=("norm",),
    summary="Statistics over the channels of each position.",
    paper="Ba et al., Layer Normalization, 2016, arXiv:1607.06450",
    parameters=(
        bias("after the learned factor", default=True),
        Parameter("eps", "added to the variance", values=(1e-6, 1e-5), default=1e-6),
    ),
)
