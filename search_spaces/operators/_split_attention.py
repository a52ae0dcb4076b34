"""The parameters of split attention, alone and inside a bottleneck."""

from search_spaces.operators._words import Parameter

SPLITS = (
    Parameter("radix", "splits; with 1 the weights are sigmoids", low=1, high=4, default=2),
    Parameter("groups", "cardinal groups: of a split, and of both layers of the attention", low=1, high=16, default=1),
    Parameter("kernel", "side of the kernel in taps", low=1, high=9, odd=True, default=3),
    Parameter(
        "reduction",
        "hidden channels are radix * channels // reduction, at least 32, rounded up to whole groups",
        low=1,
        high=16,
        default=4,
    ),
)
