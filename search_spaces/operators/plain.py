"""No residual of the block's own."""

from search_spaces.operators._residual import REPEATS
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="plain",
    slots=("residual",),
    summary="channel_mixer(gate(norm(mixer(x)))): only the shortcuts that the operators bring themselves.",
    paper="-",
    parameters=(REPEATS,),
)
