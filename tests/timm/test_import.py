"""`nas registry import timm:NAME`: an entry that is verified, loads, and computes what timm's model computes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import nas
from nas.cli.main import run

NAME = "mobilenetv2_050"


@pytest.fixture(scope="module")
def theirs(timm: Any) -> Any:
    torch.manual_seed(0)
    return timm.create_model(NAME).eval()


@pytest.fixture(scope="module")
def weights(theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "theirs.safetensors"
    save_file(theirs.state_dict(), path)
    return path


def test_an_imported_entry_computes_what_timms_model_computes(
    theirs: Any, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)  # a file of weights needs no timm
    registry = ["--registry", str(tmp_path)]
    assert run(["registry", "import", f"timm:{NAME}", "--weights", str(weights), *registry]) == 0
    assert f"timm-{NAME}/1" in capsys.readouterr().out
    assert run(["registry", "verify", "--all", *registry]) == 0
    assert run(["registry", "show", f"timm-{NAME}", *registry]) == 0
    assert f"imported from timm:{NAME}" in capsys.readouterr().out
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(nas.load(f"timm-{NAME}", registry=tmp_path)(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_without_weights_the_first_ones_are_registered_and_said_to_be_untrained(
    timm: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["registry", "import", f"timm:{NAME}", "--registry", str(tmp_path)]) == 0
    assert "not trained" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "pickle", "torn", "other"])
def test_wrong_weights_leave_no_entry(
    damage: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ("weights.pth" if damage == "pickle" else "weights.safetensors")
    if damage in ("pickle", "torn"):
        path.write_bytes(weights.read_bytes()[:1000])
    elif damage == "other":
        save_file({"fc.weight": torch.zeros(3, 3)}, path)
    registry = tmp_path / "registry"
    assert run(["registry", "import", f"timm:{NAME}", "--weights", str(path), "--registry", str(registry)]) == 2
    assert capsys.readouterr().err.startswith("error:")
    assert not list(registry.glob("*/[0-9]*"))


def test_timm_must_be_there_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    assert run(["registry", "import", f"timm:{NAME}", "--registry", str(tmp_path)]) == 2
    assert "pip install timm" in capsys.readouterr().err
