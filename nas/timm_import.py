"""A timm model as a registry entry: the architecture from the published networks, the weights from timm or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from nas.registry import Entry, Registry
from nas.registry.entry import file_digest
from predictors import price
from search_spaces.errors import InputError
from supernet import build, deploy
from supernet.timm_weights import architecture_of, convert

# What timm's ImageNet weights expect where its configuration is not at hand.
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def import_timm(registry: Registry, name: str, *, pretrained: bool = False, weights: Path | None = None) -> Entry:
    """Register timm's model ``name`` and return the entry.

    Weights come from ``weights`` (timm's state dict as safetensors; needs no timm and no network), from timm
    itself (``pretrained``), or are timm's first ones. Raises InputError for a model that is not supported, a file
    that is not its weights, and where timm is needed and absent.
    """
    architecture = architecture_of(name)
    if pretrained and weights is not None:
        raise InputError("give --pretrained or --weights, not both")
    state, statistics, origin = _from_file(weights) if weights is not None else _from_timm(name, pretrained)
    network = build(architecture)
    try:
        network.load_state_dict(convert(name, state))
    except RuntimeError as error:
        raise InputError(f"these are not the weights of timm's {name}: {error}") from error
    costs = price(deploy(network), architecture.input_shape)
    metrics = {"macs": costs.macs, "params": costs.params, "activations": costs.activations}
    data = {"classes": [str(i) for i in range(architecture.classes)], **statistics}
    lineage = {"source": f"timm:{name}", "weights": origin}
    return registry.register(f"timm-{name}", network, architecture, metrics, lineage, data)


def _from_file(path: Path) -> tuple[Mapping[str, Tensor], dict[str, Any], str]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    if path.suffix != ".safetensors":
        raise InputError(f"{path}: expected a .safetensors file; pickled weights are not read, since they can run code")
    try:
        return load(path.read_bytes()), dict(_IMAGENET), f"file {path.name}, SHA-256 {file_digest(path)}"
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read the weights {path}: {error}") from error


def _from_timm(name: str, pretrained: bool) -> tuple[Mapping[str, Tensor], dict[str, Any], str]:
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        raise InputError(f"timm can not be imported ({error}): pip install timm, or give --weights FILE") from error
    try:
        model: Any = timm.create_model(name, pretrained=pretrained)
    except Exception as error:  # timm and its hub raise many kinds; all mean that the weights are not to be had
        raise InputError(f"timm can not make {name}: {error}") from error
    known = model.pretrained_cfg or {}
    statistics = {key: known.get(key, usual) for key, usual in _IMAGENET.items()}
    return model.state_dict(), statistics, f"timm {timm.__version__}, {'pretrained' if pretrained else 'not trained'}"
