"""MLP with a depthwise convolution inside: the channel mixer that also sees its neighbours (dw_mlp: before it)."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, bias, expansion, norm
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="mlp_dw",
    slots=("channel_mixer",),
    summary="1 x 1 expand, depthwise k x k (around it a shortcut or none), activation, 1 x 1 project; optional norms.",
    paper="Wang et al., PVT v2, arXiv:2106.13797; with a shortcut: Lin et al., SMT, ICCV 2023, arXiv:2307.08579",
    parameters=(
        expansion(),
        Parameter("kernel", "side of the depthwise kernel in taps", low=3, high=31, odd=True, default=3),
        Parameter("shortcut", "its input is added to its result", values=(False, True), default=False),
        activation("before the projection"),
        activation("after the expansion", default="none", name="first_activation"),
        norm("after each convolution (the last starts at zero, so that the block starts as identity)", default="none"),
        bias("of all convolutions", default=True),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("expansion", "kernel", "activation", "first_activation"),
    merges=True,
)
