"""The contract of what runs networks to be timed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from torch import Tensor, nn

from predictors.device import DeviceKey
from predictors.energy import EnergyMeter, NoMeter, energy_meter, energy_of
from predictors.timer import Call, Measurement, Pacer, measure_interleaved, quiet_torch
from search_spaces.errors import InputError, WorkError

Shape = tuple[int, int, int]
Dtype = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class Setting:
    """How networks are run: on cpu or cuda, so many images at once, with so many threads, in a type of numbers.

    Raises InputError for another device.
    """

    batch: int = 1
    threads: int = 1
    dtype: Dtype = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.device not in ("cpu", "cuda"):
            raise InputError(
                f"--device {self.device!r}: expected cpu or cuda; other devices are measured by nas profile --runner"
            )


@dataclass(frozen=True)
class Known:
    """A merged network with the shape of its inputs (channels, height, width), and what it usually takes."""

    network: nn.Module
    shape: Shape
    usual_ms: float


class Backend(ABC):
    """Times networks under one key."""

    def __init__(self, setting: Setting):
        self.setting = setting

    @property
    @abstractmethod
    def key(self) -> DeviceKey:
        """Under what the measurements are made."""

    @abstractmethod
    def measure(
        self, networks: Sequence[nn.Module], shapes: Sequence[Shape], known: Sequence[Known] = ()
    ) -> list[Measurement]:
        """Time each merged network on one batch of inputs of its shape (channels, height, width).

        With ``known`` the times are at the pace of these; a device that nobody shares needs none. Raises WorkError,
        naming the number of the network, when one can not be run.
        """


class InProcess(Backend):
    """A back end that runs networks in this process, interleaved."""

    clock: Callable[[], float] = staticmethod(time.perf_counter)

    @abstractmethod
    def prepare(self, network: nn.Module, shape: Shape) -> Call:
        """Return what runs a network once on one batch."""

    def measure(
        self, networks: Sequence[nn.Module], shapes: Sequence[Shape], known: Sequence[Known] = ()
    ) -> list[Measurement]:
        with quiet_torch(self.setting.threads):
            both = enumerate(zip(networks, shapes, strict=True))
            calls = [self._ready(number, *one) for number, one in both]
            pacers = [Pacer(self.prepare(one.network, one.shape), one.usual_ms) for one in known]
            found, meter = measure_interleaved(calls, pacers, clock=self.clock), self.meter
            if isinstance(meter, NoMeter):
                return found
            energies = [energy_of(call, meter, self.clock) for call in calls]
            return [replace(one, energy_mj=energy) for one, energy in zip(found, energies, strict=True)]

    @cached_property
    def meter(self) -> EnergyMeter | NoMeter:
        """What counts the energy of the device."""
        return energy_meter(self.setting.device)

    def _ready(self, number: int, network: nn.Module, shape: Shape) -> Call:
        try:
            call = self.prepare(network, shape)
            call()
        except Exception as error:  # compilers and runtimes raise what they like
            key, why = self.key, str(error).strip().partition("\n")[0]
            raise WorkError(
                f"network {number} of the group can not be run by {key.backend} {key.mode} in {key.dtype}: "
                f"{type(error).__name__}: {why}. Another --mode or --dtype may do."
            ) from error
        return call


def images(batch: int, shape: Shape) -> Tensor:
    """Return the batch that is timed, the same for equal shapes."""
    import torch

    made = torch.randn(batch, *shape, generator=torch.Generator().manual_seed(0))
    return made.contiguous(memory_format=torch.channels_last)
