"""Exact costs of a network, counted from its own forward pass: batch 1, float32, evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from predictors.trace import trace
from search_spaces import Architecture
from supernet import build, deploy


@dataclass(frozen=True)
class Costs:
    """Integers, for one input.

    ``macs``: multiply-accumulates of convolutions and matrix products (one MAC is two FLOPs).
    ``params``: trainable numbers. ``activations``: output elements of convolutions and matrix products.
    ``weight_bytes``: parameters and buffers. ``peak_memory_bytes``: most bytes alive at once in the forward
    pass, input included, weights and kernels' own workspace excluded.
    """

    macs: int
    params: int
    activations: int
    weight_bytes: int
    peak_memory_bytes: int


def price(net: nn.Module, shape: tuple[int, int, int]) -> Costs:
    """Return the costs of ``net`` on one input of ``shape`` (channels, height, width).

    Nothing is computed and ``net`` is left as it was. Raises NotImplementedError when the network holds a
    matrix operator without a MAC formula (it is never counted as zero).
    """
    traced = trace(net, (1, *shape))
    return Costs(
        macs=sum(call.macs for call in traced.calls),
        params=traced.params,
        activations=sum(call.elements for call in traced.calls if call.product),
        weight_bytes=traced.weight_bytes,
        peak_memory_bytes=traced.peak_memory_bytes,
    )


def price_architecture(architecture: Architecture) -> dict[str, Costs]:
    """Return the costs of the network as trained (``"train"``) and merged for use (``"deploy"``)."""
    with torch.device("meta"):  # shapes are enough, so the largest network is priced without its memory
        network = build(architecture)
        forms = {"train": network, "deploy": deploy(network)}
    return {form: price(net, architecture.input_shape) for form, net in forms.items()}
