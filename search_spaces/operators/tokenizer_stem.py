"""Convolutions with max pooling from the image to the first stage."""

from collections.abc import Mapping

from search_spaces.operators._common import activation, bias
from search_spaces.operators._words import Operator, Parameter, Value

POOL = 3  # side of the pooling window in pixels


def strides(stride: int, layers: int) -> list[tuple[int, int]]:
    """Return (stride of the convolution, stride of the pooling) of each layer.

    The halvings that make up ``stride`` go to the poolings first, then to the convolutions in turn.
    """
    halvings = stride.bit_length() - 1
    pools = [2 if i < halvings else 1 for i in range(layers)]
    rest = max(0, halvings - layers)
    return [(2 ** ((rest + layers - 1 - i) // layers), pool) for i, pool in enumerate(pools)]


def _pooled(side: int, stride: int, values: Mapping[str, Value]) -> int:
    kernel, layers = int(values["kernel"]), int(values["layers"])
    for conv, pool in strides(stride, layers):
        side = (side + 2 * (kernel // 2) - kernel) // conv + 1
        side = (side + 2 * (POOL // 2) - POOL) // pool + 1
    return side


WORDS = Operator(
    name="tokenizer_stem",
    slots=("stem",),
    summary="One or two layers of a k x k convolution, activation and 3 x 3 max pooling.",
    paper="Hassani et al., Escaping the Big Data Paradigm with Compact Transformers, 2021, arXiv:2104.05704",
    parameters=(
        Parameter(
            "stride",
            "pixels per output position; each pooling halves the side, the convolutions share the rest",
            values=(1, 2, 4, 8, 16),
        ),
        Parameter("layers", "convolutions, each followed by a pooling", values=(1, 2), default=1),
        Parameter("kernel", "side of the kernels in pixels", low=1, high=15, odd=True, default=3),
        Parameter("middle", "channels between two layers", low=1, high=1024, default=64),
        activation("after each convolution", default="relu"),
        bias("of the convolutions", default=False),
    ),
    reduced=_pooled,
)
