"""Energy of a call where the machine counts it: RAPL of processors, NVML of NVIDIA GPUs; else nothing.

Both count all that the package or board draws: idle power and what else runs there are in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

POWERCAP = Path("/sys/class/powercap")
_SECONDS = 0.5  # that one network runs: counters move in steps of 1 ms (RAPL) to 100 ms (NVML)


@dataclass(frozen=True)
class NoMeter:
    """Energy is not counted here; ``why`` says what stands in the way."""

    why: str


class EnergyMeter(ABC):
    """A counter of energy."""

    @abstractmethod
    def read(self) -> list[float]:
        """Return the counters in millijoules."""

    def spent(self, before: list[float]) -> float:
        """Return the millijoules since ``before``."""
        return sum(now - then for now, then in zip(self.read(), before, strict=True))


class Rapl(EnergyMeter):
    """The packages of the Linux powercap interface (docs.kernel.org, power/powercap); memory is not part of them."""

    def __init__(self, root: Path = POWERCAP):
        self.zones = [zone for zone in sorted(root.glob("*-rapl:*")) if _text(zone / "name").startswith("package")]
        if not self.zones:
            raise OSError(f"no package in {root}")
        self.ranges = [_millijoules(zone / "max_energy_range_uj") for zone in self.zones]
        self.read()

    def read(self) -> list[float]:
        return [_millijoules(zone / "energy_uj") for zone in self.zones]

    def spent(self, before: list[float]) -> float:
        """Return the millijoules since ``before``; a counter that has begun anew since then is understood."""
        both = zip(self.read(), before, self.ranges, strict=True)
        return sum(now - then + (span if now < then else 0.0) for now, then, span in both)


class Nvml(EnergyMeter):
    """The board of the current CUDA device, by the NVIDIA management library."""

    def __init__(self) -> None:
        self._nvml: Any = import_module("pynvml")
        self._nvml.nvmlInit()
        properties: Any = torch.cuda.get_device_properties(torch.cuda.current_device())
        self._board = self._nvml.nvmlDeviceGetHandleByUUID(f"GPU-{properties.uuid}")
        self.read()

    def read(self) -> list[float]:
        return [float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._board))]


def energy_meter(device: str, root: Path = POWERCAP) -> EnergyMeter | NoMeter:
    """Return what counts the energy of a device (cpu or cuda), or why nothing does."""
    try:
        return Nvml() if device == "cuda" else Rapl(root)
    except ImportError:
        return NoMeter("NVML needs the package nvidia-ml-py")
    except PermissionError as error:
        return NoMeter(f"no permission to read {error.filename}")
    except (OSError, ValueError) as error:
        return NoMeter(f"RAPL: {error}")
    except Exception as error:  # pynvml has exceptions of its own
        return NoMeter(f"{type(error).__name__}: {error}")


def energy_of(call: Callable[[], object], meter: EnergyMeter, clock: Callable[[], float]) -> float | None:
    """Run ``call`` for half a second; return the millijoules of one, None where the counter stood still."""
    calls, started, before = 0, clock(), meter.read()
    while calls == 0 or clock() - started < _SECONDS:
        call()
        calls += 1
    return meter.spent(before) / calls or None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _millijoules(path: Path) -> float:
    return int(_text(path)) / 1e3
