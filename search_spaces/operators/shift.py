"""Groups of channels moved by a few pixels: mixing without weights or multiplications."""

from search_spaces.expressions import Expression
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="shift",
    slots=("mixer",),
    summary="A share of the channels moves in each direction by some pixels, zeros follow; the rest stays.",
    paper="Wu et al., Shift, CVPR 2018, arXiv:1711.08141; as a mixer: Wang et al., ShiftViT, arXiv:2201.10801",
    parameters=(
        Parameter("directions", "4 for up, down, left and right; 8 for the diagonals too", values=(4, 8), default=4),
        Parameter("distance", "pixels that a channel moves", low=1, high=16, default=1),
        Parameter(
            "share", "share of the channels that moves in each direction", low=0.015625, high=0.25, integer=False
        ),
    ),
    legal=(Expression("directions * share <= 1"), Expression("distance < side"), Expression("width * share >= 1")),
)
