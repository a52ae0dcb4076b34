"""Subnets in one masked pass: exactly what each does alone, forward and backward; refused where masks cannot say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml

from search_spaces import Architecture, InputError, SearchSpace, load_space
from search_spaces.architecture import Stage
from supernet import Supernet
from supernet.operators import MODULES
from supernet.training.samplers import Step
from supernet.training.samplers.masked_pairs import MaskedPairs
from supernet.union import union
from tests.conftest import TINY, randomise


def drawn(space: SearchSpace, seed: int, subnets: int = 2) -> list[Architecture]:
    step = Step(seed, 100, space, np.random.default_rng(seed), lambda a: 0.0, lambda a: 0.0)
    return [subnet.architecture for subnet in MaskedPairs(subnets=subnets).draw(step)]


@pytest.fixture(scope="module")
def double_space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    """The tiny space with a residual around each mixer, and a head whose norm works channel by channel."""
    document = yaml.safe_load(TINY.read_text())
    document["head"] = {"linear_head": {"norm": "batch_norm"}}
    document["block"]["residual"] = {"double": {"layer_scale": 1}}
    path = tmp_path_factory.mktemp("space") / "double.yaml"
    path.write_text(yaml.safe_dump(document))
    return load_space(str(path))


def gradients(supernet: Supernet) -> dict[str, torch.Tensor]:
    found = {n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in supernet.named_parameters()}
    supernet.zero_grad()
    return found


def in_float64(space: SearchSpace) -> Supernet:
    supernet = Supernet(space)
    randomise(supernet)
    return supernet.double().train()


def check(supernet: Supernet, networks: Sequence[Architecture]) -> None:
    """One pass over all parts of the images against one pass a part."""
    generator = torch.Generator().manual_seed(0)
    shape = supernet.space.input_shape
    images = torch.randn(3 * len(networks), *shape, generator=generator, dtype=torch.float64)
    weights = torch.randn(len(images), supernet.space.classes, generator=generator, dtype=torch.float64)
    with supernet.activate_together(networks):
        together = supernet(images)
    (together * weights).sum().backward()
    found, alone = gradients(supernet), []
    for network, part, weight in zip(networks, images.split(3), weights.split(3), strict=True):
        with supernet.activate(network):
            alone.append(supernet(part))
        (alone[-1] * weight).sum().backward()
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-10)
    for name, expected in gradients(supernet).items():
        torch.testing.assert_close(found[name], expected, rtol=1e-8, atol=1e-8)


def operators(networks: Sequence[Architecture]) -> set[str]:
    found = {op.op for network in networks for op in (network.stem, network.head)}
    for stage in (stage for network in networks for stage in network.stages):
        found |= {config.op for block in stage.blocks for config in block.slots().values()}
        found |= {stage.downsample.op} if stage.downsample else set()
    return found


def test_a_masked_batch_gives_the_sum_of_the_gradients(
    tiny_space: SearchSpace, double_space: SearchSpace, small_space: SearchSpace
) -> None:
    differing, met = {"width": 0, "depth": 0, "expansion": 0}, set()
    for space, seeds in ((tiny_space, range(10)), (double_space, range(4)), (small_space, range(1))):
        supernet = in_float64(space)
        for seed in seeds:
            networks = drawn(space, seed)
            check(supernet, networks)
            met |= operators(networks)
            for stages in zip(*(network.stages for network in networks), strict=True):
                for size, of in (("width", width), ("depth", depth), ("expansion", expansions)):
                    differing[size] += len({of(stage) for stage in stages}) > 1
    assert min(differing.values()) >= 5
    assert {name for name, module in MODULES.items() if module.masks} <= met


def width(stage: Stage) -> int:
    return stage.width


def depth(stage: Stage) -> int:
    return len(stage.blocks)


def expansions(stage: Stage) -> tuple[float, ...]:
    return tuple(block.channel_mixer["expansion"] for block in stage.blocks[:1])


def test_three_subnets_that_are_all_thinner_than_their_union(tiny_space: SearchSpace) -> None:
    """Twice 8 hidden channels of one and once 16 of the other, while the union has twice 16."""
    check(in_float64(tiny_space), drawn(tiny_space, 4, subnets=3))


def test_the_supernet_is_as_before_afterwards(tiny_space: SearchSpace) -> None:
    supernet, networks = Supernet(tiny_space).eval(), drawn(tiny_space, 1)
    images = torch.randn(4, *tiny_space.input_shape)
    with torch.no_grad():
        before = supernet(images)
        with pytest.raises(KeyError), supernet.activate_together(networks):
            raise KeyError
        assert supernet.architecture == tiny_space.largest() and torch.equal(supernet(images), before)


def test_networks_that_masks_cannot_tell_apart_are_refused(tiny_space: SearchSpace) -> None:
    supernet, largest = Supernet(tiny_space), tiny_space.largest()
    first, *others = largest.stages
    (block,) = first.blocks
    params = tuple((name, 3 if name == "kernel" else value) for name, value in block.mixer.params)
    smaller = replace(first, blocks=(replace(block, mixer=replace(block.mixer, params=params)),))
    for other, message in (
        (tiny_space.smallest(), "must agree in their operators, found .*dw_conv"),
        (replace(largest, stages=(smaller, *others)), r"must agree in kernel of dw_conv, found \[7, 3\]"),
        # The channel mixers of the largest network have a GRN, a mean over channels.
        (replace(largest, stages=(replace(first, width=8), *others)), r"stages\[0\].* with 8 and 16 channels"),
        (replace(largest, classes=3), "not in the space"),
    ):
        with pytest.raises(InputError, match=message), supernet.activate_together([largest, other]):
            pass
    assert union([largest, largest]) == largest


def test_where_no_width_can_be_masked_the_depths_still_differ() -> None:
    """A LayerNorm is a mean over channels."""
    space = load_space("lk_convnet", scale="imagenet")
    pairs = [drawn(space, seed) for seed in range(6)]
    assert all([a.width for a in one.stages] == [b.width for b in other.stages] for one, other in pairs)
    assert any(one != other for one, other in pairs)
    assert all(space.contains(network) for pair in pairs for network in pair)
