"""One operator by itself, with random weights, for tests of what it computes."""

from __future__ import annotations

from typing import Any

from search_spaces.architecture import op_config
from search_spaces.operators import OPERATORS
from supernet.network import freeze
from supernet.operators import MODULES, Place
from tests.conftest import randomise


def placed(name: str, inputs: int, outputs: int, *, stride: int = 1, side: int = 9, **parameters: Any) -> Any:
    """Return a frozen operator in evaluation mode between these channels; ``sequence`` may be among the parameters."""
    sequence = bool(parameters.pop("sequence", False))
    slots = OPERATORS[name].slots
    between = "downsample" in slots and (stride != 1 or inputs != outputs)
    slot = "downsample" if between else slots[0]
    config = op_config(slot, {"op": name, **parameters}, name)
    module = MODULES[name](Place(inputs, outputs, stride, side, sequence, between), [config])
    module.configure(config, inputs, outputs)
    frozen = freeze(module).eval()
    randomise(frozen)
    return frozen
