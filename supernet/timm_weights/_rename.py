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

    Rules leave out ``convs.CONFIGURATION`` from the names of a downsampling that has only one. Raises KeyError for
    a weight that our network of this architecture does not have.
    """
    with torch.device("meta"):
        ours = build(architecture).state_dict()
    full = {re.sub(r"\.downsample\.convs\.[^.]+", ".downsample", name): name for name in ours}
    full |= {name: name for name in ours}
    found = {full[_rename(name, rules)]: tensor for name, tensor in state.items()}
    return {name: tensor.reshape(ours[name].shape) for name, tensor in found.items()}


def _rename(name: str, rules: Rules) -> str:
    for pattern, ours in rules:
        if re.match(pattern, name):
            return re.sub(pattern, ours, name, count=1)
    raise KeyError(name)


def placed(state: Mapping[str, Tensor], block: str, architecture: Architecture, slot: str) -> dict[str, Tensor]:
    """Return ``state`` with its blocks as ``stages.I.blocks.J.SLOT.``, or ``stages.I.downsample.`` for the first
    block of a stage that begins with a downsampling.

    ``block`` is the pattern of the beginning of a block's names; its groups are the numbers of stage and block,
    both from 0.
    """

    def ours(found: re.Match[str]) -> str:
        stage, number = int(found[1]), int(found[2])
        if architecture.stages[stage].downsample is not None:
            number -= 1
        return f"stages.{stage}.downsample." if number < 0 else f"stages.{stage}.blocks.{number}.{slot}."

    return {re.sub(rf"^{block}", ours, name): tensor for name, tensor in state.items()}


def split_projections(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``state`` with each joint projection ``qkv.`` as those of queries, keys and values: ``qkv.0.`` to 2."""
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        before, joint, after = name.partition(".qkv.")
        parts = {f"{before}.qkv.{i}.{after}": part for i, part in enumerate(tensor.chunk(3))} if joint else {}
        found |= parts or {name: tensor}
    return found
