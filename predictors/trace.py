"""One forward pass on fake tensors that writes down every ATen call and the memory alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from predictors.macs import FORMULAS, macs_of

# They hand out memory or look at a tensor; they compute nothing.
_IDLE = frozenset({"empty", "empty_like", "empty_strided", "new_empty", "detach", "lift_fresh"})
# They write over their first argument and do not read it.
_OVERWRITING = frozenset({"copy_", "fill_", "zero_"})


@dataclass(frozen=True)
class Call:
    """One computing ATen call: its operator, multiply-accumulates and output elements.

    ``weight_bytes_read`` are those of parameters and buffers, ``activation_bytes_moved`` those of all else that it
    reads and of what it writes. ``filters`` is the weight's shape of a convolution ([outputs, inputs / groups,
    *kernel]), else empty.
    """

    op: str
    macs: int
    elements: int
    product: bool
    weight_bytes_read: int
    activation_bytes_moved: int
    filters: tuple[int, ...] = ()
    groups: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class Trace:
    """What one forward pass of a module does: its calls, its weights and the peak of live bytes."""

    calls: tuple[Call, ...]
    params: int
    weight_bytes: int
    peak_memory_bytes: int


class Recorder(TorchDispatchMode):
    """Records the calls and the storages alive; ``weights`` are never counted as alive."""

    def __init__(self, weights: list[Tensor]):
        super().__init__()
        self.calls: list[Call] = []
        self.weights = {StorageWeakRef(tensor.untyped_storage()) for tensor in weights}
        self.alive: dict[StorageWeakRef, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.namespace == "aten":
            self._record(func, args, kwargs, out)
        return out

    def _record(self, func: Any, args: tuple[Any, ...], kwargs: Any, out: Any) -> None:
        written = _tensors(out)
        self.note_memory(written)
        name = func.overloadpacket.__name__
        if not func.is_view and name not in _IDLE:
            read = _tensors((args[name in _OVERWRITING :], kwargs))
            self.calls.append(_call(func, args, out, written, self._bytes(read, written)))

    def _bytes(self, read: list[Tensor], written: list[Tensor]) -> tuple[int, int]:
        """Return the bytes of weights that a call reads, and of all else that it reads and writes."""
        weights = [tensor for tensor in read if StorageWeakRef(tensor.untyped_storage()) in self.weights]
        weight_bytes = sum(map(_distinct_bytes, weights))
        return weight_bytes, sum(map(_distinct_bytes, [*read, *written])) - weight_bytes

    def note_memory(self, tensors: list[Tensor]) -> None:
        """Forget the storages that have died, add those of ``tensors``, and raise the peak."""
        self.alive = {ref: size for ref, size in self.alive.items() if not ref.expired()}
        for tensor in tensors:
            storage = tensor.untyped_storage()
            ref = StorageWeakRef(storage)
            if ref not in self.weights:
                self.alive[ref] = storage.nbytes()
        self.peak = max(self.peak, sum(self.alive.values()))


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_iter(tree) if isinstance(leaf, Tensor)]


def _distinct_bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor's numbers; those that an expanded one repeats count once."""
    sizes = (size for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride or not size)
    return prod(sizes) * tensor.element_size()


def _call(func: Any, args: tuple[Any, ...], out: Any, written: list[Tensor], moved: tuple[int, int]) -> Call:
    packet = func.overloadpacket
    elements = written[0].numel() if written else 0
    call = (packet.__name__, macs_of(func, args, out), elements, packet in FORMULAS, *moved)
    if packet is not torch.ops.aten.convolution:
        return Call(*call)
    return Call(*call, filters=tuple(args[1].shape), groups=args[8], dilation=max(args[5]))


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    modes = {child: child.training for child in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for child, training in modes.items():
            child.training = training


def trace(module: nn.Module, shape: tuple[int, ...]) -> Trace:
    """Run ``module`` in evaluation mode once on a fake float32 input of ``shape``; nothing is computed.

    Live bytes are those of the input and of every tensor the pass makes, without the weights and without a
    kernel's own workspace. Raises NotImplementedError when an operator has no MAC formula.
    """
    weights = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad(), _evaluating(module):
        fakes = {name: fake(tensor) for name, tensor in weights.items()}
        recorder = Recorder(list(fakes.values()))
        inputs = torch.empty(shape)
        recorder.note_memory([inputs])
        with recorder:
            functional_call(module, fakes, (inputs,))
    return Trace(
        calls=tuple(recorder.calls),
        params=sum(parameter.numel() for parameter in module.parameters()),
        weight_bytes=sum(tensor.numel() * tensor.element_size() for tensor in weights.values()),
        peak_memory_bytes=recorder.peak,
    )


def fake(tensor: Tensor) -> Tensor:
    """Return a fake tensor of equal shape, strides and type (called inside a FakeTensorMode)."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
