"""The parameters that residual styles share."""

from search_spaces.operators._words import Parameter

LAYER_SCALE = Parameter(
    "layer_scale",
    "first value of the learned factor of each channel of a residual branch; 0 for no such factor",
    low=0,
    high=1,
    integer=False,
    default=0.0,
)
RESIDUAL_SCALE = Parameter(
    "residual_scale",
    "a learned factor of each channel of the shortcut, 1 at first (NormFormer, arXiv:2110.09456)",
    values=(False, True),
    default=False,
)
REPEATS = Parameter(
    "repeats",
    "how often the block is applied with the same weights (Shen et al., SReT, arXiv:2111.05297)",
    low=1,
    high=8,
    default=1,
)
