"""Downsamplings at even and odd sides against windows written out, and the side that their words promise."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from search_spaces.operators import OPERATORS
from tests.supernet.operators.alone import frozen_operator

NAMES = [name for name, words in OPERATORS.items() if "downsample" in words.slots and name != "conv_down"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sequence", [False, True])
@torch.no_grad()
def test_side_is_what_the_words_say(name: str, sequence: bool) -> None:
    for stride, side in ((1, 7), (2, 7), (2, 8), (2, 9), (3, 7), (4, 9)):
        module = frozen_operator(name, 4, side, 6, stride=stride, sequence=sequence)
        x = torch.randn(2, 4, 1 if sequence else side, side, dtype=torch.float64)
        defaults = {p.name: p.default for p in OPERATORS[name].parameters if p.default is not None}
        left = OPERATORS[name].reduced(side, stride, defaults)
        assert module(x).shape == (2, 6, 1 if sequence else left, left), (stride, side)


@pytest.mark.parametrize("kernel", [2, 3, 5, 7])
@pytest.mark.parametrize("side", [7, 8])
@torch.no_grad()
def test_every_pooling_leaves_the_same_side(kernel: int, side: int) -> None:
    for pool in ("max", "average"):
        module = frozen_operator("pool_down", 4, side, 6, stride=2, pool=pool, kernel=kernel)
        assert module(torch.randn(1, 4, side, side, dtype=torch.float64)).shape[2:] == (4, 4)


@torch.no_grad()
def test_average_pooling_counts_pixels_of_the_map_only() -> None:
    module = frozen_operator("pool_down", 3, 6, 5, stride=2, pool="average", norm="none")
    x = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    corners = [[(max(0, i - 1), i + 2, max(0, j - 1), j + 2) for j in (0, 2, 4)] for i in (0, 2, 4)]
    pooled = torch.stack([torch.stack([x[:, :, a:b, c:d].mean((2, 3)) for a, b, c, d in row], 2) for row in corners], 2)
    conv = module.conv.conv
    torch.testing.assert_close(module(x), F.conv2d(pooled, conv.weight, conv.bias))


@torch.no_grad()
def test_space_to_depth_is_pixel_unshuffle_of_the_padded_map() -> None:
    module = frozen_operator("space_to_depth", 3, 7, 5, stride=2, norm="none")
    x, conv = torch.randn(2, 3, 7, 7, dtype=torch.float64), module.conv.conv
    expected = F.conv2d(F.pixel_unshuffle(F.pad(x, (0, 1, 0, 1)), 2), conv.weight, conv.bias, padding=1)
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("outputs", [2, 4, 6])
@torch.no_grad()
def test_residual_down_adds_the_pooled_input(outputs: int) -> None:
    module = frozen_operator("residual_down", 4, 5, outputs, stride=2, before="none")
    x = torch.randn(2, 4, 5, 5, dtype=torch.float64)
    added = module(x) - module.conv(x)
    kept = min(4, outputs)
    torch.testing.assert_close(added[:, :kept, 2, 2], x[:, :kept, 4, 4])
    mean = x[:, :kept, 0:2, 2:4].mean((2, 3))
    torch.testing.assert_close(added[:, :kept, 0, 1], mean)
    assert added[:, kept:].abs().max() < 1e-12 if outputs > kept else True
