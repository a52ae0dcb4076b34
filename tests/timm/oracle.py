"""Comparing our networks with timm's."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from supernet import build
from supernet.timm_weights import architecture_of, convert


@torch.no_grad()
def assert_equal_outputs(timm: Any, name: str, side: int = 224) -> None:
    """Give timm's model random weights and statistics; our network with them has the same outputs."""
    theirs = timm.create_model(name).eval()
    _randomise(theirs)
    ours = build(architecture_of(name))
    ours.load_state_dict(convert(name, theirs.state_dict()))
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    expected = theirs(x)
    assert expected.std() > 1e-3
    torch.testing.assert_close(ours(x) / expected.std(), expected / expected.std(), rtol=1e-4, atol=1e-4)


def _randomise(model: nn.Module) -> None:
    """Move every parameter of one dimension and all statistics away from where they begin."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 1 and tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator)
            var, weight = name.endswith("running_var"), name.endswith("weight")
            tensor.copy_(0.5 + noise.abs() if var else 1 + 0.2 * noise if weight else tensor + 0.2 * noise)
