"""Normalisation over positions and channels together: group normalisation with one group."""

from search_spaces.operators._common import bias
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="group_norm",
    slots=("norm",),
    summary="Statistics over all channels and positions of an image (one group).",
    paper="Wu and He, Group Normalization, ECCV 2018, arXiv:1803.08494",
    parameters=(
        bias("after the learned factor", default=True),
        Parameter("eps", "added to the variance", values=(1e-6, 1e-5), default=1e-5),
    ),
)
