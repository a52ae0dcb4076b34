"""Shipped spaces hold the published networks that their files say they hold."""

from __future__ import annotations

import pytest

from search_spaces import load_space
from search_spaces.published import load_published


@pytest.mark.parametrize(("space", "network"), [("repvgg", "repvgg_a0")])
def test_published_networks_are_members(space: str, network: str) -> None:
    assert load_space(space).contains(load_published(network))
