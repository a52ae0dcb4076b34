"""Several subnets in one pass, each on its own part of the images (ViT-ResNAS, arXiv:2109.00642).

The union of the subnets runs once. Behind every primitive the channels that a subnet does not have are set to
zero on its images, so the convolutions after it read what they read in the subnet alone, and the weights of those
channels get no gradient from these images. A block that a subnet does not have passes its images on. Batch statistics
are those of each part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from supernet.elastic import Elastic

Channels = dict[Elastic, int]


def active_channels(network: nn.Module) -> Channels:
    """Return how many channels leave each primitive now."""
    found = {module: _channels(module) for module in network.modules() if isinstance(module, Elastic)}
    return {module: channels for module, channels in found.items() if channels is not None}


def _channels(module: Any) -> int | None:
    return getattr(module, "outputs", getattr(module, "channels", None))


@contextmanager
def masks(channels: Sequence[Channels], blocks: Mapping[nn.Module, Sequence[bool]]) -> Iterator[None]:
    """Let subnet k see the k-th equal part of a batch while the network of their union is active.

    ``channels[k]`` are those that leave the primitives in subnet k; ``blocks`` says of a block which subnets have it.
    """
    with ExitStack() as stack:
        for module in channels[0]:
            counts = [of_subnet[module] for of_subnet in channels]
            # All may have as many and still fewer than the union: twice 8 channels and once 16, in one of twice 16.
            if set(counts) != {_channels(module)}:
                stack.callback(module.register_forward_hook(_zeroing(counts)).remove)
        for block, present in blocks.items():
            if not all(present):
                stack.callback(block.register_forward_hook(_passing(present)).remove)
        stack.enter_context(_BatchStatisticsOfParts(len(channels)))
        yield


Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]


def _zeroing(counts: Sequence[int]) -> Hook:
    """Return a hook that sets the channels of part k from ``counts[k]`` on to zero."""

    def hook(module: nn.Module, inputs: tuple[Any, ...], y: Tensor) -> Tensor:
        each = torch.arange(y.shape[1], device=y.device) < torch.tensor(counts, device=y.device).unsqueeze(1)
        mask = each.to(y.dtype).view(len(counts), 1, -1, *[1] * (y.ndim - 2))
        return (y.unflatten(0, (len(counts), -1)) * mask).flatten(0, 1)

    return hook


def _passing(present: Sequence[bool]) -> Hook:
    """Return a hook that gives back the input of the parts whose subnet does not have the block."""

    def hook(module: nn.Module, inputs: tuple[Any, ...], y: Tensor) -> Tensor:
        parts = zip(present, y.chunk(len(present)), inputs[0].chunk(len(present)), strict=True)
        return torch.cat([after if here else before for here, after, before in parts])

    return hook


class _BatchStatisticsOfParts(TorchFunctionMode):
    """Normalises each of ``parts`` equal parts of a batch by its own statistics."""

    def __init__(self, parts: int):
        super().__init__()
        self.parts = parts

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.batch_norm:
            x, *others = args
            return torch.cat([func(part, *others, **(kwargs or {})) for part in x.chunk(self.parts)])
        return func(*args, **(kwargs or {}))
