"""RepVGG's branches and their merged form."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from supernet import deploy
from tests.supernet.operators.alone import frozen_operator, maps


@pytest.mark.parametrize(
    ("outputs", "stride", "kernel", "groups"), [(6, 1, 3, 1), (6, 2, 3, 1), (8, 1, 5, 1), (8, 2, 1, 1), (6, 1, 3, 3)]
)
@torch.no_grad()
def test_branches_are_one_convolution_when_deployed(outputs: int, stride: int, kernel: int, groups: int) -> None:
    module = frozen_operator("repvgg", 6, 9, outputs, stride=stride, kernel=kernel, groups=groups)
    x = maps(6, 9)
    branches = [module.dense, module.point] + ([module.same] if (outputs, stride) == (6, 1) else [])
    expected = F.relu(torch.stack([branch(x) for branch in branches]).sum(0))
    torch.testing.assert_close(module(x), expected)
    merged = deploy(module)
    convs = [layer for layer in merged.modules() if isinstance(layer, nn.Conv2d)]
    assert [(conv.kernel_size, conv.groups) for conv in convs] == [((kernel, kernel), groups)]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in merged.modules())
    torch.testing.assert_close(merged(x), expected)
