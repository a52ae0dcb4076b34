"""One code path: extracted = active, merged = train form, dilated = masked dense, published counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from search_spaces import InputError, SearchSpace, load_space
from supernet import Supernet, build, deploy
from supernet.elastic import Elastic, ElasticConv2d, ElasticDepthwiseConv2d
from supernet.primitive import prefix
from tests.conftest import randomise, samples


def images(space: SearchSpace, count: int = 2) -> torch.Tensor:
    return torch.randn((count, *space.input_shape), generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def supernet(tiny_space: SearchSpace) -> Supernet:
    net = Supernet(tiny_space)
    randomise(net)
    return net.eval()


@torch.no_grad()
def test_extracted_equals_active_and_merged_equals_both(supernet: Supernet) -> None:
    x = images(supernet.space)
    for network in samples(supernet.space, 12):
        with supernet.activate(network):
            active = supernet(x)
        alone = supernet.extract(network)
        torch.testing.assert_close(alone(x), active, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(deploy(alone)(x), active, rtol=1e-5, atol=1e-5)
        double = alone.double()
        torch.testing.assert_close(deploy(double)(x.double()), double(x.double()), rtol=1e-12, atol=1e-12)


@torch.no_grad()
def test_shipped_space_extracts_and_merges(small_space: SearchSpace) -> None:
    net = Supernet(small_space)
    randomise(net)
    net.eval()
    x = images(small_space)
    for network in samples(small_space, 6):
        with net.activate(network):
            active = net(x)
        alone = net.extract(network)
        torch.testing.assert_close(alone(x), active, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(deploy(alone)(x), active, rtol=1e-5, atol=1e-4 * float(active.abs().max()))


SIZED = """
schema_version: 1
name: sized
input: {channels: 1, resolution: [16, 12]}
classes: 3
stem: {conv_stem: {stride: 2, norm: batch_norm}}
head: {linear_head: {}}
stages: [{depth: 2, width: [8, 16]}]
block:
  residual: {double: {}}
  position: {learned_position: {}}
  mixer: {gnconv: {order: [1, 2], kernel: [0, 3]}, oversized_conv: {kernel: 3}, random_mixing: {}}
"""


@torch.no_grad()
def test_a_network_of_a_smaller_resolution_is_as_if_built_alone(tmp_path: Path) -> None:
    """Weights that belong to positions or frequencies are those of the network's own resolution."""
    path = tmp_path / "sized.yaml"
    path.write_text(SIZED)
    net = Supernet(load_space(str(path))).eval()
    randomise(net)
    for network in samples(net.space, 12):
        x = torch.randn(2, *network.input_shape)
        with net.activate(network):
            active = net(x)
        alone = build(network)
        alone.load_state_dict(net.extract(network).state_dict())
        torch.testing.assert_close(alone(x), active, rtol=1e-4, atol=1e-4 * float(active.abs().max()))


def test_extracted_weights_are_its_own_and_plain(supernet: Supernet) -> None:
    network = supernet.extract(supernet.space.largest())
    assert not any(isinstance(module, Elastic) for module in network.modules())
    shared = {p.untyped_storage().data_ptr() for p in supernet.parameters()}
    for tensor in network.state_dict().values():
        assert tensor.is_contiguous() and tensor.untyped_storage().data_ptr() not in shared


def test_activation_is_undone_and_foreign_networks_are_refused(supernet: Supernet, small_space: SearchSpace) -> None:
    before = supernet.architecture
    with pytest.raises(RuntimeError, match="stop"), supernet.activate(supernet.space.smallest()):
        raise RuntimeError("stop")
    assert supernet.architecture == before
    with pytest.raises(InputError, match="not in the space"), supernet.activate(small_space.largest()):
        pass


@torch.no_grad()
def test_the_network_before_runs_again_after_an_activation(supernet: Supernet) -> None:
    """Its modules are set again only when it runs; also inside another activation, and after weights were loaded."""
    x, (*_, outer, inner) = images(supernet.space), samples(supernet.space, 2)
    before = supernet(x)
    with supernet.activate(outer):
        own = supernet(x)
        with supernet.activate(inner):
            assert not torch.equal(supernet(x), own)
        assert torch.equal(supernet(x), own)
        supernet.load_state_dict(supernet.state_dict())
        assert torch.equal(supernet(x), own)
    assert not torch.equal(before, own) and torch.equal(supernet(x), before)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (3, 4), (5, 2), (9, 1)])
