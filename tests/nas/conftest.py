"""A network with arbitrary weights, and what a search would register beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from nas.registry import Entry, Registry
from search_spaces import Architecture, SearchSpace
from supernet import build
from tests.conftest import randomise

METRICS = {"accuracy": 0.912, "accuracy_test": 0.905, "latency_ms": 1.25, "macs": 1_234_567}
DEVICE = {"device": "Some CPU", "backend": "pytorch", "layout": "channels_last", "batch": 1, "threads": 1}
LINEAGE = {
    "run": "digits",
    "space": {"name": "lk_convnet"},
    "supernet": "5" * 64,
    "seed": 7,
    "device": DEVICE,
}
DATA = {"classes": [f"class {i}" for i in range(10)], "mean": [0.25], "std": [0.5]}


@pytest.fixture(scope="session")
def architecture(small_space: SearchSpace) -> Architecture:
    """One network of lk_convnet."""
    return small_space.sample(np.random.default_rng(3))


@pytest.fixture(scope="session")
def network(architecture: Architecture) -> nn.Module:
    """It, with weights that differ from every initial value."""
    module = build(architecture)
    randomise(module, seed=1)
    return module


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry that does not exist yet."""
    return Registry(tmp_path / "registry")


@pytest.fixture
def register(registry: Registry, network: nn.Module, architecture: Architecture) -> Callable[..., Entry]:
    """Register the network under a name."""

    def register(name: str = "digits", **changed: Any) -> Entry:
        values = {"network": network, "architecture": architecture, "metrics": METRICS, "lineage": LINEAGE}
        return registry.register(name, **{**values, "data": DATA, **changed})

    return register


@pytest.fixture
def entry(register: Callable[..., Entry]) -> Entry:
    """The network, registered."""
    return register()
