"""Kernels made for positions or images, against convolutions with one kernel at a time."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from tests.supernet.operators.alone import frozen_operator, maps

SIDE, WIDTH = 5, 8


@torch.no_grad()
def test_ls_conv_mixes_each_window_with_the_kernel_of_its_group() -> None:
    module, x = frozen_operator("ls_conv", WIDTH, SIDE, large=5, small=3, group=4), maps(WIDTH, SIDE)
    kernels = module.kernels["3"](module.look(x))
    assert kernels.shape == (2, SIDE, SIDE, 2, 9)
    padded, want = F.pad(x, (1, 1, 1, 1)), torch.zeros_like(x)
    for row in range(SIDE):
        for column in range(SIDE):
            for channel in range(WIDTH):
                window = padded[:, channel, row : row + 3, column : column + 3].flatten(1)
                want[:, channel, row, column] = (window * kernels[:, row, column, channel // 4]).sum(1)
    torch.testing.assert_close(module(x), module.norm(want))


@torch.no_grad()
def test_ls_conv_normalises_the_taps_of_each_group_over_the_map() -> None:
    module, x = frozen_operator("ls_conv", WIDTH, SIDE, group=4), maps(WIDTH, SIDE)
    made = module.kernels["3"]
    made.norm.weight.fill_(1)
    made.norm.bias.zero_()
    kernels = made(module.look(x))
    torch.testing.assert_close(kernels.mean((1, 2, 4)), torch.zeros(2, 2).double(), atol=1e-6, rtol=0)


@torch.no_grad()
def test_tvconv_is_a_convolution_with_the_kernel_of_each_position() -> None:
    module, x = frozen_operator("tvconv", WIDTH, SIDE, kernel=3), maps(WIDTH, SIDE)
    kernels, want = module.kernels(), torch.zeros_like(x)
    for row in range(SIDE):
        for column in range(SIDE):
            weight = kernels[row, column].view(WIDTH, 1, 3, 3)
            want[:, :, row, column] = F.conv2d(x, weight, None, 1, 1, groups=WIDTH)[:, :, row, column]
    torch.testing.assert_close(module(x), want)


@torch.no_grad()
def test_stored_kernels_of_tvconv_are_weights_of_its_side() -> None:
    merged = frozen_operator("tvconv", WIDTH, SIDE, kernel=3).merged()
    assert [tuple(p.shape) for p in merged.parameters()] == [(SIDE, SIDE, WIDTH, 9)]


@torch.no_grad()
def test_cond_conv_is_a_convolution_with_the_mixture_of_each_image() -> None:
    module, x = frozen_operator("cond_conv", WIDTH, SIDE, kernel=3, experts=4), maps(WIDTH, SIDE)
    shares = module.experts.route(x.mean((2, 3))).sigmoid()
    for one, share, y in zip(x, shares, module(x), strict=True):
        weight = (share.view(-1, 1, 1, 1) * module.experts.weights()).sum(0)[:, None]
        torch.testing.assert_close(y, F.conv2d(one[None], weight, None, 1, 1, groups=WIDTH)[0])


@torch.no_grad()
def test_cond_mlp_is_the_sum_of_experts() -> None:
    module, x = frozen_operator("cond_mlp", WIDTH, SIDE, expansion=2, experts=3, activation="none"), maps(WIDTH, SIDE)

    def mixed(experts, y: torch.Tensor) -> torch.Tensor:
        shares, weights = experts.route(y.mean((2, 3))).sigmoid(), experts.weights()
        results = [F.conv2d(y, weight[:, :, None, None]) for weight in weights]
        return sum(shares[:, i].view(-1, 1, 1, 1) * result for i, result in enumerate(results))  # type: ignore[return-value]

    torch.testing.assert_close(module(x), mixed(module.project, mixed(module.expand, x)))
