"""Global average pooling and a linear classifier, with a norm before, between or after."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="linear_head",
    slots=("head",),
    summary="Mean over positions, norm over channels, one linear layer.",
    paper="Liu et al., A ConvNet for the 2020s, CVPR 2022, arXiv:2201.03545",
    parameters=(
        Parameter(
            "norm",
            "norm of the channels",
            values=("layer_norm", "batch_norm", "group_norm", "none"),
            default="layer_norm",
        ),
        Parameter("before_pool", "the norm stands before the mean over positions", values=(False, True), default=False),
        Parameter("norm_bias", "bias of the norm", values=(False, True), default=True),
    ),
)
