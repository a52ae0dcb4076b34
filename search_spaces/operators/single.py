"""One residual around both mixers (MetaNeXt)."""

from search_spaces.operators._residual import LAYER_SCALE, REPEATS, RESIDUAL_SCALE
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="single",
    slots=("residual",),
    summary="x + channel_mixer(gate(norm(mixer(x)))): one residual and one norm.",
    paper="Yu et al., InceptionNeXt, CVPR 2024, arXiv:2303.16900; Liu et al., ConvNeXt, arXiv:2201.03545",
    parameters=(LAYER_SCALE, RESIDUAL_SCALE, REPEATS),
)
