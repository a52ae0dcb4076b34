"""What runs networks to be timed, by mode; one that is registered here gets its contract tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from predictors.backends._backend import Backend, Dtype, InProcess, Known, Setting
from predictors.backends.onnx_runtime import OnnxRuntime
from predictors.backends.pytorch import Compiled, Eager
from predictors.backends.runner import Runner
from predictors.device import DeviceKey
from search_spaces import InputError

MODES: Mapping[str, type[InProcess]] = MappingProxyType({
    "eager": Eager,
    "compile": Compiled,
    "onnxruntime": OnnxRuntime,
})  # fmt: skip


def backend_of(key: DeviceKey) -> InProcess | None:
    """Return what measures under a key on this machine; None where nothing here does (another device, a runner)."""
    for make in MODES.values():
        for device in ("cpu", "cuda"):
            try:
                backend = make(Setting(key.batch, key.threads, _dtype(key.dtype), device))
            except InputError:
                continue
            if backend.key == key:
                return backend
    return None


def _dtype(name: str) -> Dtype:
    if name not in get_args(Dtype):
        raise InputError(f"no back end computes in {name}")
    return name  # type: ignore[return-value]


__all__ = ["MODES", "Backend", "Dtype", "Eager", "InProcess", "Known", "Runner", "Setting", "backend_of"]
