"""Large depthwise kernel with parallel dilated small ones in training, one kernel when deployed."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

# Parallel branches (kernel, dilation) by large kernel, as the authors' code has them (not tuned, they say).
BRANCHES: dict[int, tuple[tuple[int, int], ...]] = {
    5: ((3, 1), (3, 2)),
    7: ((5, 1), (3, 2), (3, 3)),
    9: ((5, 1), (5, 2), (3, 3), (3, 4)),
    11: ((5, 1), (5, 2), (3, 3), (3, 4), (3, 5)),
    13: ((5, 1), (7, 2), (3, 3), (3, 4), (3, 5)),
    15: ((5, 1), (7, 2), (3, 3), (3, 5), (3, 7)),
    17: ((5, 1), (9, 2), (3, 4), (3, 5), (3, 7)),
}

WORDS = Operator(
    name="dilated_reparam",
    slots=("mixer",),
    summary="Depthwise k x k plus dilated small branches, each with BatchNorm; merged into one k x k kernel.",
    paper="Ding et al., UniRepLKNet, CVPR 2024, arXiv:2311.15599",
    parameters=(Parameter("kernel", "side of the large kernel in taps", values=tuple(BRANCHES)),),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("kernel",),
    merges=True,
)
