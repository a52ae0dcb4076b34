"""The parameters of two 1 x 1 convolutions with an activation between them."""

from search_spaces.operators._common import activation, bias, expansion, norm
from search_spaces.operators._words import Parameter

PARAMETERS = (
    expansion(),
    activation("after the expansion"),
    Parameter("grn", "global response normalisation of the hidden channels", values=(False, True), default=False),
    norm("after the projection (starts at zero, so that the block starts as identity)", default="none"),
    bias("of both convolutions; a norm after one of them takes the place of its bias", default=True),
    norm("of the hidden channels, before the activation", default="none", name="hidden_norm"),
)
ELASTIC = ("expansion", "activation", "grn")
