"""Our MetaFormers compute what timm's compute with the same weights."""

from __future__ import annotations

import pytest
import torch

from search_spaces.published import load_published
from supernet.network import build
from supernet.timm_weights.metaformer import MODELS, weights

timm = pytest.importorskip("timm")


@pytest.mark.parametrize("name", ["poolformerv2_s12", "convformer_s18", "caformer_s18"])
@torch.no_grad()
def test_outputs_equal_timms(name: str) -> None:
    torch.manual_seed(0)
    theirs = timm.create_model(name).eval()
    for parameter in theirs.parameters():  # scales and biases too
        parameter.add_(0.02 * torch.randn_like(parameter))
    architecture = load_published(MODELS[name])
    ours = build(architecture)
    ours.load_state_dict(weights(theirs.state_dict(), architecture))
    images = torch.randn(2, 3, 224, 224)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_of_timms_is_used(name: str) -> None:
    with torch.device("meta"):
        theirs = timm.create_model(name).state_dict()
    converted = weights(theirs, load_published(MODELS[name]))
    assert sum(value.numel() for value in converted.values()) == sum(value.numel() for value in theirs.values())
