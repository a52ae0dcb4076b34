"""An empty place: no position convolution, norm, gate or channel mixer."""

from search_spaces.operators._words import Operator

WORDS = Operator(
    name="none",
    slots=("position", "norm", "gate", "channel_mixer"),
    summary="Nothing stands in this place.",
    paper="-",
)
