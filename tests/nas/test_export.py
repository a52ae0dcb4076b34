"""Exported files compute what the registered network computes, alone, and say what they are."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from nas import export
from nas.export import ExportError, export_onnx, export_torch
from nas.registry import Entry
from search_spaces import InputError

# A process that can not import this project; argv: program, images, outputs to write.
STRANGER = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("nas", "supernet", "search_spaces", "predictors", "analysis"):
            raise ImportError(f"{name} is hidden")
sys.meta_path.insert(0, Refuse())
import torch
from safetensors.torch import load_file, save_file
facts = {"nas.json": ""}
program = torch.export.load(sys.argv[1], extra_files=facts).module()
save_file({n: program(x).contiguous() for n, x in load_file(sys.argv[2]).items()}, sys.argv[3])
print(facts["nas.json"])
"""
BATCHES = (1, 2, 7)


def _images(count: int) -> torch.Tensor:
    return torch.randn(count, 1, 32, 32, generator=torch.Generator().manual_seed(count))


def _check_facts(facts: dict, entry: Entry) -> None:
    assert facts["architecture"] == entry.digest
    assert facts["entry"] == "digits/1"
    assert facts["input_size"] == [1, 32, 32]
    assert (facts["mean"], facts["std"]) == ([0.25], [0.5])
    assert facts["label_names"] == [f"class {i}" for i in range(10)]


def test_onnx_is_one_quiet_checked_file(
    entry: Entry, network: nn.Module, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out" / "network.onnx"
    difference = export_onnx(entry, path)
    assert capfd.readouterr() == ("", "")
    assert [file.name for file in path.parent.iterdir()] == ["network.onnx"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count in BATCHES:
        outputs = session.run(["logits"], {"images": _images(count).numpy()})[0]
        torch.testing.assert_close(torch.from_numpy(outputs), network(_images(count)), atol=1e-4, rtol=1e-4)
    assert 0 <= difference <= 1e-4
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version >= 18
    _check_facts({prop.key: json.loads(prop.value) for prop in model.metadata_props}, entry)
    assert str(Path(__file__).parents[2]).encode() not in path.read_bytes()


def test_torch_program_runs_without_this_project(
    entry: Entry, network: nn.Module, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import safetensors.torch

    path = tmp_path / "network.pt2"
    difference = export_torch(entry, path)
    assert capfd.readouterr() == ("", "")
    assert 0 <= difference <= 1e-5
    images = {str(count): _images(count) for count in BATCHES}
    safetensors.torch.save_file(images, tmp_path / "images")
    command = [sys.executable, "-c", STRANGER, str(path), str(tmp_path / "images"), str(tmp_path / "outputs")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for count, outputs in safetensors.torch.load_file(tmp_path / "outputs").items():
        torch.testing.assert_close(outputs, network(images[count]), atol=1e-5, rtol=1e-5)
    _check_facts(json.loads(done.stdout), entry)


def test_torch_program_holds_no_pickle_and_no_path(entry: Entry, tmp_path: Path) -> None:
    export_torch(entry, tmp_path / "network.pt2")
    with zipfile.ZipFile(tmp_path / "network.pt2") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    for name, content in contents.items():
        if name.endswith("config.json"):
            assert '"use_pickle": true' not in content.decode(), name
        if "/weights/weight_" not in name:  # raw numbers
            assert not content.startswith((b"\x80", b"PK")), name
        assert str(Path(__file__).parents[2]).encode() not in content, name


@pytest.mark.parametrize(("write", "runner"), [(export_onnx, "_onnx_runner"), (export_torch, None)])
def test_a_wrong_output_is_refused_and_nothing_is_left(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable, runner: str | None
) -> None:
    path = tmp_path / "out" / "network"
    path.parent.mkdir()
    path.write_text("an earlier file")
    monkeypatch.setattr(export, "ONNX_TOLERANCE", -1.0)
    monkeypatch.setattr(export, "TORCH_TOLERANCE", -1.0)
    with pytest.raises(ExportError, match="digits/1: outputs differ"):
        write(entry, path)
    assert [file.name for file in path.parent.iterdir()] == ["network"]
    assert path.read_text() == "an earlier file"


def test_outputs_that_are_no_numbers_are_refused(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        export, "_onnx_runner", lambda content: lambda images: torch.full((len(images), 10), torch.nan)
    )
    with pytest.raises(ExportError, match="differ by nan"):
        export_onnx(entry, tmp_path / "network.onnx")
    assert not (tmp_path / "network.onnx").exists()


def test_unwritable_path(entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write .*network.pt2"):
        export_torch(entry, tmp_path / "file" / "network.pt2")


def test_a_changed_entry_is_not_exported(entry: Entry, tmp_path: Path) -> None:
    (entry.path / "README.md").write_text("changed")
    with pytest.raises(InputError, match=r"README\.md was changed"):
        export_torch(entry, tmp_path / "network.pt2")
    assert not (tmp_path / "network.pt2").exists()
