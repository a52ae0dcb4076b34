"""One operator alone with one configuration, for tests against an oracle."""

from __future__ import annotations

from typing import Any

import torch

from search_spaces.architecture import op_config
from search_spaces.operators import OPERATORS
from supernet.network import freeze
from supernet.operators import MODULES, Place
from tests.conftest import randomise


def operator(name: str, width: int, side: int, **parameters: Any) -> Any:
    """Return the frozen operator in evaluation mode, in double precision, with random weights."""
    config = op_config(OPERATORS[name].slots[0], {"op": name, **parameters}, name)
    module = MODULES[name](Place(width, width, 1, side), [config])
    module.configure(config, width, width)
    frozen = freeze(module).double().eval()
    randomise(frozen)
    return frozen


def maps(width: int, side: int) -> torch.Tensor:
    """Return two random maps."""
    return torch.randn(2, width, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
