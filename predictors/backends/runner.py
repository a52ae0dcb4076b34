"""A user's own command that times an ONNX file, for phones and boards: it prints milliseconds."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import nn

from predictors.backends._backend import Backend, Known, Setting, Shape, images
from predictors.device import DeviceKey
from predictors.timer import Measurement, summary
from search_spaces.errors import InputError, WorkError
from supernet.onnx_form import to_onnx

TIMEOUT = 300.0  # seconds for one network
_SHOWN = 300  # characters of what a command printed


class Runner(Backend):
    """Calls ``COMMAND MODEL.onnx`` for each network and reads one or more numbers, in milliseconds, from its output.

    ``device`` is what the user calls the device. The batch is fixed in the file. A command that fails, takes longer
    than ``timeout`` seconds (it is killed, with what it started), or prints anything else is an error.
    """

    def __init__(self, setting: Setting, command: str, device: str, timeout: float = TIMEOUT):
        super().__init__(setting)
        self.command, self.device, self.timeout = shlex.split(command), device, timeout
        if not self.command:
            raise InputError("--runner: expected a command, such as ./measure.sh")

    @property
    def key(self) -> DeviceKey:
        return DeviceKey(
            self.device, "runner", " ".join(self.command), self.setting.dtype, "onnx", self.setting.batch,
            self.setting.threads, "",
        )  # fmt: skip

    def measure(
        self, networks: Sequence[nn.Module], shapes: Sequence[Shape], known: Sequence[Known] = ()
    ) -> list[Measurement]:
        found = []
        with TemporaryDirectory() as folder:
            for number, (network, shape) in enumerate(zip(networks, shapes, strict=True)):
                path = Path(folder) / f"network-{number}.onnx"
                model = to_onnx(network.eval(), images(self.setting.batch, shape), dynamic_batch=False)
                path.write_bytes(model.SerializeToString())
                found.append(summary(self._milliseconds(path), load=0.0))
        return found

    def _milliseconds(self, path: Path) -> list[float]:
        printed = self._output(path)
        try:
            values = [float(word) for word in printed.split()]
        except ValueError:
            values = []
        if not values or not all(math.isfinite(value) and value > 0 for value in values):
            raise WorkError(
                f"{self._told(path)} printed {printed.strip()[:_SHOWN]!r}; expected milliseconds, one number or more"
            )
        return values

    def _output(self, path: Path) -> str:
        try:
            process = subprocess.Popen(
                [*self.command, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise InputError(f"--runner {shlex.join(self.command)}: {error.strerror or error}") from error
        with process:
            try:
                out, err = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                raise WorkError(f"{self._told(path)} ran longer than {self.timeout:g} s and was killed") from None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # and what it started
        if process.returncode:
            said = (err or out).strip()[-_SHOWN:] or "it said nothing"
            raise WorkError(f"{self._told(path)} failed with exit code {process.returncode}: {said}")
        return out

    def _told(self, path: Path) -> str:
        return f"--runner: {shlex.join([*self.command, path.name])}"
