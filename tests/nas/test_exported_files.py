"""What is in an exported file: facts for its user, and neither pickles nor paths of this machine."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from torch import nn

from nas import export
from nas.registry import Entry
from search_spaces import InputError

ROOT = str(Path(__file__).parents[2]).encode()


def _check_facts(facts: dict[str, Any], entry: Entry) -> None:
    assert facts["architecture"] == entry.digest
    assert facts["entry"] == "digits/1"
    assert facts["input_size"] == [1, 32, 32]
    assert (facts["mean"], facts["std"]) == ([0.25], [0.5])
    assert facts["label_names"] == [f"class {i}" for i in range(10)]


def test_onnx(entry: Entry, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out" / "network.onnx"
    export.export_onnx(entry, path)
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in path.parent.iterdir()] == ["network.onnx"]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version >= 18
    _check_facts({prop.key: json.loads(prop.value) for prop in model.metadata_props}, entry)
    assert ROOT not in path.read_bytes()


def test_pt2(entry: Entry, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "network.pt2"
    export.export_torch(entry, path)
    assert capfd.readouterr() == ("", "")
    with zipfile.ZipFile(path) as archive:
        contents = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    _check_facts(json.loads(contents["extra/nas.json"]), entry)
    assert contents["data/sample_inputs/model.pt"] == b""  # torch's own place for a pickle
    assert b'"use_pickle": true' not in contents["data/weights/model_weights_config.json"]
    for name, content in contents.items():
        if not name.startswith("data/weights/weight_"):  # raw numbers
            assert not content.startswith((b"\x80", b"PK")), name
        assert ROOT not in content, name


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1.0])
def test_other_outputs_at_any_batch_size_are_refused(entry: Entry, network: nn.Module, wrong: float) -> None:
    def other(images: torch.Tensor) -> torch.Tensor:
        outputs = network(images)
        return outputs + wrong if len(images) == 1 else outputs

    with pytest.raises(export.ExportError, match="digits/1: outputs differ by .*, more than 1e-04"):
        export._check(entry, network, other, 1e-4)


def test_unwritable_path(entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*network\.pt2"):
        export.export_torch(entry, tmp_path / "file" / "network.pt2")


def test_a_changed_entry_is_not_exported(entry: Entry, tmp_path: Path) -> None:
    (entry.path / "README.md").write_text("changed")
    with pytest.raises(InputError, match=r"README\.md was changed"):
        export.export_torch(entry, tmp_path / "network.pt2")
    assert not (tmp_path / "network.pt2").exists()
