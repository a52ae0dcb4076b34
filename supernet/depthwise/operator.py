"""The operator: three passes as operators of torch, so that compilers and tracers see one node for each.

Their derivatives are these passes again, so they can be differentiated as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from supernet.depthwise.choice import LARGE, forms_of
from supernet.depthwise.forms import FORMS
from supernet.depthwise.forms._form import padding

Gradient = Callable[..., Tensor]

_library = torch.library.Library("nas", "DEF")
_library.define("depthwise(Tensor x, Tensor weight, Tensor? bias, int dilation) -> Tensor")
_library.define("depthwise_input(Tensor gradient, Tensor weight, int dilation) -> Tensor")
_library.define("depthwise_weight(Tensor x, Tensor gradient, SymInt[2] kernel, int dilation) -> Tensor")


def depthwise_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    """Convolve x [N,C,H,W] with weight [C,1,KH,KW] (odd sides) and bias [C] at stride 1, keeping H and W.

    Each pass takes the form that is quickest for its shape (`supernet.depthwise.choice`). On a CPU torch 2.13 takes
    380 ms for the weight gradient of a 21 x 21 kernel where the forward pass takes 10 (64 x 40 x 28 x 28).
    """
    small = dilation == 1 and max(weight.shape[2:]) < LARGE
    if small or torch.compiler.is_exporting():  # others are to read an exported graph
        return _torch_conv2d(x, weight, bias, dilation)
    x, weight, bias = _autocast(x, weight, bias)
    if torch.compiler.is_compiling() or type(x) is not Tensor:
        return torch.ops.nas.depthwise(x, weight, bias, dilation)
    if _as_torch_does(x, weight, dilation):
        return _torch_conv2d(x, weight, bias, dilation)
    return _Eager.apply(x, weight, bias, dilation)  # type: ignore[no-any-return]


def _torch_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    return F.conv2d(x, weight, bias, 1, padding(weight.shape[2:], dilation), dilation, weight.shape[0])


def _as_torch_does(x: Tensor, weight: Tensor, dilation: int) -> bool:
    """Return whether all passes that are wanted are those of torch's own operator."""
    forms = forms_of(x, weight.shape[2:], dilation)
    passes = [forms.forward in ("stock", "native")]
    if torch.is_grad_enabled():
        passes += [forms.input == "native" or not x.requires_grad]
        passes += [forms.weight in ("stock", "native") or not weight.requires_grad]
    return all(passes)


def _autocast(x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return all in the type that autocast gives to convolutions."""
    kind = x.device.type
    if not torch.is_autocast_enabled(kind):
        return x, weight, bias
    dtype = torch.get_autocast_dtype(kind)
    return x.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)


def _channels_last(x: Tensor) -> Tensor:
    """Return x in the layout of all forms; a gradient of another one (such as that of a sum) is slow in torch's."""
    return x.contiguous(memory_format=torch.channels_last)


@torch.library.impl(_library, "depthwise", "CompositeExplicitAutograd")
def _depthwise(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    form = FORMS[forms_of(x, weight.shape[2:], dilation).forward]
    return form.forward(_channels_last(x), weight, bias, dilation)


@torch.library.impl(_library, "depthwise_input", "CompositeExplicitAutograd")
def _depthwise_input(gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
    gradient = _channels_last(gradient)
    form = FORMS[forms_of(gradient, weight.shape[2:], dilation).input]
    return form.input_gradient(gradient, weight, dilation)


@torch.library.impl(_library, "depthwise_weight", "CompositeExplicitAutograd")
def _depthwise_weight(x: Tensor, gradient: Tensor, kernel: list[int], dilation: int) -> Tensor:
    x, gradient = _channels_last(x), _channels_last(gradient)
    form = FORMS[forms_of(x, kernel, dilation).weight]
    return form.weight_gradient(x, gradient, (kernel[0], kernel[1]), dilation)


@torch.library.register_fake("nas::depthwise", lib=_library)
def _fake(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    return torch.empty_like(x, memory_format=torch.channels_last)


@torch.library.register_fake("nas::depthwise_input", lib=_library)
def _fake_input(gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
    return torch.empty_like(gradient, memory_format=torch.channels_last)


@torch.library.register_fake("nas::depthwise_weight", lib=_library)
def _fake_weight(x: Tensor, gradient: Tensor, kernel: list[int], dilation: int) -> Tensor:
    return x.new_empty(x.shape[1], 1, *kernel)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(inputs[0], inputs[1])
    ctx.dilation = inputs[-1]


def _depthwise_backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, ...]:
    return _gradients(ctx, towards, torch.ops.nas.depthwise_input, torch.ops.nas.depthwise_weight)


def _gradients(ctx: Any, towards: Tensor, to_input: Gradient, to_weight: Gradient) -> tuple[Tensor | None, ...]:
    x, weight = ctx.saved_tensors
    wanted = ctx.needs_input_grad
    return (
        to_input(towards, weight, ctx.dilation) if wanted[0] else None,
        to_weight(x, towards, weight.shape[2:], ctx.dilation) if wanted[1] else None,
        towards.sum((0, 2, 3)) if wanted[2] else None,
        None,
    )


class _Eager(torch.autograd.Function):
    """The operator without torch's dispatcher, which costs as much as a small convolution."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        _keep(ctx, (x, weight, bias, dilation), x)
        return _depthwise(x, weight, bias, dilation)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # the gradient is to be differentiated too
            return _depthwise_backward(ctx, gradients[0])
        return _gradients(ctx, gradients[0], _depthwise_input, _depthwise_weight)


def _input_backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, ...]:
    gradient, weight = ctx.saved_tensors
    wanted, d = ctx.needs_input_grad, ctx.dilation
    return (
        torch.ops.nas.depthwise(towards, weight, None, d) if wanted[0] else None,
        torch.ops.nas.depthwise_weight(towards, gradient, weight.shape[2:], d) if wanted[1] else None,
        None,
    )


def _weight_backward(ctx: Any, towards: Tensor) -> tuple[Tensor | None, ...]:
    x, gradient = ctx.saved_tensors
    wanted, d = ctx.needs_input_grad, ctx.dilation
    return (
        torch.ops.nas.depthwise_input(gradient, towards, d) if wanted[0] else None,
        torch.ops.nas.depthwise(x, towards, None, d) if wanted[1] else None,
        None,
        None,
    )


torch.library.register_autograd("nas::depthwise", _depthwise_backward, setup_context=_keep, lib=_library)
torch.library.register_autograd("nas::depthwise_input", _input_backward, setup_context=_keep, lib=_library)
torch.library.register_autograd("nas::depthwise_weight", _weight_backward, setup_context=_keep, lib=_library)
