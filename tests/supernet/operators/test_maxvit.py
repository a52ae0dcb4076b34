"""MaxViT's inverted residual at odd sides and where the channels stay; timm compares whole networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from search_spaces.architecture import op_config
from supernet import deploy
from supernet.network import freeze
from supernet.operators import MODULES, Place
from supernet.same import SamePad
from tests.conftest import randomise
from tests.supernet.test_operator_export import difference, exported, onnx_session

CONFIG = op_config("downsample", {"op": "maxvit_mbconv", "expansion": 2}, "")


@pytest.mark.parametrize("side", range(1, 12))
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (5, 2), (3, 4), (3, 1)])
def test_same_padding(side: int, kernel: int, stride: int) -> None:
    """Every stride-th position starts a window; what is missing is split, the odd one at the end."""
    columns = SamePad(kernel, stride)(torch.ones(1, 1, side, side))[0, 0].amax(0)
    missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    assert columns.tolist() == [0] * (missing // 2) + [1] * side + [0] * (missing - missing // 2)


def downsampling(inputs: int, outputs: int) -> Any:
    module: Any = MODULES["maxvit_mbconv"](Place(inputs, outputs, 2, 9, between=True), [CONFIG])
    randomise(module)
    module.configure(CONFIG, inputs, outputs)
    return freeze(module.eval()).eval()


@torch.no_grad()
def test_shortcut_means_what_is_left_at_the_border() -> None:
    module = downsampling(16, 16)
    assert module.shortcut.widen is None
    x = torch.randn(1, 16, 7, 9)
    expected = torch.stack([x[..., i : i + 2, j : j + 2].mean((2, 3)) for i in range(0, 7, 2) for j in range(0, 9, 2)])
    torch.testing.assert_close(module.shortcut(x).flatten(2), expected.permute(1, 2, 0))


@torch.no_grad()
def test_odd_sides_leave_pytorch() -> None:
    module = deploy(downsampling(16, 24))
    session = onnx_session(exported(module, torch.randn(2, 16, 7, 9)))
    x = torch.randn(3, 16, 7, 9)
    y = torch.from_numpy(session.run(None, {"x": x.numpy()})[0])
    assert y.shape == (3, 24, 4, 5) and difference(y, module(x)) < 1e-4


@torch.no_grad()
def test_padding_is_tensorflows() -> None:
    """At an even side the first window starts at the first position, not before it."""
    module = downsampling(16, 16)
    y = module.expanded(module.expand(module.norm(torch.randn(1, 16, 8, 8))))
    expected = F.conv2d(F.pad(y, (0, 1, 0, 1)), module.depthwise.weight, stride=2, groups=32)
    torch.testing.assert_close(module.depthwise(module.pad(y)), expected)
