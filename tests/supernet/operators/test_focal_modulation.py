"""Focal modulation against its equations, position by position."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from tests.supernet.operators.one import maps, operator


@torch.no_grad()
def test_equals_its_equations() -> None:
    width, side, levels = 6, 7, 3
    module, x = operator("focal_modulation", width, side, levels=levels, window=5), maps(width, side)
    weight, bias = module.expand.weight[:, :, 0, 0], module.expand.bias
    mixed = torch.einsum("oc,nchw->nohw", weight, x) + bias.view(1, -1, 1, 1)
    query, context, gates = mixed[:, :width], mixed[:, width : 2 * width], mixed[:, 2 * width :]
    total = torch.zeros_like(query)
    for level in range(levels):
        kernel = module.contexts[level].weight
        assert kernel.shape == (width, 1, 5 + 2 * level, 5 + 2 * level)
        context = F.gelu(F.conv2d(context, kernel, padding=2 + level, groups=width))
        total += context * gates[:, 1 + level : 2 + level]
    total += F.gelu(context.mean((2, 3), keepdim=True)) * gates[:, :1]
    expected = module.project(query * module.mix(total))
    torch.testing.assert_close(module(x), expected, rtol=1e-10, atol=1e-10)
