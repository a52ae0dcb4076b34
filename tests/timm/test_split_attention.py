"""Our split attention is timm's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.conftest import randomise
from tests.supernet.operators.alone import frozen_operator, maps


@pytest.mark.parametrize(("radix", "groups"), [(1, 1), (2, 1), (4, 1), (1, 4), (2, 4)])
@torch.no_grad()
def test_equals_timms(radix: int, groups: int) -> None:
    from timm.layers.split_attn import SplitAttn

    width, side = 128, 6
    theirs = SplitAttn(width, kernel_size=3, radix=radix, groups=groups, norm_layer=nn.BatchNorm2d).double().eval()
    randomise(theirs)
    ours = frozen_operator("split_attention", width, side, radix=radix, groups=groups).layer
    for split, (rows, values) in enumerate(
        zip(
            theirs.conv.weight.chunk(radix),
            zip(*(t.chunk(radix) for t in statistics(theirs.bn0)), strict=True),
            strict=True,
        )
    ):
        ours.splits[split].conv.weight.copy_(rows)
        for tensor, value in zip(statistics(ours.splits[split].norm), values, strict=True):
            tensor.copy_(value)
    ours.squeeze.conv.load_state_dict(theirs.fc1.state_dict())
    ours.squeeze.norm.load_state_dict(theirs.bn1.state_dict())
    # timm's scores are [groups, radix, channels of a group].
    for split, excite in enumerate(ours.excite):
        for name, tensor in theirs.fc2.state_dict().items():
            excite.conv.get_parameter(name).copy_(tensor.unflatten(0, (groups, radix, -1))[:, split].flatten(0, 1))
    x = maps(width, side)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-9, atol=1e-9)


def statistics(norm: nn.Module) -> list[torch.Tensor]:
    """Return weight, bias, mean and variance."""
    return [norm.get_parameter("weight"), norm.get_parameter("bias"), *list(norm.buffers())[:2]]
