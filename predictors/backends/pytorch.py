"""PyTorch: eagerly, or compiled by ``torch.compile``."""

from __future__ import annotations

import time
import warnings

import torch
from torch import Tensor, nn

from predictors.backends._backend import InProcess, Setting, Shape, images
from predictors.device import DeviceKey, cpu_name
from predictors.timer import Call
from search_spaces import InputError


class Eager(InProcess):
    """Each operator as PyTorch calls it, channels last."""

    mode = "eager"

    def __init__(self, setting: Setting):
        super().__init__(setting)
        if setting.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--device cuda: PyTorch finds no CUDA device here; --device cpu measures this machine")
        self.device, self.dtype = torch.device(setting.device), getattr(torch, setting.dtype)
        if self.device.type == "cuda":
            self.clock = _synchronised

    @property
    def key(self) -> DeviceKey:
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else cpu_name()
        versions = f"torch {torch.__version__}"
        return DeviceKey(
            name, "pytorch", self.mode, self.setting.dtype, "channels_last", self.setting.batch, self.setting.threads,
            versions,
        )  # fmt: skip

    def prepare(self, network: nn.Module, shape: Shape) -> Call:
        network = network.to(self.device, self.dtype).eval()
        x = images(self.setting.batch, shape).to(self.device, self.dtype)
        return _run(network, x)


class Compiled(Eager):
    """Compiled once for its shape before it is timed; needs a C++ compiler on CPUs."""

    mode = "compile"

    def prepare(self, network: nn.Module, shape: Shape) -> Call:
        network = network.to(self.device, self.dtype).eval()
        x = images(self.setting.batch, shape).to(self.device, self.dtype)
        torch.compiler.reset()  # one network's guards say nothing of the next one
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch warns of its own parts
            call = _run(torch.compile(network, dynamic=False), x)  # type: ignore[arg-type]
            for _ in range(3):  # the first compiles; with graphs the second records
                call()
        return call


def _run(network: nn.Module, x: Tensor) -> Call:
    return lambda: network(x)


def _synchronised() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()
