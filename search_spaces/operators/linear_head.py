"""Global average pooling, norm, linear classifier."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="linear_head",
    slot="head",
    summary="Mean over positions, LayerNorm over channels, one linear layer.",
    paper="Liu et al., A ConvNet for the 2020s, CVPR 2022, arXiv:2201.03545",
)
