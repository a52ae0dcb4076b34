"""Names and shapes of our network for the weights of another one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from search_spaces import Architecture
from supernet.network import build

# A pattern for the beginning of a foreign name, and our beginning in its place.
Rules = Sequence[tuple[str, str]]
BLOCK = r"(stages\.\d+\.blocks\.\d+\.)"
DOWN = r"(stages\.\d+\.downsample\.)"


def renamed(state: Mapping[str, Tensor], rules: Rules, architecture: Architecture) -> dict[str, Tensor]:
    """Return ``state`` under our names (by the first rule that fits) in our shapes (1 x 1 kernels for matrices).

    Rules leave out ``convs.CONFIGURATION`` from the names of a downsampling. Raises KeyError for a weight that
    our network of this architecture does not have.
    """
    with torch.device("meta"):
        ours = build(architecture).state_dict()
    full = {re.sub(r"\.convs\.[^.]+", "", name): name for name in ours}
    found = {full[_rename(name, rules)]: tensor for name, tensor in state.items()}
    return {name: tensor.reshape(ours[name].shape) for name, tensor in found.items()}


def _rename(name: str, rules: Rules) -> str:
    for pattern, ours in rules:
        if re.match(pattern, name):
            return re.sub(pattern, ours, name, count=1)
    raise KeyError(name)
