"""Small scales of shipped spaces: a network taken out equals the active one, its merged form, and its priced parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictors.trace import trace
from predictors.values import PartValues
from search_spaces import load_space
from supernet import Supernet, deploy
from tests.conftest import randomise, samples


@pytest.mark.parametrize("name", ["mobile", "repvgg", "resnet", "tdnn"])
@torch.no_grad()
def test_networks_of_the_space(name: str) -> None:
    space = load_space(name, scale="small")
    net = Supernet(space).eval()
    randomise(net)
    values = PartValues("deploy", lambda _, traced: np.array([traced.params, sum(c.macs for c in traced.calls)]))
    x = torch.randn((2, *space.input_shape), generator=torch.Generator().manual_seed(1))
    for architecture in samples(space, 2):
        with net.activate(architecture):
            active = net(x)
        alone = net.extract(architecture)
        torch.testing.assert_close(alone(x), active, rtol=1e-4, atol=1e-5 * float(active.abs().max()))
        alone, merged = alone.double(), deploy(alone.double())
        expected = alone(x.double())
        torch.testing.assert_close(merged(x.double()), expected, rtol=1e-9, atol=1e-9 * float(expected.abs().max()))
        traced = trace(merged.float(), (1, *space.input_shape))
        assert list(values.total(architecture)) == [traced.params, sum(call.macs for call in traced.calls)]
