"""One operator alone, frozen, with weights that an error would show in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from search_spaces.architecture import op_config
from search_spaces.operators import OPERATORS, Value
from supernet.network import freeze
from supernet.operators import MODULES, Place
from tests.conftest import randomise


def frozen_operator(
    name: str, inputs: int, side: int, outputs: int | None = None, *, sequence: bool = False, **params: Value
) -> Any:
    """Return the frozen module of an operator with these parameters, in evaluation mode and float64.

    One that changes channels or has a stride stands between stages, where it can.
    """
    outputs, stride = inputs if outputs is None else outputs, int(params.get("stride", 1))
    slots = OPERATORS[name].slots
    between = "downsample" in slots and (stride != 1 or inputs != outputs)
    config = op_config("downsample" if between else slots[0], {"op": name, **_own(name, params)}, name)
    module = MODULES[name](Place(inputs, outputs, stride, side, sequence, between), [config])
    module.configure(config, inputs, outputs)
    randomise(module)
    return freeze(module).eval().double()


def _own(name: str, params: dict[str, Value]) -> dict[str, Value]:
    """Leave out the stride where it is the stage's and not a parameter of the operator."""
    known = {parameter.name for parameter in OPERATORS[name].parameters}
    return {key: value for key, value in params.items() if key != "stride" or "stride" in known}


def maps(width: int, side: int, batch: int = 2) -> Tensor:
    """Return random float64 maps [batch, width, side, side]."""
    return torch.randn(batch, width, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def pointwise(conv: Any, x: Tensor) -> Tensor:
    """Apply a 1 x 1 convolution to [N, C, H, W] as the matrix that it is."""
    y = torch.einsum("oc,nchw->nohw", conv.weight[:, :, 0, 0], x)
    return y if conv.bias is None else y + conv.bias.view(1, -1, 1, 1)


def depthwise(conv: Any, x: Tensor) -> Tensor:
    """Convolve each channel of [N, C, H, W] with its own kernel, tap by tap."""
    kernel, side = conv.weight.shape[-1], x.shape[-1]
    padded = torch.nn.functional.pad(x, (kernel // 2,) * 4)
    y = torch.zeros_like(x)
    for i in range(kernel):
        for j in range(kernel):
            y += conv.weight[:, 0, i, j].view(1, -1, 1, 1) * padded[:, :, i : i + side, j : j + side]
    return y if conv.bias is None else y + conv.bias.view(1, -1, 1, 1)
