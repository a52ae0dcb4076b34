"""Operators that are tied to the side of their map, in a space over two resolutions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from predictors.values import PartValues
from search_spaces import Architecture, SearchSpace, load_space
from supernet import Supernet, deploy
from supernet.network import build
from tests.conftest import randomise

MIXERS = {
    "aggregated_attn": {"pool": [1, 2], "head_width": 8},
    "levit_attn": {"heads": [1, 2], "key_width": 8},
    "tvconv": {"kernel": [3, 5]},
}


@pytest.fixture(scope="module", params=MIXERS)
def space(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    path: Path = tmp_path_factory.mktemp("space") / "sides.yaml"
    document = {
        "schema_version": 1,
        "name": "sides",
        "input": {"channels": 1, "resolution": [20, 32]},
        "classes": 4,
        "stem": {"conv_stem": {"stride": 4, "norm": "batch_norm"}},
        "head": "linear_head",
        "stages": [{"depth": 1, "width": [8, 16]}],
        "block": {"mixer": {request.param: MIXERS[request.param]}},
    }
    path.write_text(yaml.safe_dump(document))
    return load_space(str(path))


def networks(space: SearchSpace) -> list[Architecture]:
    rng = np.random.default_rng(0)
    found = {network.digest: network for network in (space.sample(rng) for _ in range(40))}
    assert {network.resolution for network in found.values()} == {20, 32}
    return list(found.values())


@torch.no_grad()
def test_a_subnet_is_the_network_that_is_built_for_its_side(space: SearchSpace) -> None:
    supernet = Supernet(space).eval()
    randomise(supernet)
    for network in networks(space):
        x = torch.randn(2, 1, network.resolution, network.resolution, generator=torch.Generator().manual_seed(0))
        with supernet.activate(network):
            active = supernet(x)
        extracted, alone = supernet.extract(network), build(network)
        alone.load_state_dict(extracted.state_dict())
        for form in (extracted, alone, deploy(extracted)):
            torch.testing.assert_close(form(x), active, rtol=1e-4, atol=1e-4 * float(active.abs().max()))


def test_its_weights_are_those_that_are_counted(space: SearchSpace) -> None:
    supernet, counted = Supernet(space), PartValues("train", lambda part, trace: np.array([trace.params]))
    for network in networks(space):
        found = sum(p.numel() for p in supernet.extract(network).parameters())
        assert found == int(counted.total(network)[0])
