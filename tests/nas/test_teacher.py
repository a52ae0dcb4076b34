"""A registered network as a teacher: as a user gives it, recorded, and refused where it does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from nas.cli.main import run
from nas.registry import Entry, Registry
from nas.teacher import load_teacher
from search_spaces import Architecture, InputError
from supernet.data import load_data
from tests.conftest import TINY
from tests.nas.conftest import DATA

DIGITS = {**DATA, "classes": [str(i) for i in range(10)]}


def test_an_entry_teaches_with_its_own_statistics(
    registry: Registry, register: Callable[..., Entry], network: nn.Module, architecture: Architecture
) -> None:
    register("teacher", data=DIGITS)
    data = load_data("digits")
    images = data.train.images[:4]
    found = load_teacher("teacher", registry.root, data).logits(data.normalise(images))
    by_hand = network.eval()((images.float() / 255 - 0.25) / 0.5).detach()
    torch.testing.assert_close(found, by_hand, rtol=1e-3, atol=1e-3)
    register("other")
    with pytest.raises(InputError, match="knows other classes than digits: 'class 0' where it has '0'"):
        load_teacher("other", registry.root, data)


def test_nas_train_learns_from_a_teacher_and_records_it(
    registry: Registry, register: Callable[..., Entry], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    register("teacher", data=DIGITS)
    method = tmp_path / "one.yaml"
    method.write_text("sampler: single_path\nobjective: external_teacher\noptions: {ema: 0.9}\n")
    arguments = ["train", "--space", str(TINY), "--epochs", "1", "--batch-size", "512", "--out", str(tmp_path / "runs")]
    arguments += ["--method", str(method), "--name", "run", "--quiet", "--threads", "1"]
    assert run(arguments) == 2
    assert "needs a teacher: --teacher" in capfd.readouterr().err
    assert run([*arguments, "--teacher", "teacher"]) == 2  # not in ./registry
    assert not (tmp_path / "runs").exists()
    assert run([*arguments, "--teacher", "teacher", "--registry", str(registry.root)]) == 0
    config = json.loads((tmp_path / "runs" / "run" / "config.json").read_text())
    assert config["teacher"]["entry"] == "teacher/1" and len(config["teacher"]["digest"]) == 64
    assert config["training"]["method"]["options"]["ema"] == 0.9
    register("teacher", data={**DIGITS, "mean": [0.5]})  # the name now means another teacher
    resume = [*arguments, "--registry", str(registry.root), "--resume", "--teacher"]
    assert run([*resume, "teacher"]) == 2
    assert "cannot resume, teacher was" in capfd.readouterr().err
    assert run([*resume, "teacher/1"]) == 0
