"""Registering, finding, labelling and loading networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from nas.registry import Entry, Registry
from search_spaces import Architecture, InputError
from supernet import build
from tests.nas.conftest import DEVICE, METRICS


def test_noncontiguous_weights_are_stored(
    register: Callable[..., Entry], registry: Registry, network: nn.Module, architecture: Architecture
) -> None:
    sliced = build(architecture)
    sliced.load_state_dict(network.state_dict())
    for parameter in sliced.parameters():
        parameter.data = torch.stack([parameter.data, parameter.data], -1)[..., 0]
    loaded = registry.load(register(network=sliced))
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name]), name


def test_versions_count_up_and_entries_are_sorted(register: Callable[..., Entry], registry: Registry) -> None:
    refs = [register(name).ref for name in ["b", "a", *["b"] * 10]]
    assert refs[:3] == ["b/1", "a/1", "b/2"]
    assert [entry.ref for entry in registry.entries()] == ["a/1", *[f"b/{i}" for i in range(1, 12)]]
    assert registry.get("b").version == 11
    assert registry.get("b/2").version == 2


def test_empty_registry_has_no_entries(registry: Registry) -> None:
    assert registry.entries() == []
    with pytest.raises(InputError, match="no entry 'digits'.*empty"):
        registry.get("digits")
    assert not registry.root.exists()


def test_found_by_digest_and_by_path(registry: Registry, entry: Entry) -> None:
    assert registry.get(entry.digest[:6]).path == entry.path
    assert Registry("elsewhere").get(str(entry.path)).path == entry.path
    with pytest.raises(InputError, match="no entry"):
        registry.get(entry.digest[:5])


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("digts/1", "did you mean 'digits'"),
        ("digits/0", "no version '0'"),
        ("digits/01", "no version '01'"),
        ("digits/²", "no version"),
        ("digits/1/weights", "no version"),
    ],
)
def test_references_that_are_nearly_right(registry: Registry, entry: Entry, ref: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        registry.get(ref)


@pytest.mark.parametrize("name", ["", ".hidden", "..", "a/b", "a b", "a@b", "-x", "a\n", "ä"])
def test_illegal_labels(registry: Registry, entry: Entry, name: str) -> None:
    with pytest.raises(InputError, match="alias .*use letters"):
        registry.alias(entry, name)
    with pytest.raises(InputError, match="tag .*use letters"):
        registry.tag(entry, name, "value")
    assert sorted(path.name for path in entry.path.parent.iterdir()) == ["1"]


def test_aliases_move(register: Callable[..., Entry], registry: Registry) -> None:
    first, second = register(), register()
    registry.alias(first, "champion")
    registry.alias(first, "small")
    registry.alias(second, "champion")
    assert registry.aliases("digits") == {"champion": 2, "small": 1}
    with pytest.raises(InputError, match="did you mean 'champion'"):
        registry.get("digits@champ")
    with pytest.raises(InputError, match="digits alone"):
        registry.alias(first, "3")


def test_tags_are_per_version_and_change_no_file_of_it(register: Callable[..., Entry], registry: Registry) -> None:
    first, second = register(), register()
    registry.tag(first, "status", "tried")
    registry.tag(first, "status", "shipped")
    assert registry.tags(first) == {"status": "shipped"}
    assert registry.tags(second) == {}
    registry.verify(first)


def test_figures_say_unit_origin_and_device(entry: Entry) -> None:
    assert entry.figures() == METRICS
    figures = json.loads((entry.path / "metrics.json").read_text())
    assert figures["accuracy"]["unit"] == "fraction" and "search split" in figures["accuracy"]["from"]
    assert "test split" in figures["accuracy_test"]["from"]
    assert figures["latency_ms"]["unit"] == "ms" and figures["latency_ms"]["device"] == DEVICE
    assert "device" not in figures["macs"]


def test_config_is_in_the_form_of_timm(entry: Entry, architecture: Architecture) -> None:
    config = entry.config
    assert Architecture.from_dict(config["model_args"]["arch"]) == architecture
    assert config["num_classes"] == 10
    assert config["pretrained_cfg"]["input_size"] == [1, 32, 32]
    assert (config["pretrained_cfg"]["mean"], config["pretrained_cfg"]["std"]) == ([0.25], [0.5])
    assert config["pretrained_cfg"]["label_names"][9] == "class 9"


def test_card_says_what_figures_mean_and_how_to_load(entry: Entry, architecture: Architecture) -> None:
    for text in ("# digits/1", "test split", "Some CPU", 'nas.load("digits/1")', "nas export digits/1 --onnx",
                 "1,234,567", "supernet: " + "5" * 64, architecture.digest[:12]):  # fmt: skip
        assert text in entry.card, text


def test_no_file_is_a_pickle(entry: Entry) -> None:
    files = sorted(path.name for path in entry.path.iterdir())
    assert files == ["README.md", "architecture.json", "config.json", "lineage.json", "manifest.json",
                     "metrics.json", "weights.safetensors"]  # fmt: skip
    for file in files:
        content = (entry.path / file).read_bytes()
        assert not content.startswith((b"\x80", b"PK")), file


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"metrics": {"acuracy": 0.9}}, "unknown figure 'acuracy'.*did you mean 'accuracy'"),
        ({"network": nn.Linear(2, 2)}, "weights do not fit"),
    ],
)
def test_refused_networks_leave_nothing(
    register: Callable[..., Entry], registry: Registry, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        register(**changed)
    assert list((registry.root / "digits").iterdir()) == []
