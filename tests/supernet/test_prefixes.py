"""Sharing what networks begin with: the same bits as without, one computation for equal beginnings, bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from search_spaces import Architecture, SearchSpace, load_space
from supernet import Supernet, recalibrate
from supernet.network import Network
from supernet.prefixes import Prefixes, Shared
from supernet.sharing import Sharing
from tests.conftest import randomise

_CALIBRATION, _JUDGED = [("calibration", 0), ("calibration", 1)], [("judged", 0), ("judged", 1)]
_ALL = [*_CALIBRATION, *_JUDGED]


class Images:
    """The images of a batch by its name, counted."""

    def __init__(self, space: SearchSpace):
        rng = torch.Generator().manual_seed(0)
        self.batches = {name: torch.randn((3 + i, *space.input_shape), generator=rng) for i, name in enumerate(_ALL)}
        self.asked = 0

    def __call__(self, name: tuple[str, int]) -> Tensor:
        self.asked += 1
        return self.batches[name]


def related(space: SearchSpace, count: int = 8) -> Iterator[Architecture]:
    """Yield networks of which many begin alike: mutants of mutants, and the first ones again."""
    rng = np.random.default_rng(0)
    found = [space.sample(rng)]
    while len(found) < count:
        found.append(space.mutate(found[-1], rng, 0.03))
    yield from [*found, *found[:2]]


@torch.no_grad()
def logits(shared: Shared) -> list[Tensor]:
    shared.recalibrate(_CALIBRATION)
    return [shared(name) for name in _JUDGED]


@torch.no_grad()
def expected(supernet: Supernet, network: Architecture, images: Images) -> list[Tensor]:
    """Return the logits without sharing anything."""
    alone = supernet.extract(network)
    recalibrate(alone, (images.batches[name] for name in _CALIBRATION))
    return [alone(images.batches[name]) for name in _JUDGED]


def shared_by(supernet: Supernet, network: Architecture, images: Images, prefixes: Prefixes) -> Shared:
    return Shared(cast(Network, supernet.extract(network)), network, images, len(_ALL), prefixes)


def check(supernet: Supernet, network: Architecture, images: Images, prefixes: Prefixes) -> None:
    """Assert that a network has the same logits, bit for bit, whether or not it shares what it begins with."""
    found = logits(shared_by(supernet, network, images, prefixes))
    for one, other in zip(found, expected(supernet, network, images), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("limit", [0, 400_000, 2**30])
@pytest.mark.parametrize("name", ["lk_convnet", "metaformer", "mobile", "resnet", "tdnn"])
def test_logits_are_the_same_bits(name: str, limit: int) -> None:
    space = load_space(name, scale="small")
    supernet, images, prefixes = Supernet(space), Images(space), Prefixes(limit)
    randomise(supernet)
    for network in related(space):
        check(supernet, network, images, prefixes)
        assert prefixes.used <= limit
    if limit == 2**30:
        assert images.asked < 10 * len(_ALL)


def test_a_later_choice_that_changes_the_beginning(tiny_space: SearchSpace) -> None:
    """Its first BatchNorms are others where there is one for each depth."""
    supernet = Supernet(tiny_space, sharing=Sharing(norm_banks=("depth", "width", "kernel")))
    randomise(supernet)
    images, prefixes = Images(tiny_space), Prefixes(2**30)
    for network in related(tiny_space):
        check(supernet, network, images, prefixes)


def test_other_weights_share_nothing(tiny_space: SearchSpace) -> None:
    images, prefixes, network = Images(tiny_space), Prefixes(2**30), tiny_space.largest()
    for seed in (0, 1):
        supernet = Supernet(tiny_space)
        randomise(supernet, seed)
        check(supernet, network, images, prefixes)
    assert images.asked == 2 * len(_ALL)


def test_what_was_used_longest_ago_makes_room() -> None:
    map_ = torch.zeros(10)
    prefixes = Prefixes(2 * map_.nbytes)
    for key in ("one", "two"):
        prefixes.open(key)
        prefixes.add(key, "batch", map_)
        prefixes.close(key, [])
    prefixes.touch("one")
    prefixes.open("three")
    prefixes.add("three", "batch", map_)
    assert prefixes.get("three") is None  # it has no statistics yet
    prefixes.close("three", [])
    assert prefixes.keys == ["one", "three"] and prefixes.get("two") is None
    assert prefixes.used == prefixes.limit


def test_without_room_nothing_is_kept(tiny_space: SearchSpace) -> None:
    prefixes = Prefixes(0)
    check(Supernet(tiny_space), tiny_space.largest(), Images(tiny_space), prefixes)
    assert prefixes.keys == []


def test_a_network_is_not_computed_twice(tiny_space: SearchSpace) -> None:
    images, prefixes = Images(tiny_space), Prefixes(2**30)
    for _ in range(2):
        check(Supernet(tiny_space), tiny_space.largest(), images, prefixes)
    assert images.asked == len(_ALL)


def test_a_failed_recalibration_leaves_nothing_to_use(tiny_space: SearchSpace) -> None:
    supernet, images, prefixes = Supernet(tiny_space), Images(tiny_space), Prefixes(2**30)
    network = tiny_space.largest()
    missing = images.batches.pop(_CALIBRATION[1])
    with pytest.raises(KeyError):
        shared_by(supernet, network, images, prefixes).recalibrate(_CALIBRATION)
    images.batches[_CALIBRATION[1]] = missing
    check(supernet, network, images, prefixes)