@torch.no_grad()
def test_a_dilated_kernel_is_the_masked_dense_kernel(kernel: int, dilation: int) -> None:
    conv = ElasticDepthwiseConv2d(6, (9, 9))
    conv.configure(4, (kernel, kernel), dilation)
    x = torch.randn(2, 4, 12, 12)
    mask = torch.zeros(9, 9)
    taps = [4 + dilation * i for i in range(-(kernel // 2), kernel // 2 + 1)]
    mask[np.ix_(taps, taps)] = 1
    expected = nn.functional.conv2d(x, conv.weight[:4] * mask, padding=4, groups=4)
    torch.testing.assert_close(conv(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kernel", [(3, 3), (5, 7), (7, 7)])
def test_the_active_weight_has_the_gradient_of_slices(kernel: tuple[int, int]) -> None:
    conv, (rows, columns) = ElasticConv2d(6, 8, 7), (slice(3 - k // 2, 4 + k // 2) for k in kernel)
    conv.configure(4, 5, kernel)
    weight, _ = conv.active()
    towards, expected = torch.randn_like(weight), torch.zeros_like(conv.weight)
    weight.backward(towards)
    expected[:5, :4, rows, columns] = towards
    assert conv.weight.grad is not None and torch.equal(conv.weight.grad, expected)


def test_the_active_channels_of_a_weight_are_one_view() -> None:
    """Each view of a view would fill one more gradient of the full size with zeros."""
    conv: Any = ElasticConv2d(6, 8)
    conv.configure(4, 5)
    (after, _), *_ = conv.active()[0].grad_fn.next_functions
    assert after.name() == "torch::autograd::AccumulateGrad"


def test_a_kernel_beyond_the_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the reach"):
        ElasticDepthwiseConv2d(4, (9, 9)).configure(4, (5, 5), 3)


@torch.no_grad()
def test_unused_weights_do_not_matter(tiny_space: SearchSpace) -> None:
    """Changing every weight outside the active slice leaves the subnet's output as it was."""
    network = tiny_space.smallest()
    net = Supernet(tiny_space).eval()
    x = images(tiny_space)
    with net.activate(network):
        before = net(x)
    used = net.extract(network).state_dict()
    randomise(net, seed=5)
    after = net.extract(network)
    assert not torch.equal(after(x), before)
    after.load_state_dict(used)
    torch.testing.assert_close(after(x), before)


def test_weights_follow_from_the_seed(tiny_space: SearchSpace) -> None:
    states = [Supernet(tiny_space, seed=seed).state_dict() for seed in (1, 1, 2)]
    name = "body.head.linear.weight"
    assert torch.equal(states[0][name], states[1][name])
    assert not torch.equal(states[0][name], states[2][name])


@torch.no_grad()
def test_a_subnet_is_the_same_whatever_was_active_before(supernet: Supernet) -> None:
    """Operators are not configured again when they are as they should be; so what is active must not depend on that."""
    x, networks = images(supernet.space), samples(supernet.space, 12)
    fresh = []
    for network in networks:
        other = Supernet(supernet.space).eval()
        other.load_state_dict(supernet.state_dict())
        with other.activate(network):
            fresh.append(other(x))
    for i in np.random.default_rng(0).integers(len(networks), size=40):
        with supernet.activate(networks[i]):
            assert torch.equal(supernet(x), fresh[i])


@pytest.mark.parametrize("sizes", [(4,), (6, 3), (2, 5), (2, 3), (6, 5)])
def test_a_prefix_is_what_slices_give_with_the_same_gradient(sizes: tuple[int, ...]) -> None:
    full = torch.randn(6, 5, 2, requires_grad=True)
    own, expected = prefix(full, *sizes), full[tuple(map(slice, sizes))]
    assert torch.equal(own, expected)
    weights = torch.randn(own.shape)
    (gradient,) = torch.autograd.grad((own * weights).sum(), full)
    assert torch.equal(gradient, torch.autograd.grad((expected * weights).sum(), full)[0])


def test_a_prefix_of_everything_is_the_tensor_itself() -> None:
    full = torch.randn(6, 5, requires_grad=True)
    assert prefix(full, 6) is full and prefix(full, 6, 5) is full


def test_a_prefix_of_a_view_is_of_the_view() -> None:
    view = torch.arange(24.0).view(4, 6)[1:, ::2]
    assert torch.equal(prefix(view, 2, 2), view[:2, :2])
