"""Energy is read where a machine counts it: folders and libraries that the tests write; never a number of our own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from predictors.backends import Eager, Setting
from predictors.energy import EnergyMeter, NoMeter, Nvml, Rapl, energy_meter, energy_of


def zone(root: Path, folder: str, name: str, energy: int, span: int = 1_000_000) -> Path:
    path = root / folder
    path.mkdir(parents=True)
    for file, value in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", span)):
        (path / file).write_text(f"{value}\n")
    return path


def test_packages_are_summed_in_millijoules(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl", "control type", 0)
    first = zone(tmp_path, "intel-rapl:0", "package-0", 5_000)
    core = zone(tmp_path, "intel-rapl:0:0", "core", 1_000)
    second = zone(tmp_path, "intel-rapl:1", "package-1", 7_000)
    meter = Rapl(tmp_path)
    before = meter.read()
    assert before == [5.0, 7.0], "cores are part of their package"
    (first / "energy_uj").write_text("9000")
    (core / "energy_uj").write_text("900000")
    (second / "energy_uj").write_text("7500")
    assert meter.spent(before) == pytest.approx(4.5)


def test_a_counter_that_begins_anew_is_understood(tmp_path: Path) -> None:
    package = zone(tmp_path, "intel-rapl:0", "package-0", 999_000)
    meter = Rapl(tmp_path)
    before = meter.read()
    (package / "energy_uj").write_text("4000")
    assert meter.spent(before) == pytest.approx(5.0), "1 mJ to the end of the range and 4 mJ after it"


def test_energy_of_one_call() -> None:
    class Counter(EnergyMeter):
        def read(self) -> list[float]:
            return [3.0 * calls]

    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1

    assert energy_of(call, Counter(), lambda: 0.2 * calls) == pytest.approx(3.0)
    assert calls == 3, "0.2 s each, until half a second is over"


def deny(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let files of a name refuse to be read, as those of RAPL do without root rights (the tests may run as root)."""
    read: Callable[..., str] = Path.read_text

    def refuse(path: Path, *args: Any, **kwargs: Any) -> str:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", refuse)


def test_without_permission_there_is_no_energy_but_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = zone(tmp_path, "intel-rapl:0", "package-0", 1)
    deny(monkeypatch, "energy_uj")
    assert energy_meter("cpu", tmp_path) == NoMeter(f"no permission to read {package / 'energy_uj'}")


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    assert energy_meter("cpu", tmp_path) == NoMeter(f"RAPL: no package in {tmp_path}")
    zone(tmp_path, "intel-rapl:0", "package-0", 1)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("many")
    found = energy_meter("cpu", tmp_path)
    assert isinstance(found, NoMeter) and "'many'" in found.why


def fake_nvml(monkeypatch: pytest.MonkeyPatch, energies: list[int], begin: Callable[[], None] = lambda: None) -> None:
    handle = object()
    library = SimpleNamespace(
        nvmlInit=begin,
        nvmlDeviceGetHandleByUUID={"GPU-12-34": handle}.__getitem__,
        nvmlDeviceGetTotalEnergyConsumption=lambda board: energies.pop(0) if board is handle else -1,
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid="12-34"))


def test_a_gpu_is_read_by_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_nvml(monkeypatch, [100, 100, 160])
    meter = energy_meter("cuda")
    assert isinstance(meter, Nvml)
    assert meter.spent(meter.read()) == 60.0


def test_a_gpu_without_nvml_has_no_energy_but_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin() -> None:
        raise RuntimeError("Driver Not Loaded")

    fake_nvml(monkeypatch, [], begin)
    assert energy_meter("cuda") == NoMeter("RuntimeError: Driver Not Loaded")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert energy_meter("cuda") == NoMeter("NVML needs the package nvidia-ml-py")


@pytest.mark.parametrize(("step", "energy"), [(3_000, 3.0), (0, None)])
def test_records_have_energy_where_a_counter_moves(tmp_path: Path, step: int, energy: float | None) -> None:
    package = zone(tmp_path, "intel-rapl:0", "package-0", 5_000)

    class Hot(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            now = int((package / "energy_uj").read_text())
            (package / "energy_uj").write_text(str((now + step) % 1_000_000))
            return x

    ticks = iter(range(10**6))
    backend = Eager(Setting())
    backend.clock = lambda: 0.1 * next(ticks)
    backend.meter = energy_meter("cpu", tmp_path)
    (found,) = backend.measure([Hot()], [(1, 2, 2)])
    assert found.energy_mj == energy


def test_records_of_a_machine_that_counts_nothing_have_none(tmp_path: Path) -> None:
    ticks = iter(range(10**6))
    backend = Eager(Setting())
    backend.clock = lambda: 0.1 * next(ticks)
    backend.meter = energy_meter("cpu", tmp_path)
    (found,) = backend.measure([nn.Identity()], [(1, 2, 2)])
    assert found.energy_mj is None
