"""The layers with weights on the longest way through a network, each with its width in the sense of DeepMAD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.weak import WeakTensorKeyDictionary

from predictors.macs import FORMULAS, macs_of
from search_spaces import Architecture
from supernet import build

aten = torch.ops.aten
Way = tuple[float, ...]  # the widths of the layers that lead to a tensor, in order
_PRODUCTS = (aten.mul, aten.mul_)


@dataclass(frozen=True)
class Place:
    """A map [channels, height, width] on the way, and the widths of the layers that lead to it."""

    channels: int
    positions: int
    widths: Way


class _Ways(TorchDispatchMode):
    """Writes down the longest way to every tensor that depends on the input."""

    def __init__(self, inputs: Tensor):
        super().__init__()
        self.to: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self.to[inputs] = ()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        sources = [leaf for leaf in tree_iter(args) if isinstance(leaf, Tensor) and leaf in self.to]
        if sources:
            way = self._way(func, args, out, sources)
            for leaf in tree_iter(out):
                if isinstance(leaf, Tensor):
                    self.to[leaf] = way
        return out

    def _way(self, func: Any, args: tuple[Any, ...], out: Any, sources: list[Tensor]) -> Way:
        packet = func.overloadpacket
        if packet is aten.convolution and args[0] in self.to:
            return (*self.to[args[0]], _inputs_per_output(func, args, out))
        if packet in FORMULAS and len(sources) == 1:
            return (*self.to[sources[0]], _inputs_per_output(func, args, out))
        if packet in _PRODUCTS:
            # The smaller factor is a gate, which scales what the larger one carries: no layer stands in its way.
            most = max(source.numel() for source in sources)
            sources = [source for source in sources if source.numel() == most]
        return max((self.to[source] for source in sources), key=lambda way: (len(way), way))


def _inputs_per_output(func: Any, args: tuple[Any, ...], out: Tensor) -> float:
    """Return inputs x taps / groups: the numbers that are summed for one output."""
    return macs_of(func, args, out) / out.numel()


def places(architecture: Architecture) -> list[Place]:
    """Return where the stem, every stage and the head end; nothing is computed.

    Layers are convolutions and products with a weight. Shortcuts, parallel branches that are shorter, gates, and
    products of two maps (attention) add none.
    """
    with torch.device("meta"), torch.no_grad():
        network = cast(Any, build(architecture))
        x = torch.empty(1, *architecture.input_shape)
        found = []
        with _Ways(x) as ways:
            for part in (network.stem, *cast(nn.ModuleList, network.stages), network.head):
                x = part(x)
                found.append(Place(x.shape[1], x[0, 0].numel(), ways.to[x]))
    return found
