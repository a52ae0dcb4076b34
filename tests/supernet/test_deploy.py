"""BatchNorm folds into a convolution on either side of it, where that is exact."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from search_spaces.published import load_published
from supernet import build, deploy
from supernet.deploy import fold_norms
from tests.conftest import randomise


@pytest.mark.parametrize(("groups", "bias"), [(1, True), (2, False)])
@torch.no_grad()
def test_norms_before_and_after_fold(groups: int, bias: bool) -> None:
    conv = nn.Conv2d(4, 6, 2, stride=2, groups=groups, bias=bias)
    layers = nn.Sequential(nn.BatchNorm2d(4), conv, nn.BatchNorm2d(6)).double().eval()
    randomise(layers)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    expected = layers(x)
    (folded,) = fold_norms(list(layers))
    torch.testing.assert_close(folded(x), expected)


@torch.no_grad()
def test_a_norm_stays_before_padding() -> None:
    layers = nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, padding=1)).double().eval()
    randomise(layers)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    expected = layers(x)
    folded = nn.Sequential(*fold_norms(list(layers)))
    assert len(folded) == 2
    torch.testing.assert_close(folded(x), expected)


def test_a_deployed_inceptionnext_has_no_norm_left_but_the_heads() -> None:
    network = deploy(build(load_published("inceptionnext_atto")))
    assert [type(m) for m in network.modules() if "Norm" in type(m).__name__] == [nn.LayerNorm]
