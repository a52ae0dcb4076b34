"""No residual around the mixer, one around the channel mixer."""

from search_spaces.operators._residual import LAYER_SCALE, REPEATS, RESIDUAL_SCALE
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="channel_residual",
    slots=("residual",),
    summary="y = gate(norm(mixer(x))), then y + channel_mixer(y): for mixers that hold the identity themselves.",
    paper="Wang et al., RepViT, CVPR 2024, arXiv:2307.09283; Wang et al., LSNet, arXiv:2503.23135",
    parameters=(LAYER_SCALE, RESIDUAL_SCALE, REPEATS),
    merges=True,
)
