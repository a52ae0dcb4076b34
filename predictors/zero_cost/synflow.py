"""Synaptic flow (Tanaka et al., NeurIPS 2020, arXiv:2006.05467), as a score of Abdelfattah et al., arXiv:2101.08134."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from predictors.zero_cost._score import NORMS, POINTWISE, Batch, NetworkScore, trained
from search_spaces import Architecture

_SOFTMAX = (torch.softmax, F.softmax, Tensor.softmax)


class Synflow(NetworkScore):
    """The logarithm of the sum of |weight x gradient| over all weights.

    The gradient is that of the sum of the logits for an input of ones, when all weights are their absolute values.
    Norms are left out, as Abdelfattah et al. do. So are activations, which are the identity on large positive numbers
    but for such as saturate (relu6, tanh), and attention looks at all positions alike, as it would where the input is
    the same everywhere: the papers know neither. Needs no images.
    """

    def _inputs(self, architecture: Architecture, batch: Batch | None) -> Batch:
        return Batch(torch.ones(1, *architecture.input_shape), torch.zeros(1, dtype=torch.int64))

    def _measure(self, network: nn.Module, batch: Batch) -> float:
        network = network.double()  # a product over the depth of a network leaves float32
        for module in network.modules():
            if isinstance(module, (*NORMS, *POINTWISE)):
                module.register_forward_hook(_passed_through)
        weights = trained(network)
        with torch.no_grad():
            for weight in weights:
                weight.abs_()
        with _EqualAttention():
            total = network(torch.ones_like(batch.images[:1], dtype=torch.float64)).sum()
        gradients = torch.autograd.grad(total, weights, allow_unused=True)
        flows = [(w.detach() * g).abs().sum() for w, g in zip(weights, gradients, strict=True) if g is not None]
        return float(torch.stack(flows).sum().log())


class _EqualAttention(TorchFunctionMode):
    """Every softmax gives equal shares."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _SOFTMAX:
            along = kwargs["dim"] if "dim" in kwargs else args[1]
            return torch.full_like(args[0], 1 / args[0].shape[along])
        if func is F.scaled_dot_product_attention:
            query, _, value = args[:3]
            return value.mean(-2, keepdim=True).expand(*query.shape[:-1], -1)
        return func(*args, **kwargs)


def _passed_through(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    return inputs[0]
