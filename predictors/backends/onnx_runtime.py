"""ONNX Runtime, as many users deploy; with the time of each operator on request."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from predictors.backends._backend import InProcess, Setting, Shape, images
from predictors.device import DeviceKey, cpu_name
from predictors.timer import Call
from search_spaces import InputError
from supernet.onnx_form import to_onnx


class OnnxRuntime(InProcess):
    """The CPU provider with a fixed number of threads that do not spin."""

    def __init__(self, setting: Setting):
        super().__init__(setting)
        if setting.device != "cpu" or setting.dtype != "float32":
            raise InputError(
                f"--mode onnxruntime measures float32 on the CPU, found {setting.dtype} on {setting.device}; "
                "give --runner a command for others"
            )

    @property
    def key(self) -> DeviceKey:
        import onnxruntime

        return DeviceKey(
            cpu_name(), "onnxruntime", "CPUExecutionProvider", self.setting.dtype, "contiguous", self.setting.batch,
            self.setting.threads, f"onnxruntime {onnxruntime.__version__}",
        )  # fmt: skip

    def prepare(self, network: nn.Module, shape: Shape) -> Call:
        session, feed = self._session(network, shape, None)
        return lambda: session.run(None, feed)

    def trace(self, network: nn.Module, shape: Shape, runs: int = 20) -> dict[str, float]:
        """Return milliseconds of each kind of operator, mean over the runs but the first, the longest first."""
        with TemporaryDirectory() as folder:
            session, feed = self._session(network, shape, Path(folder) / "trace")
            for _ in range(runs + 1):
                session.run(None, feed)
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        return _by_operator(events, runs)

    def _session(self, network: nn.Module, shape: Shape, profile: Path | None) -> tuple[Any, dict[str, Any]]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads, options.inter_op_num_threads = self.setting.threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if profile is not None:
            options.enable_profiling, options.profile_file_prefix = True, str(profile)
        x = images(self.setting.batch, shape)
        with torch.inference_mode(False):
            content = to_onnx(network.eval(), x, dynamic_batch=False).SerializeToString()
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return session, {"images": x.contiguous().numpy()}


def _by_operator(events: list[dict[str, Any]], runs: int) -> dict[str, float]:
    """Sum the kernel times (microseconds) of a Chrome trace by operator, the first run left out."""
    times: dict[str, list[float]] = defaultdict(list)
    starts = sorted(event["ts"] for event in events if event.get("name") == "model_run")
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and event["ts"] >= starts[1]:
            times[event["args"]["op_name"]].append(event["dur"])
    means = {name: sum(found) / runs / 1e3 for name, found in times.items()}
    return dict(sorted(means.items(), key=lambda item: -item[1]))
