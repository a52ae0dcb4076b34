"""Wavelet transform, MLP on every level, transposed convolutions back."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation, expansion
from search_spaces.operators._pyramid import CAN_HALVE
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="wavelet_mix",
    slots=("mixer",),
    summary="1 x 1 to a quarter, Haar transform of some levels, on each an MLP and a transposed convolution back.",
    paper="Jeevan et al., WaveMix: A Resource-efficient Neural Network for Image Analysis, arXiv:2205.14375",
    parameters=(
        Parameter("levels", "how often the low band is transformed again", low=1, high=5),
        expansion("hidden channels of the MLPs / width", high=8),
        activation("in the MLPs"),
    ),
    legal=(CAN_HALVE, Expression("width % 4 == 0")),
    elastic=("levels", "expansion", "activation"),
    merges=True,
)
