"""The parameters that time-delay operators share."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Parameter

TIME_DELAY = (
    Parameter("kernel", "taps of the convolution along the sequence", low=1, high=15, odd=True, default=3),
    Parameter("dilation", "distance between taps", low=1, high=31, default=1),
    activation("after every convolution, before its norm", default="relu"),
)
# A tap further out than side - 1 positions never meets the sequence.
REACHES = Expression("(kernel - 1) * dilation <= 2 * side - 2")
