"""The two 1 x 1 convolutions of a MetaFormer block."""

from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="mlp",
    slot="channel_mixer",
    summary="1 x 1 expand, activation, optional global response normalisation, 1 x 1 project, norm.",
    paper="Ding et al., UniRepLKNet, arXiv:2311.15599; GRN: Woo et al., ConvNeXt V2, arXiv:2301.00808",
    parameters=(
        Parameter("expansion", "hidden channels / width", low=1, high=8),
        Parameter("activation", "after the expansion", values=("gelu", "relu", "silu", "hard_swish")),
        Parameter("grn", "global response normalisation of the hidden channels", values=(False, True)),
    ),
)
