"""The two 1 x 1 convolutions of a MetaFormer block."""

from search_spaces.operators._common import HIDDEN_CHANNELS
from search_spaces.operators._mlp import ELASTIC, PARAMETERS
from search_spaces.operators._words import Operator

WORDS = Operator(
    name="mlp",
    slots=("channel_mixer",),
    summary="1 x 1 expand, activation, optional global response normalisation, 1 x 1 project, optional norms.",
    paper="Yu et al., MetaFormer, arXiv:2111.11418; GRN: Woo et al., ConvNeXt V2, arXiv:2301.00808",
    parameters=PARAMETERS,
    legal=(HIDDEN_CHANNELS,),
    elastic=ELASTIC,
    merges=True,
)
