"""Dense dilated convolution along a sequence: one layer of a time-delay network."""

from search_spaces.operators._time_delay import REACHES, TIME_DELAY
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="tdnn",
    slots=("mixer", "channel_mixer", "downsample"),
    summary="Dense dilated convolution at the stride, activation, BatchNorm; on sequences one-dimensional.",
    paper="Wang et al., EfficientTDNN, TASLP 2022, arXiv:2103.13581",
    parameters=TIME_DELAY,
    legal=(REACHES,),
    elastic=("kernel", "dilation", "activation"),
)
