"""The two 1 x 1 convolutions of a MetaFormer block."""

from search_spaces.operators._common import activation, bias, expansion, norm
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="mlp",
    slots=("channel_mixer",),
    summary="1 x 1 expand, activation, optional global response normalisation, 1 x 1 project, optional norm.",
    paper="Yu et al., MetaFormer, arXiv:2111.11418; GRN: Woo et al., ConvNeXt V2, arXiv:2301.00808",
    parameters=(
        expansion(),
        activation("after the expansion"),
        Parameter("grn", "global response normalisation of the hidden channels", values=(False, True), default=False),
        norm("after the projection (starts at zero, so that the block starts as identity)", default="none"),
        bias("of both convolutions; a norm after the projection takes the place of its bias", default=True),
    ),
    elastic=("expansion", "activation", "grn"),
)
