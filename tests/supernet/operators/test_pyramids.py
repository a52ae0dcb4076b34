"""Mixers over halved maps: RecConv against its recursion, the wavelet transform against its matrix."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from supernet.operators.wavelet_mix import haar
from tests.supernet.operators.alone import frozen_operator, maps


@torch.no_grad()
@pytest.mark.parametrize("side", [8, 7, 13])
@pytest.mark.parametrize("levels", [1, 3])
def test_rec_conv_is_its_recursion(side: int, levels: int) -> None:
    module, x = frozen_operator("rec_conv", 6, side, kernel=5, levels=levels), maps(6, side)

    def mixed(level: int, y: torch.Tensor) -> torch.Tensor:
        if level < levels:
            down = F.conv2d(y, module.down.weight, None, 2, 2, groups=6)
            y = y + F.interpolate(mixed(level + 1, down), size=y.shape[2:], mode="bilinear", align_corners=False)
        return F.conv2d(y, module.convs[level].weight, None, 1, 2, groups=6)

    torch.testing.assert_close(module(x), mixed(0, x))


@pytest.mark.parametrize("side", [8, 7])
def test_haar_is_orthonormal_and_its_low_band_is_the_mean(side: int) -> None:
    x = maps(3, side)
    low, bands = haar(x)
    padded = F.pad(x, (0, side % 2, 0, side % 2))
    torch.testing.assert_close(low, 2 * F.avg_pool2d(padded, 2))
    torch.testing.assert_close(bands[:, ::4], low)
    torch.testing.assert_close(bands.square().sum(), x.square().sum())
    assert bands.shape == (2, 12, (side + 1) // 2, (side + 1) // 2)


def test_haar_bands_are_differences() -> None:
    x = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]])
    _, bands = haar(x)
    assert bands.flatten().tolist() == [7.5, (1 + 4 - 2 - 8) / 2, (1 + 2 - 4 - 8) / 2, (1 - 2 - 4 + 8) / 2]


@torch.no_grad()
@pytest.mark.parametrize("side", [8, 7])
def test_wavelet_mix_of_two_levels(side: int) -> None:
    module, x = frozen_operator("wavelet_mix", 8, side, levels=2, expansion=2, activation="gelu"), maps(8, side)
    first, second = module.mixers
    low, bands = haar(module.reduce(x))
    _, deeper = haar(low)
    below = second.enlarge(second.project(F.gelu(second.bands(deeper))))[:, :, : low.shape[2], : low.shape[3]]
    together = torch.cat((first.bands.weight, first.below.weight), dim=1)
    hidden = F.gelu(F.conv2d(torch.cat((bands, below), dim=1), together, first.bands.bias))
    want = first.enlarge(first.project(hidden))[:, :, :side, :side]
    torch.testing.assert_close(module(x), want)
