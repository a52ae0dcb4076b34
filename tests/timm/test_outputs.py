"""Our networks compute what timm's compute with the same weights, for every model that can be imported."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from supernet import build
from supernet.timm_weights import SUPPORTED, architecture_of, convert
from tests.timm.oracle import assert_equal_outputs

# Other sizes are other numbers of the same structure; these run at 224 pixels.
RUN = (
    *("convnext_tiny", "inception_next_tiny", "poolformerv2_s12", "convformer_s18", "caformer_s18"),
    *("focalnet_tiny_srf", "repvgg_a0", "mobilenetv2_100", "efficientnet_b0", "resnet18", "resnet50"),
    *("resnext50_32x4d", "seresnet50", "ecaresnet50d", "maxvit_tiny_tf_224", "vovnet39a"),
)
# A small image shows whether their groups are timm's.
GROUPED = ("repvgg_b1g4", "resnest50d_4s2x40d", "resnest50d_1s4x24d")


@pytest.mark.parametrize("name", RUN)
def test_outputs_equal_timms(timm: Any, name: str) -> None:
    assert_equal_outputs(timm, name)


@pytest.mark.parametrize("name", GROUPED)
def test_outputs_of_grouped_networks_equal_timms(timm: Any, name: str) -> None:
    assert_equal_outputs(timm, name, side=64)


def test_isotropic_outputs_equal_timms(timm: Any) -> None:
    """ConvMixer keeps the side of its patches through all blocks; at 56 pixels it costs a sixteenth."""
    assert_equal_outputs(timm, "convmixer_768_32", side=56)


@pytest.mark.parametrize("name", SUPPORTED)
def test_every_weight_is_used(timm: Any, name: str) -> None:
    """On shapes alone, so that the largest costs nothing: each number of timm's is a number of ours."""
    with torch.device("meta"):
        theirs, ours = timm.create_model(name).state_dict(), build(architecture_of(name)).state_dict()
        converted = convert(name, theirs)
    assert {key: value.shape for key, value in converted.items()} == {key: value.shape for key, value in ours.items()}
    found = sum(value.numel() for key, value in theirs.items() if "num_batches" not in key)
    assert sum(value.numel() for key, value in converted.items() if "num_batches" not in key) == found
