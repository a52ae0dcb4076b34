"""Global average pooling and two classifiers, one of them for a teacher."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="distilled_head",
    slots=("head",),
    summary="Mean over positions, mean of two classifiers (BatchNorm, linear); one linear layer when deployed.",
    paper="Touvron et al., DeiT, arXiv:2012.12877; Graham et al., LeViT, arXiv:2104.01136",
    parameters=(Parameter("norm", "norm before each classifier", values=("batch_norm", "none"), default="batch_norm"),),
    merges=True,
)
