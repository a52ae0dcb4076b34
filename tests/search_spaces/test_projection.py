"""Networks from elsewhere find the nearest member of a space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search_spaces import InputError, SearchSpace, load_space
from search_spaces.projection import nearest_member, shared_choices
from search_spaces.published import load_published
from tests.conftest import samples


def test_a_member_is_its_own_nearest(tiny_space: SearchSpace) -> None:
    for network in samples(tiny_space, 5):
        assert nearest_member(tiny_space, network) == network
        assert len(set(shared_choices(tiny_space, network, network))) == 1


def test_what_the_space_allows_is_kept(tiny_space: SearchSpace) -> None:
    """Widths that are no choices become the nearest ones; nothing else changes."""
    network = tiny_space.largest()
    wide = replace(network, stages=tuple(replace(stage, width=stage.width + 100) for stage in network.stages))
    smallest = tiny_space.smallest()
    thin = replace(smallest, stages=tuple(replace(stage, width=stage.width - 1) for stage in smallest.stages))
    assert nearest_member(tiny_space, wide) == network
    assert nearest_member(tiny_space, thin) == smallest
    same, choices = shared_choices(tiny_space, wide, network)
    assert choices - same == 2


def test_a_published_network_finds_a_member_with_its_choices() -> None:
    space = load_space("lk_convnet", scale="small", resolution=32, channels=1, classes=10)
    network = load_published("convnext_tiny")
    member = nearest_member(space, network)
    assert space.contains(member) and member == nearest_member(space, network)
    same, choices = shared_choices(space, network, member)
    others = [shared_choices(space, network, space.sample(np.random.default_rng(i)))[0] for i in range(20)]
    assert max(others) < same < choices


def test_what_has_no_like_is_told(tiny_space: SearchSpace) -> None:
    with pytest.raises(InputError, match="it has 4 stages, and networks of the space tiny have 2"):
        nearest_member(tiny_space, load_published("convnext_tiny"))
    with pytest.raises(InputError, match="for images, and the space tdnn for sequences"):
        nearest_member(load_space("tdnn"), tiny_space.smallest())
