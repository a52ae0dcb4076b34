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
    """What one forward pass of one input takes; all but the two intensities are integers.

    ``macs``: multiply-accumulates of convolutions and matrix products (one MAC is two FLOPs).
    ``params``: trainable numbers. ``activations``: output elements of convolutions and matrix products.
    ``weight_bytes``: parameters and buffers. ``peak_memory_bytes``: most bytes alive at once in the forward
    pass, input included, weights and kernels' own workspace excluded.
    ``weight_bytes_read``: parameters and buffers as often as a call reads them.
    ``activation_bytes_moved``: what the calls read and write of everything else, each call on its own (no fusion).
    ``macs_per_weight_byte`` and ``macs_per_activation_byte``: arithmetic intensity (Williams et al., "Roofline", 2009)
    by what is moved, 0 where nothing is. A batch of N reads the weights once: its first intensity is N times as high.
    """

    macs: int
    params: int
    activations: int
    weight_bytes: int
    peak_memory_bytes: int
    weight_bytes_read: int
    activation_bytes_moved: int
    macs_per_weight_byte: float
    macs_per_activation_byte: float


def price(net: nn.Module, shape: tuple[int, int, int]) -> Costs:
    """Return the costs of ``net`` on one input of ``shape`` (channels, height, width).

    Nothing is computed and ``net`` is left as it was. Raises NotImplementedError when the network holds a
    matrix operator without a MAC formula (it is never counted as zero).
    """
    traced = trace(net, (1, *shape))
    macs = sum(call.macs for call in traced.calls)
    read = sum(call.weight_bytes_read for call in traced.calls)
    moved = sum(call.activation_bytes_moved for call in traced.calls)
    return Costs(
        macs=macs,
        params=traced.params,
        activations=sum(call.elements for call in traced.calls if call.product),
        weight_bytes=traced.weight_bytes,
        peak_memory_bytes=traced.peak_memory_bytes,
        weight_bytes_read=read,
        activation_bytes_moved=moved,
        macs_per_weight_byte=macs / read if read else 0.0,
        macs_per_activation_byte=macs / moved if moved else 0.0,
    )


def price_architecture(architecture: Architecture) -> dict[str, Costs]:
    """Return the costs of the network as trained (``"train"``) and merged for use (``"deploy"``)."""
    with torch.device("meta"):  # shapes are enough, so the largest network is priced without its memory
        network = build(architecture)
        forms = {"train": network, "deploy": deploy(network)}
    return {form: price(net, architecture.input_shape) for form, net in forms.items()}
