"""CCT: convolutional tokenizer, transformer blocks of one width, sequence pooling."""

from __future__ import annotations

from search_spaces.published.families._frame import Family, Json, Published, block, network, op, stage


def cct(
    size: tuple[int, int, int, int], tokenizer: tuple[int, int, int], resolution: int = 32, classes: int = 10
) -> Json:
    """Return a CCT: ``size`` is (depth, width, heads, MLP expansion), ``tokenizer`` (kernel, layers, stride)."""
    (depth, width, heads, expansion), (kernel, layers, stride) = size, tokenizer
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
        resolution=resolution,
        classes=classes,
    )


FAMILY = Family(
    paper="Hassani et al., Escaping the Big Data Paradigm with Compact Transformers, 2021, arXiv:2104.05704",
    year=2021,
    source="README of github.com/SHI-Labs/Compact-Transformers",
    networks={
        "cct_2_3x2_c10": Published(cct((2, 128, 2, 1), (3, 2, 4)), None, "89.2 % on CIFAR-10 after 200 epochs"),
        "cct_4_3x2_c10": Published(cct((4, 128, 2, 1), (3, 2, 4)), None, "91.5 % on CIFAR-10 after 200 epochs"),
        "cct_6_3x2_c10": Published(cct((6, 256, 4, 2), (3, 2, 4)), None, "93.6 % on CIFAR-10 after 200 epochs"),
        "cct_7_3x2_c10": Published(cct((7, 256, 4, 2), (3, 2, 4)), None, "93.8 % on CIFAR-10 after 200 epochs"),
        "cct_7_3x1_c10": Published(cct((7, 256, 4, 2), (3, 1, 2)), None, "98.0 % on CIFAR-10 after 5,000 epochs"),
        "cct_14_7x2": Published(cct((14, 384, 6, 3), (7, 2, 16), resolution=224, classes=1000), 80.67),
    },
)
