"""Our network with timm's weights gives timm's outputs."""

from __future__ import annotations

import torch
from torch import nn

from supernet import build
from supernet.timm_weights import architecture_of, convert


@torch.no_grad()
def check(name: str) -> None:
    """Compare the outputs at 224 px with random weights, statistics and layer scales."""
    import timm

    theirs = timm.create_model(name).eval()
    randomise(theirs)
    ours = build(architecture_of(name))
    ours.load_state_dict(convert(name, theirs.state_dict()))
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    expected = theirs(x)
    assert expected.std() > 0.01
    torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


def randomise(module: nn.Module) -> None:
    """Draw every weight such that signals keep their size, every factor near 1, every statistic."""
    generator = torch.Generator().manual_seed(0)
    for tensor in module.state_dict().values():
        if tensor.ndim > 1:
            tensor.copy_(torch.randn(tensor.shape, generator=generator) / tensor[0].numel() ** 0.5)
        elif tensor.is_floating_point():
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
