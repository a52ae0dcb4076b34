"""Every registered score keeps the contract; each one's value where it can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from predictors import price_architecture
from predictors.zero_cost import SCORES, Batch, NetworkScore
from predictors.zero_cost._layers import places
from search_spaces import InputError, SearchSpace, list_spaces, load_space
from search_spaces.published import load_published
from supernet import build, deploy

every_score = pytest.mark.parametrize("name", SCORES)
OF_WEIGHTS = [name for name, score in SCORES.items() if isinstance(score, NetworkScore)]
OF_IMAGES = [name for name, score in SCORES.items() if score.needs_images]


def batch_for(space: SearchSpace, count: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(count, *space.input_shape, generator=generator)
    return Batch(images, torch.randint(0, space.classes, (count,), generator=generator))


def measure(name: str, network: nn.Module, images: Tensor, labels: Tensor | None = None) -> float:
    score = SCORES[name]
    assert isinstance(score, NetworkScore)
    return score.measure(
        network, Batch(images, torch.zeros(len(images), dtype=torch.int64) if labels is None else labels)
    )


@pytest.mark.parametrize("space_name", list_spaces())
def test_networks_of_every_space_have_finite_scores(space_name: str) -> None:
    space = load_space(space_name, scale="small")
    batch, rng = batch_for(space), np.random.default_rng(0)
    architecture = space.sample(rng)
    for name, score in SCORES.items():
        assert math.isfinite(score(architecture, batch)), name


@every_score
def test_equal_seeds_give_equal_scores(name: str, tiny_space: SearchSpace) -> None:
    score, batch, architecture = SCORES[name], batch_for(tiny_space), tiny_space.largest()
    torch.manual_seed(1)
    first = score(architecture, batch, seed=3)
    torch.manual_seed(2)
    state = torch.random.get_rng_state()
    assert score(architecture, batch, seed=3) == first
    assert torch.equal(torch.random.get_rng_state(), state)
    # Only what has weights depends on their seed.
    assert (score(architecture, batch, seed=4) == first) == (name not in OF_WEIGHTS)


@pytest.mark.parametrize("name", OF_WEIGHTS)
def test_a_network_is_left_as_it_was(name: str, tiny_space: SearchSpace) -> None:
    network, batch = build(tiny_space.largest(), 0), batch_for(tiny_space)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    score = measure(name, network, batch.images, batch.labels)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())
    assert not any(m.training or m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert measure(name, network, batch.images, batch.labels) == score
    assert not batch.images.requires_grad


@pytest.mark.parametrize("name", OF_IMAGES)
def test_images_that_do_not_fit_are_refused(name: str, tiny_space: SearchSpace) -> None:
    architecture, (images, labels) = tiny_space.smallest(), vars(batch_for(tiny_space)).values()
    wrong = {
        "needs images": None,
        "at least two images": Batch(images[:1], labels[:1]),
        "with a label each": Batch(images, labels[:3]),
        "takes inputs of": Batch(images.repeat(1, 2, 1, 1), labels),
        "found labels from": Batch(images, labels + architecture.classes),
        "not finite": Batch(images.clone().fill_(math.nan), labels),
    }
    for words, batch in wrong.items():
        with pytest.raises(InputError, match=words):
            SCORES[name](architecture, batch)


def test_images_of_another_side_are_resized(tiny_space: SearchSpace) -> None:
    batch = batch_for(tiny_space)
    larger = Batch(batch.images.repeat_interleave(2, 2).repeat_interleave(2, 3), batch.labels)
    assert math.isfinite(SCORES["naswot"](tiny_space.smallest(), larger))


def test_costs_are_those_of_the_deployed_network(tiny_space: SearchSpace) -> None:
    costs = price_architecture(tiny_space.largest())["deploy"]
    assert SCORES["macs"](tiny_space.largest()) == costs.macs
    assert SCORES["params"](tiny_space.largest()) == costs.params


# Of the structures that the authors published, counted by the reference of this project: every one on its bound.
RHO = {"r18": 0.299, "r34": 0.300, "r50": 0.300, "29m": 0.496, "29m_288": 0.497, "50m": 0.493, "89m": 0.495}


@pytest.mark.parametrize("name", RHO)
def test_rho_of_the_networks_of_deepmad(name: str) -> None:
    assert SCORES["deepmad_rho"](load_published(f"deepmad_{name}")) == pytest.approx(RHO[name], abs=6e-4)


# Width, hidden channels, kernel, blocks and stride of the stages of DeepMAD-R18, after a stem of 32 channels.
R18 = [(96, 40, 5, 1, 2), (384, 40, 5, 6, 2), (384, 64, 5, 9, 2), (1024, 104, 3, 10, 1), (672, 104, 5, 12, 2)]


def test_entropy_is_the_formula_of_the_paper() -> None:
    side, logs, inputs, entropies = 112, [math.log(3 * 9)], 32, [math.log(112**2 * 32) * math.log(27) / 2]
    for width, hidden, kernel, blocks, stride in R18:
        side //= stride
        for _ in range(blocks):
            logs += [math.log(inputs), math.log(hidden * kernel**2), math.log(hidden)]
            inputs = width
        if stride == 1:
            entropies.pop()  # the level goes on
        entropies.append(math.log(side**2 * width) * sum(logs) / 2)
    expected = sum(entropies[:-1]) + 8 * entropies[-1] - 10 * math.exp(np.std([row[3] for row in R18]))
    assert SCORES["deepmad_entropy"](load_published("deepmad_r18")) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "layers"), [("resnet_50", 49), ("se_resnet_50", 49), ("vovnet_39", None)])
def test_the_longest_way_has_no_shortcuts_and_no_gates(name: str, layers: int | None) -> None:
    """ResNet-50: 50 layers with the classifier; the excitations of its gated form add none."""
    ways = places(load_published(name))
    assert all(len(a.widths) <= len(b.widths) for a, b in zip(ways, ways[1:], strict=False))
    assert layers is None or len(ways[-1].widths) == layers + 1
    assert ways[-1].widths[-1] == {"vovnet_39": 1024}.get(name, 2048)


def chain(sizes: Sequence[int], activation: type[nn.Module] = nn.Identity) -> nn.Sequential:
    """Return a chain of linear layers without biases on flattened images."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs, bias=False), activation()]
    return nn.Sequential(*layers)


