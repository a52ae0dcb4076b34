"""Exports equal PyTorch, need nothing of ours, and are not written when they differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from nas import export
from nas.registry import Entry, Registry
from search_spaces import SearchSpace
from supernet import build, deploy
from tests.conftest import randomise
from tests.nas.conftest import DATA, LINEAGE, METRICS

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporters warn about themselves


@pytest.fixture(scope="module")
def entry(small_space: SearchSpace, tmp_path_factory: pytest.TempPathFactory) -> Entry:
    registry = Registry(tmp_path_factory.mktemp("registry"))
    architecture = small_space.sample(np.random.default_rng(2))
    network = build(architecture)
    randomise(network)
    return registry.register("net", network, architecture, METRICS, LINEAGE, DATA)


@torch.no_grad()
def test_onnx_equals_pytorch_at_any_batch(entry: Entry, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    path = tmp_path / "net.onnx"
    assert export.export_onnx(entry, path) <= 1e-4
    assert capfd.readouterr().out == ""
    network = Registry(entry.path.parent.parent).load(entry)
    session = onnxruntime.InferenceSession(path)
    for count in (1, 5):
        x = torch.randn(count, 1, 32, 32)
        found = np.asarray(session.run(["logits"], {"images": x.numpy()})[0])
        scale = float(network(x).abs().max())
        np.testing.assert_allclose(found, network(x).numpy(), rtol=1e-4, atol=1e-5 * max(1.0, scale))
    properties = {p.key for p in onnx.load(path).metadata_props}
    assert {"architecture", "mean", "std", "label_names"} <= properties


def test_pt2_runs_where_nas_cannot_be_imported(entry: Entry, tmp_path: Path) -> None:
    path, images, logits = tmp_path / "net.pt2", tmp_path / "x.npy", tmp_path / "y.npy"
    assert export.export_torch(entry, path) <= 1e-5
    x = torch.randn(3, 1, 32, 32)
    np.save(images, x.numpy())
    code = f"""
import sys, numpy as np
for name in ("nas", "supernet", "search_spaces", "predictors", "analysis"):
    sys.modules[name] = None
import torch
x = torch.from_numpy(np.load({str(images)!r}))
np.save({str(logits)!r}, torch.export.load({str(path)!r}).module()(x).detach().numpy())
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    with torch.no_grad():
        expected = deploy(Registry(entry.path.parent.parent).load(entry))(x)
    np.testing.assert_allclose(np.load(logits), expected.numpy(), rtol=1e-5, atol=1e-5)


def test_a_wrong_export_is_not_written(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_onnx_runner", lambda content: lambda x: torch.zeros(len(x), 10))
    with pytest.raises(export.ExportError, match="nothing was written"):
        export.export_onnx(entry, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
