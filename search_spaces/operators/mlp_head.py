"""Global average pooling and a classifier of two linear layers."""

from search_spaces.operators._common import activation, expansion
from search_spaces.operators._words import Operator, Parameter

_NORMS = ("layer_norm", "none")

WORDS = Operator(
    name="mlp_head",
    slots=("head",),
    summary="Mean over positions, norm, linear, activation, norm, linear.",
    paper="Yu et al., MetaFormer Baselines for Vision, arXiv:2210.13452; InceptionNeXt, arXiv:2303.16900",
    parameters=(
        expansion("hidden features / width"),
        activation("after the first linear layer"),
        Parameter("before", "norm of the pooled channels", values=_NORMS, default="none"),
        Parameter("norm", "norm of the hidden features", values=_NORMS, default="layer_norm"),
    ),
)
