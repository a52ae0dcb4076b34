"""Every registered back end times networks under its own key; a user's command is never trusted."""

from __future__ import annotations

import shutil
import stat
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from predictors.backends import MODES, Eager, InProcess, Runner, Setting, backend_of
from predictors.backends.onnx_runtime import OnnxRuntime
from search_spaces import SearchSpace
from search_spaces.errors import InputError, WorkError
from supernet import build, deploy

IMAGE = (1, 8, 8)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).eval()


def make(mode: str, setting: Setting) -> InProcess:
    if mode == "compile" and shutil.which("g++") is None:
        pytest.skip("torch.compile needs a C++ compiler")
    return MODES[mode](setting)


@pytest.mark.parametrize("mode", list(MODES))
def test_networks_are_timed_and_the_key_says_how(mode: str) -> None:
    backend = make(mode, Setting(batch=3, threads=1))
    (found,) = backend.measure([network()], [IMAGE])
    assert 0 < found.median_ms < 1000 and found.median_ms <= found.p95_ms
    assert (backend.key.batch, backend.key.threads, backend.key.dtype) == (3, 1, "float32")
    assert backend_of(backend.key) is not None
    others = {make(name, Setting(batch=3, threads=1)).key for name in MODES}
    assert len(others) == len(MODES), "records of two modes are never mixed"


@pytest.mark.parametrize("mode", list(MODES))
def test_what_is_timed_is_the_network(mode: str, tiny_space: SearchSpace) -> None:
    plain = deploy(build(tiny_space.largest()))
    backend, shape = make(mode, Setting(batch=2)), tiny_space.input_shape
    from predictors.backends._backend import images

    with torch.inference_mode():
        expected, found = plain(images(2, shape)), backend.prepare(plain, shape)()
    found = found[0] if isinstance(found, list) else found
    np.testing.assert_allclose(np.asarray(found), expected.numpy(), atol=1e-4)


def test_a_key_of_another_machine_has_no_back_end() -> None:
    from dataclasses import replace

    key = Eager(Setting()).key
    assert backend_of(replace(key, device="Pixel 9")) is None
    assert backend_of(replace(key, dtype="int3")) is None


def test_what_a_back_end_can_not_do_is_refused() -> None:
    with pytest.raises(InputError, match="float32 on the CPU"):
        OnnxRuntime(Setting(dtype="bfloat16"))
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no CUDA device"):
            Eager(Setting(device="cuda"))


def test_a_network_that_can_not_be_run_is_named() -> None:
    with pytest.raises(WorkError, match="network 1 of the group can not be run by pytorch eager in float32: Runtime"):
        Eager(Setting()).measure([network(), nn.Linear(3, 3)], [IMAGE, IMAGE])


def test_onnxruntime_says_which_operators_take_the_time() -> None:
    found = OnnxRuntime(Setting()).trace(network(), IMAGE, runs=3)
    assert any("Conv" in name for name in found) and list(found.values()) == sorted(found.values(), reverse=True)


def script(folder: Path, body: str) -> str:
    path = folder / "measure.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_command_gets_the_model_and_its_numbers_count(tmp_path: Path) -> None:
    runner = Runner(Setting(batch=2), script(tmp_path, 'test -s "$1" && echo "4.5 4.7 4.6"'), "my phone")
    (found,) = runner.measure([network()], [IMAGE])
    assert found.median_ms == pytest.approx(4.6) and not found.noisy
    assert runner.key.device == "my phone" and runner.key.batch == 2 and backend_of(runner.key) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo fast", "printed 'fast'; expected milliseconds"),
        ("true", "printed ''; expected milliseconds"),
        ("echo -3", "printed '-3'"),
        ("echo nan", "printed 'nan'"),
        ("echo no such device >&2; exit 3", "exit code 3: no such device"),
        ("sleep 60", "ran longer than 1 s and was killed"),
    ],
)
def test_what_a_command_does_wrong_is_an_error(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(WorkError, match=message):
        Runner(Setting(), script(tmp_path, body), "phone", timeout=1.0).measure([network()], [IMAGE])


def test_what_a_command_started_is_killed_with_it(tmp_path: Path) -> None:
    command = script(tmp_path, f"(sleep 1.5; touch {tmp_path / 'late'}) & wait")
    with pytest.raises(WorkError, match="was killed"):
        Runner(Setting(), command, "phone", timeout=0.5).measure([network()], [IMAGE])
    time.sleep(2)
    assert not (tmp_path / "late").exists()


def test_a_command_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="No such file"):
        Runner(Setting(), "/nowhere/measure.sh", "phone").measure([network()], [IMAGE])
    with pytest.raises(InputError, match="expected a command"):
        Runner(Setting(), "", "phone")