def weights_of(network: nn.Module) -> list[np.ndarray]:
    return [weight.detach().numpy().astype(np.float64) for weight in network.parameters()]


def test_synflow_of_a_chain_is_a_product_of_absolute_weights() -> None:
    network = chain([12, 7, 5, 3], nn.ReLU)
    passed = np.ones(12)
    for weight in weights_of(network):
        passed = np.abs(weight) @ passed
    # Every layer conserves the flow, so each adds as much.
    found = measure("synflow", network, torch.ones(1, 3, 2, 2))
    assert found == pytest.approx(math.log(3 * passed.sum()), rel=1e-6)


def test_synflow_passes_norms_and_attention() -> None:
    class Attention(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.softmax(x @ x.transpose(1, 2), -1) @ x

    plain = chain([4, 4])
    inner = list(plain)[1]
    network = nn.Sequential(nn.Flatten(2), nn.BatchNorm1d(3), inner, nn.LayerNorm(4), Attention(), nn.Tanh())
    # Three positions that are equal: looking at all of them alike changes nothing.
    (weight,) = weights_of(plain)
    found = measure("synflow", network, torch.ones(1, 3, 2, 2))
    assert found == pytest.approx(math.log(3 * np.abs(weight).sum()), rel=1e-6)


def test_grad_norm_of_a_linear_classifier() -> None:
    network, rng = chain([12, 3]), np.random.default_rng(0)
    images, labels = torch.tensor(rng.normal(size=(5, 3, 2, 2)), dtype=torch.float32), torch.tensor([0, 2, 1, 1, 0])
    (weight,) = weights_of(network)
    x = images.flatten(1).numpy().astype(np.float64)
    exponentials = np.exp(x @ weight.T)
    shares = exponentials / exponentials.sum(axis=1, keepdims=True)
    gradient = (shares - np.eye(3)[labels.numpy()]).T @ x / 5
    assert measure("grad_norm", network, images, labels) == pytest.approx(np.linalg.norm(gradient), rel=1e-5)


def test_jacob_cov_is_that_of_known_jacobians() -> None:
    class Square(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return (x.flatten(1) ** 2) / 2  # the gradient of the sum by the image is the image

    images = torch.randn(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    values = np.linalg.eigvalsh(np.corrcoef(images.flatten(1).numpy().astype(np.float64))) + 1e-5
    expected = -np.sum(np.log(values) + 1 / values)
    assert measure("jacob_cov", Square(), images) == pytest.approx(expected, rel=1e-4)


def test_naswot_counts_activations_in_equal_states() -> None:
    network = chain([12, 9, 7], nn.ReLU)
    images = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    first, second = weights_of(network)
    before = images.flatten(1).numpy() @ first.T
    codes = np.hstack([before > 0, np.maximum(before, 0) @ second.T > 0])
    alike = [[int((a == b).sum()) for b in codes] for a in codes]
    assert measure("naswot", network, images) == pytest.approx(math.log(abs(np.linalg.det(alike))), rel=1e-6)


def test_what_says_nothing_is_refused(tiny_space: SearchSpace) -> None:
    images = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="no activation"):
        measure("naswot", chain([12, 3]), images)
    for name in ("grad_norm", "synflow"):
        with pytest.raises(InputError, match="training form"):
            measure(name, deploy(build(tiny_space.smallest())), batch_for(tiny_space).images)
    batch = batch_for(tiny_space)
    with pytest.raises(InputError, match="no finite Naswot"):  # equal images can not be told apart
        SCORES["naswot"](tiny_space.smallest(), Batch(batch.images[:1].expand(4, -1, -1, -1), batch.labels[:4]))
