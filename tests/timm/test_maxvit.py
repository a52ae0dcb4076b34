"""MaxViT is timm's: outputs on equal weights, and the sizes' parameters."""

from __future__ import annotations

import pytest
import timm
import torch

from search_spaces.published import load_published
from supernet.network import build
from supernet.timm_weights import convert
from supernet.timm_weights.maxvit import MODELS
from tests.conftest import randomise


@torch.no_grad()
def test_outputs() -> None:
    name = "maxvit_tiny_tf_224"
    theirs = timm.create_model(name).eval()
    randomise(theirs)
    ours = build(load_published(MODELS[name]))
    ours.load_state_dict(convert(name, theirs.state_dict()))
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    expected = theirs(x)
    torch.testing.assert_close(ours(x), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("name", MODELS)
def test_parameters(name: str) -> None:
    with torch.device("meta"):
        theirs, ours = timm.create_model(name), build(load_published(MODELS[name]))
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
