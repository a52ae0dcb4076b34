"""Gated linear unit whose gate sees its neighbours."""

from search_spaces.expressions import Expression
from search_spaces.operators._common import activation
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="conv_glu",
    slots=("channel_mixer",),
    summary="1 x 1 to a gate and a value; depthwise k x k and activation on the gate, product, 1 x 1 project.",
    paper="Shi, TransNeXt, CVPR 2024, arXiv:2311.17132; GLU: Dauphin et al., arXiv:1612.08083",
    parameters=(
        Parameter(
            "expansion",
            "hidden channels / width of an MLP with as many weights; gate and value have two thirds of them each",
            low=0.5,
            high=16,
            integer=False,
        ),
        Parameter("kernel", "side of the depthwise kernel on the gate", low=3, high=15, odd=True, default=3),
        activation("of the gate"),
    ),
    legal=(Expression("kernel <= 2 * side - 1"),),
    elastic=("expansion", "kernel", "activation"),
    merges=True,
)
