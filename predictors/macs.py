"""Multiply-accumulates of one ATen call: the small table that every cost rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten


def _convolution(out: Tensor, x: Tensor, weight: Tensor, *rest: Any) -> int:
    """Each output (each input, when transposed) meets one filter: inputs / groups x kernel taps."""
    transposed = bool(rest[4])
    positions = x if transposed else out
    return positions.numel() * prod(weight.shape[1:])


def _mm(out: Tensor, a: Tensor, b: Tensor, *_: Any) -> int:
    return out.numel() * a.shape[-1]


def _addmm(out: Tensor, bias: Tensor, a: Tensor, b: Tensor, *_: Any) -> int:
    return out.numel() * a.shape[-1]


def _attention(out: Any, query: Tensor, key: Tensor, value: Tensor, *_: Any) -> int:
    """Two matrix products: query x key, then the scores x value. query [N,H,L,E], key [N,H,S,E]."""
    pairs = prod(query.shape[:-1]) * key.shape[-2]
    return pairs * (query.shape[-1] + value.shape[-1])


# The packet (every overload) of an operator to its formula, called with (output, *arguments).
FORMULAS: Mapping[Any, Callable[..., int]] = {
    aten.convolution: _convolution,
    aten._convolution: _convolution,
    aten.mm: _mm,
    aten.bmm: _mm,
    aten.addmm: _addmm,
    aten.baddbmm: _addmm,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    aten._scaled_dot_product_flash_attention: _attention,
    aten._scaled_dot_product_efficient_attention: _attention,
    aten._scaled_dot_product_cudnn_attention: _attention,
    aten._scaled_dot_product_fused_attention_overrideable: _attention,
}

# Fourier transforms cost 0 by decision, not by silence: they are no matrix products (n log n additions and
# rotations), and the published MACs of the networks that hold them (HorNet, AFF), fvcore and torch leave them out.
TRANSFORMS = frozenset({aten._fft_r2c, aten._fft_c2r, aten._fft_c2c})

# They multiply and have no formula here; counting them as zero would be a silent lie. (Starts of names.)
UNCOUNTED = (
    *(
        "lstm",
        "gru",
        "rnn",
        "mkldnn_rnn",
        "_cudnn_rnn",
        "_thnn_fused",
        "_trilinear",
        "_convolution_mode",
    ),
    *("linear", "mkldnn_linear", "mkldnn_convolution", "mv", "addmv", "dot", "vdot", "addbmm", "einsum"),
)


def macs_of(func: Any, arguments: tuple[Any, ...], out: Any) -> int:
    """Return the multiply-accumulates of an ATen call (0 for element-wise work, norms, pooling and transforms).

    Raises NotImplementedError for an operator that multiplies matrices and has no formula.
    """
    if func.overloadpacket in TRANSFORMS:
        return 0
    formula = FORMULAS.get(func.overloadpacket)
    if formula is not None:
        return formula(out[0] if isinstance(out, tuple) else out, *arguments)
    name = func.overloadpacket.__name__
    if name.startswith(UNCOUNTED):
        raise NotImplementedError(f"no MAC formula for aten.{name}: add one to predictors/macs.py")
    return 0
