"""The order of hidden channels: the most important first, since smaller subnets keep a prefix (arXiv:1908.09791)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from search_spaces import SearchSpace
from supernet.operators import OperatorModule


def channels_shrink(space: SearchSpace | None) -> bool:
    """Whether a part of a space has networks with fewer hidden channels than its largest; None is that alone."""
    return space is not None and space.closed(("width", "expansion")).cardinality() < space.cardinality()


@torch.no_grad()
def sort_channels(network: nn.Module, companions: Callable[[Tensor], Iterable[Tensor]]) -> None:
    """Sort the hidden channels of every operator that allows it, without a change to the largest network.

    ``companions`` gives the tensors of a parameter's shape that go with it: the optimiser's, an average. Channels
    between blocks stay: residual additions tie them through a stage, and mixers read their order.
    """
    for module in network.modules():
        hidden = module.hidden_channels() if isinstance(module, OperatorModule) else None
        if hidden is None:
            continue
        order = hidden.importance.argsort(descending=True, stable=True)
        for tensor, axis in hidden.tensors:
            for each in (tensor, *companions(tensor)):
                each.copy_(each.index_select(axis, order))
