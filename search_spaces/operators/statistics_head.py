"""Mean and deviation over positions, weighted by attention, then an embedding and a classifier."""

from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="statistics_head",
    slots=("head",),
    summary="1 x 1 convolution, (attentive) mean and deviation of each channel, embedding, linear; BatchNorm between.",
    paper="Okabe et al., Attentive Statistics Pooling, arXiv:1803.10963; Wang et al., EfficientTDNN, arXiv:2103.13581",
    parameters=(
        Parameter("features", "channels whose statistics are taken", low=1, high=8192, default=1536),
        activation("after the convolution", default="relu"),
        Parameter(
            "attention", "hidden channels of the attention over positions; 0 for none", low=0, high=1024, default=128
        ),
        Parameter("embedding", "features between the statistics and the classifier", low=1, high=4096, default=192),
    ),
    merges=True,
)
