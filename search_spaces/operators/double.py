"""One residual around each mixer, with the norm before it (MetaFormer)."""

from search_spaces.operators._residual import LAYER_SCALE, REPEATS, RESIDUAL_SCALE
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="double",
    slots=("residual",),
    summary="x + gate(mixer(norm(x))), then x + channel_mixer(norm(x)): two residuals, each with its own norm.",
    paper="Yu et al., MetaFormer Is Actually What You Need for Vision, CVPR 2022, arXiv:2111.11418",
    parameters=(
        LAYER_SCALE,
        RESIDUAL_SCALE,
        REPEATS,
        Parameter(
            "normed_shortcut",
            "the second shortcut starts behind the norm (Hassani et al., CCT, arXiv:2104.05704)",
            values=(False, True),
            default=False,
        ),
    ),
)
