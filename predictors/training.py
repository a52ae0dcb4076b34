"""What a step of training takes of a network alone: its memory, counted, and its time, measured on this device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F

from predictors.backends import Eager
from predictors.backends._backend import Shape, images
from predictors.device import DeviceKey
from predictors.timer import Call, Measurement
from predictors.trace import Recorder, fake


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes of one float32 batch with the cross-entropy as loss; weights, optimizer and kernels' workspace excluded.

    ``saved_activation_bytes``: what the forward pass keeps for the backward pass, images and labels included.
    ``peak_training_memory_bytes``: most bytes alive at once in both passes: images, activations, and the gradients of
    activations and weights.
    """

    saved_activation_bytes: int
    peak_training_memory_bytes: int


def training_memory(network: nn.Module, shape: Shape, batch: int) -> TrainingMemory:
    """Count the memory of a training step of images of ``shape`` (channels, height, width); nothing is computed.

    The network, in train form, is left as it was.
    """
    with _FakeStep(network, (batch, *shape)).ready() as step:
        return step.memory()


class _FakeStep:
    """A training step on fake tensors."""

    def __init__(self, network: nn.Module, shape: tuple[int, ...]):
        self.network, self.shape = network, shape

    @contextmanager
    def ready(self) -> Iterator[_FakeStep]:
        """Make the tensors, and restore the modes of the network's modules afterwards."""
        modes = {module: module.training for module in self.network.modules()}
        self.network.train()
        try:
            with FakeTensorMode(allow_non_fake_inputs=True):
                parameters = {name: fake(tensor).requires_grad_() for name, tensor in self.network.named_parameters()}
                self.weights = parameters | {name: fake(tensor) for name, tensor in self.network.named_buffers()}
                self.images, self.labels = torch.empty(self.shape), torch.zeros(self.shape[0], dtype=torch.int64)
                yield self
        finally:
            for module, training in modes.items():
                module.training = training

    def loss(self) -> Tensor:
        return F.cross_entropy(functional_call(self.network, self.weights, (self.images,)), self.labels)

    def memory(self) -> TrainingMemory:
        """Return what one forward and backward pass takes; a storage that is kept for several calls counts once."""
        weights = {StorageWeakRef(tensor.untyped_storage()) for tensor in self.weights.values()}
        kept: dict[StorageWeakRef, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            kept[StorageWeakRef(storage)] = storage.nbytes()
            return tensor

        recorder = Recorder(list(self.weights.values()))
        recorder.note_memory([self.images, self.labels])
        with recorder:
            with saved_tensors_hooks(keep, lambda tensor: tensor):
                loss = self.loss()
            loss.backward()
        saved = sum(size for storage, size in kept.items() if storage not in weights)
        return TrainingMemory(saved, recorder.peak)


class TrainingStep(Eager):
    """Forward and backward pass and a step of AdamW, as PyTorch runs them eagerly in float32."""

    mode = "training"

    def prepare(self, network: nn.Module, shape: Shape) -> Call:
        with torch.inference_mode(False):
            network = network.to(self.device, self.dtype).train()
            x = images(self.setting.batch, shape).to(self.device, self.dtype)
            labels = torch.zeros(len(x), dtype=torch.int64, device=self.device)
            optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)

        def step() -> None:
            with torch.inference_mode(False):
                optimizer.zero_grad()
                F.cross_entropy(network(x), labels).backward()
                optimizer.step()

        return step


def measure_training(network: nn.Module, shape: Shape, backend: TrainingStep) -> tuple[DeviceKey, Measurement, float]:
    """Time training steps of a network, which they change; return key, time of a step, and images per second."""
    (found,) = backend.measure([network], [shape])
    return backend.key, found, backend.setting.batch / (found.median_ms / 1e3)
