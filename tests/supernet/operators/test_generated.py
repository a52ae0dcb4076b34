"""Generated kernels against loops over their elements."""

from __future__ import annotations

from math import floor

import pytest
import torch

from supernet.generated import ElasticSpacedConv2d, PointConv2d, SpacedConv2d


@torch.no_grad()
def test_bilinear_elements_are_shared_by_four_taps() -> None:
    conv = SpacedConv2d(3, 9, 5, gaussian=False, bias=True).double()
    conv.positions.uniform_(-3.9, 3.9, generator=torch.Generator().manual_seed(0))
    expected = torch.zeros(3, 9, 9, dtype=torch.float64)
    for c in range(3):
        for m in range(5):
            row, column = (float(p) + 4 for p in conv.positions[:, c, m])
            r, s = floor(row), floor(column)
            for i, by_row in ((r, 1 - (row - r)), (r + 1, row - r)):
                for j, by_column in ((s, 1 - (column - s)), (s + 1, column - s)):
                    expected[c, i, j] += conv.weight[c, m] * by_row * by_column
    torch.testing.assert_close(conv.kernel(), expected)


@torch.no_grad()
def test_elements_at_whole_distances_are_a_dilated_kernel() -> None:
    conv = SpacedConv2d(2, 7, 9, gaussian=False, bias=False)
    places = torch.tensor([-3.0, 0.0, 3.0])
    conv.positions.copy_(torch.cartesian_prod(places, places).T.unsqueeze(1).expand(2, 2, 9))
    kernel = conv.kernel()
    torch.testing.assert_close(kernel[:, ::3, ::3].flatten(1), conv.weight)
    assert kernel.count_nonzero() == 18


@torch.no_grad()
def test_gaussians_have_the_mass_of_their_elements() -> None:
    conv = SpacedConv2d(3, 9, 4, gaussian=True, bias=False).double()
    kernel = conv.kernel()
    torch.testing.assert_close(kernel.sum((1, 2)), conv.weight.sum(1))
    alone = SpacedConv2d(1, 9, 1, gaussian=True, bias=False)
    alone.positions.fill_(1.0)
    assert int(alone.kernel().abs().argmax()) == 5 * 9 + 5  # one below and right of the centre


def test_positions_learn() -> None:
    for conv in (SpacedConv2d(2, 7, 3, True, False), SpacedConv2d(2, 7, 3, False, False), PointConv2d(2, 7, 3)):
        conv(torch.randn(1, 2, 8, 8)).square().sum().backward()
        assert conv.positions.grad is not None and conv.positions.grad.abs().sum() > 0


@torch.no_grad()
@pytest.mark.parametrize("gaussian", [False, True])
def test_positions_stay_inside_a_smaller_grid(gaussian: bool) -> None:
    conv = ElasticSpacedConv2d(2, 9, 3, gaussian, bias=False)
    conv.positions.fill_(4.0)
    conv.configure(2, 5, 3, False, False)
    kernel = conv.kernel()
    torch.testing.assert_close(kernel[:, 4, 4], conv.weight.sum(1))
    assert kernel.count_nonzero() == 2


@torch.no_grad()
def test_points_are_cones() -> None:
    conv = PointConv2d(2, 5, 3).double()
    conv.radii.copy_(torch.tensor([0.7, 1.5, 9.0]))  # the last one is kept at half the side
    expected = torch.zeros(2, 5, 5, dtype=torch.float64)
    for p, radius in enumerate((0.7, 1.5, 2.0)):
        for i in range(5):
            for j in range(5):
                row, column = conv.positions[p].tolist()
                share = max(0.0, 1 - (abs(i - 2 - row) + abs(j - 2 - column)) / radius)
                expected[:, i, j] += conv.weight[:, p] * share
    torch.testing.assert_close(conv.kernel(), expected)
