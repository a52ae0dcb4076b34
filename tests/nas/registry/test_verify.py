"""Every kind of damage is found, and the message says where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from nas.registry import Entry, Registry
from search_spaces import InputError

FILES = [
    "README.md",
    "architecture.json",
    "config.json",
    "lineage.json",
    "metrics.json",
    "weights.safetensors",
]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sign(entry: Entry, file: str, **changed: Any) -> None:
    """Make the manifest agree with a changed file, as somebody who edits both would."""
    path = entry.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][file] = _digest(entry.path / file)
    path.write_text(json.dumps({**manifest, **changed}))


def _reread(entry: Entry) -> Entry:
    return Entry(entry.path)


def test_whole_entry(registry: Registry, entry: Entry) -> None:
    registry.verify(entry)
    assert entry.manifest["files"] == {file: _digest(entry.path / file) for file in FILES}


def test_a_changed_bit_is_named_with_both_digests(registry: Registry, entry: Entry) -> None:
    path = entry.path / "weights.safetensors"
    before, content = _digest(path), bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    for check in (registry.verify, registry.load):
        with pytest.raises(InputError) as caught:
            check(entry)
        assert all(part in str(caught.value) for part in (str(path), before, _digest(path)))


def test_missing_manifest(registry: Registry, entry: Entry) -> None:
    (entry.path / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"cannot read .*manifest\.json"):
        registry.verify(_reread(entry))


@pytest.mark.parametrize("manifest", ["[]", '{"files": 3, "architecture": ""}', "{", '{"architecture": "a"}'])
def test_damaged_manifest(registry: Registry, entry: Entry, manifest: str) -> None:
    (entry.path / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match=r"manifest\.json"):
        registry.verify(_reread(entry))


def test_manifest_that_leaves_a_file_out(registry: Registry, entry: Entry) -> None:
    manifest = json.loads((entry.path / "manifest.json").read_text())
    del manifest["files"]["weights.safetensors"]
    (entry.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"manifest\.json lists .*expected .*weights\.safetensors"):
        registry.verify(_reread(entry))


def test_another_architecture(registry: Registry, entry: Entry) -> None:
    path = entry.path / "architecture.json"
    architecture = json.loads(path.read_text())
    architecture["classes"] = 11
    path.write_text(json.dumps(architecture))
    _sign(entry, "architecture.json")
    with pytest.raises(InputError, match=f"digest of the architecture .*expected {entry.digest}"):
        registry.verify(_reread(entry))
    _sign(entry, "architecture.json", architecture=entry.architecture.digest)
    with pytest.raises(InputError, match="weights do not fit architecture.json: .*head"):
        registry.verify(_reread(entry))


def _without_head(weights: dict[str, torch.Tensor]) -> None:
    del weights[next(name for name in weights if name.startswith("head"))]


def _with_more(weights: dict[str, torch.Tensor]) -> None:
    weights["extra"] = torch.zeros(1)


@pytest.mark.parametrize("change", [_without_head, _with_more])
def test_weights_that_do_not_fit(
    registry: Registry, entry: Entry, change: Callable[[dict[str, torch.Tensor]], None]
) -> None:
    path = entry.path / "weights.safetensors"
    weights = safetensors.torch.load_file(path)
    change(weights)
    safetensors.torch.save_file(weights, path)
    _sign(entry, "weights.safetensors")
    with pytest.raises(InputError, match=r"weights\.safetensors: the weights do not fit.*(Missing|Unexpected)"):
        registry.load(_reread(entry))


def test_weights_that_are_no_safetensors(registry: Registry, entry: Entry) -> None:
    (entry.path / "weights.safetensors").write_bytes(b"\x80\x04K\x01.")
    _sign(entry, "weights.safetensors")
    with pytest.raises(InputError, match=r"weights\.safetensors"):
        registry.load(_reread(entry))


@pytest.mark.parametrize("text", ["[]", "{"])
def test_damaged_aliases(registry: Registry, entry: Entry, text: str) -> None:
    (entry.path.parent / "aliases.json").write_text(text)
    with pytest.raises(InputError, match=r"aliases\.json"):
        registry.get("digits@best")
    with pytest.raises(InputError, match=r"aliases\.json"):
        registry.alias(entry, "best")
