"""Time-delay block: dilated convolutions in a cascade over parts of the channels, squeeze-and-excitation, shortcut."""

from search_spaces.operators._time_delay import REACHES, TIME_DELAY
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="res2_tdnn",
    slots=("channel_mixer",),
    summary="1 x 1, a cascade of dilated convolutions over parts of the channels, 1 x 1, SE, shortcut.",
    paper="Wang et al., EfficientTDNN, arXiv:2103.13581; Desplanques et al., ECAPA-TDNN, arXiv:2005.07143",
    parameters=(
        Parameter("ratio", "channels of the cascade / width", low=0.125, high=2, integer=False, default=1),
        Parameter("parts", "of the channels; all but the last are convolved", values=(1, 2, 4, 8), default=8),
        *TIME_DELAY,
        Parameter("reduction", "squeeze-and-excitation has width // reduction channels", low=1, high=32, default=4),
    ),
    legal=(REACHES,),
    elastic=("ratio", "kernel", "dilation", "activation", "reduction"),
)
