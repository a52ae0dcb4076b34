"""``nas price`` shows every cost of both forms, and a training step where it is asked for."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from nas.cli.main import run
from predictors import Costs
from search_spaces import SearchSpace


@pytest.fixture
def file(tiny_space: SearchSpace, tmp_path: Path) -> str:
    path = tmp_path / "architecture.json"
    path.write_text(tiny_space.smallest().to_json())
    return str(path)


def test_both_forms_have_every_cost(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = {field.name for field in fields(Costs)}
    assert set(found["train"]) == set(found["deploy"]) == names
    assert found["deploy"]["macs_per_weight_byte"] > 0 and "training" not in found


def test_training_has_memory_and_a_rate_with_its_key(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", file, "--training", "--batch", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["training"]
    assert found["peak_training_memory_bytes"] > found["saved_activation_bytes"] > 0
    assert found["train_images_per_second"] == pytest.approx(2e3 / found["train_step_ms"])
    assert (found["key"]["mode"], found["key"]["batch"]) == ("training", 2)


def test_an_unknown_device_is_wrong_input(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", file, "--training", "--device", "phone"]) == 2
    assert "expected cpu or cuda" in capsys.readouterr().err
