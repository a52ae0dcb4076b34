"""CCT: convolutional tokenizer, transformer blocks of one width, sequence pooling."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage


def cct(depth: int, width: int, heads: int, expansion: int, *, kernel: int, layers: int, stride: int) -> Json:
    """Return a CCT for images of 32 pixels and 10 classes; ``kernel``, ``layers``, ``stride`` of the tokenizer."""
    parts = {
        "residual": op("double", normed_shortcut=True),
        "mixer": op("attention", heads=heads, head_width=width // heads, bias=True),
        "norm": op("layer_norm", eps=1e-5),
        "channel_mixer": op("mlp", expansion=expansion),
    }
    first = block(position=op("learned_position"), **parts)
    return network(
        stem=op("tokenizer_stem", stride=stride, layers=layers, kernel=kernel),
        stages=[stage(width, [first, *[block(**parts)] * (depth - 1)])],
        head=op("sequence_pool_head"),
        resolution=32,
        classes=10,
    )


FAMILY = Family(
    paper="Hassani et al., Escaping the Big Data Paradigm with Compact Transformers, 2021, arXiv:2104.05704",
    year=2021,
    source="authors' repository",
    networks={
        "cct_7_3x1_c10": Published(
            cct(7, 256, 4, 2, kernel=3, layers=1, stride=2), None, "98.0 % on CIFAR-10 after 5,000 epochs"
        ),
    },
)
