"""What the shipped spaces promise in their summaries."""

from __future__ import annotations

import numpy as np
import pytest

from search_spaces import InputError, load_space
from search_spaces.architecture import Layout
from search_spaces.published import load_published

CONTROLS = ("identityformer_s12", "randformer_s12", "poolformerv2_s12", "poolformerv2_s24")
MEMBERS = [*(("metaformer", name) for name in CONTROLS), ("repvgg", "repvgg_a0")]


@pytest.mark.parametrize(("space", "network"), MEMBERS)
def test_published_networks_are_members(space: str, network: str) -> None:
    assert load_space(space, scale="imagenet").contains(load_published(network))


@pytest.mark.parametrize(("space", "layout"), [("tdnn", "image"), ("repvgg", "sequence")])
def test_data_of_the_other_layout_is_refused(space: str, layout: Layout) -> None:
    problem = rf"{space}\.yaml:\d+: input: {space} is for .*s, and the data are {layout}s"
    with pytest.raises(InputError, match=problem):
        load_space(space, layout=layout)


def test_hybrid_never_returns_to_convolution_inside_a_stage() -> None:
    space, rng = load_space("hybrid", scale="small"), np.random.default_rng(0)
    order = ("sep_conv", "window_attention", "attention")
    splits = set()
    for _ in range(60):
        for stage in space.sample(rng).stages:
            places = [order.index(block.mixer.op) for block in stage.blocks]
            assert places == sorted(places)
            splits.add(tuple(places))
    assert {(0, 0, 1), (1, 2), (2, 2)} <= splits
