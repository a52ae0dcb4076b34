"""What is written beside the weights: metrics with units and origin, timm's config, the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search_spaces import Architecture
from search_spaces.architecture import size_text
from search_spaces.errors import InputError, nearest

# unit, and what the figure was taken on
_FIGURES: dict[str, tuple[str, str]] = {
    "accuracy": ("fraction", "search split, weights inherited from the supernet"),
    "accuracy_test": ("fraction", "test split, weights inherited from the supernet"),
    "latency_ms": ("ms", "predicted for the device"),
    "latency_low_ms": ("ms", "predicted, lower end of the 90 % interval"),
    "latency_high_ms": ("ms", "predicted, upper end of the 90 % interval"),
    "latency_measured_ms": ("ms", "median, measured on the device"),
    "latency_p95_ms": ("ms", "95th percentile, measured on the device"),
    "latency_iqr_ms": ("ms", "interquartile range, measured on the device"),
    "latency_noisy": ("bool", "whether the measurement's spread exceeds 10 %"),
    "macs": ("multiply-accumulates", "counted, deploy form, one input"),
    "params": ("parameters", "counted, deploy form"),
    "activations": ("elements", "counted, deploy form, one input"),
    "peak_memory_bytes": ("bytes", "counted, deploy form, one input, without weights"),
    "weight_bytes": ("bytes", "counted, deploy form, float32"),
    "macs_per_weight_byte": ("multiply-accumulates a byte", "counted, deploy form, one input, weights read"),
    "macs_per_activation_byte": ("multiply-accumulates a byte", "counted, deploy form, maps read and written"),
}


def metrics_file(metrics: Mapping[str, Any], lineage: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return metrics.json: value, unit and origin of each figure, and the device where it depends on one.

    Raises InputError for a figure whose unit is not known here.
    """
    devices = {"": lineage.get("device"), **lineage.get("devices", {})}
    return {name: _figure(name, value, devices) for name, value in metrics.items()}


def _figure(column: str, value: Any, devices: Mapping[str, Any]) -> dict[str, Any]:
    name, _, device = column.partition("@")
    if name not in _FIGURES or device not in devices:
        raise InputError(f"metrics: unknown figure {column!r}{nearest(name, _FIGURES)}")
    unit, origin = _FIGURES[name]
    key = {"device": devices[device]} if name.startswith("latency_") else {}
    return {"value": value, "unit": unit, "from": origin, **key}


def config_file(architecture: Architecture, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return config.json in timm's form; ``data`` holds classes (names), mean and std.

    These two are of pixels on the scale 0..1, or of a sequence's values as they are.
    """
    size = list(architecture.input_shape)
    return {
        "architecture": "nas",
        "num_classes": architecture.classes,
        "num_features": architecture.stages[-1].width,
        "model_args": {"arch": architecture.to_dict()},
        "pretrained_cfg": {
            "input_size": size,
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "mean": list(data["mean"]),
            "std": list(data["std"]),
            "num_classes": architecture.classes,
            "label_names": list(data["classes"]),
        },
    }


def card_text(ref: str, architecture: Architecture, metrics: Mapping[str, Any], lineage: Mapping[str, Any]) -> str:
    """Return the card (Markdown): what the network is, what each figure was taken on, how to use it."""
    shape = ", ".join(f"{len(s.blocks)} x {s.width}" for s in architecture.stages)
    figures = metrics_file(metrics, lineage)
    rows = [f"| {n} | {_number(f['value'])} {f['unit']} | {f['from']} |" for n, f in figures.items()]
    origins = [f"- {name}: {_plain(value)}" for name, value in lineage.items()]
    size = size_text(architecture.resolution, architecture.layout, architecture.channels)
    return "\n".join(
        [
            f"# {ref}",
            "",
            f"{_origin(architecture, lineage)}: input {size}, {architecture.classes} classes, "
            f"stages (blocks x width) {shape}. Architecture {architecture.digest[:12]}.",
            "",
            "| figure | value | taken on |",
            "|---|---|---|",
            *rows,
            *(["", f"Latency on: {_plain(lineage['device'])}."] if "device" in lineage else []),
            *(f"\nLatency @{name}: {_plain(key)}." for name, key in lineage.get("devices", {}).items()),
            "",
            "## Use",
            "",
            "```python",
            "import nas",
            f'model = nas.load("{ref}")  # a plain torch.nn.Module; inputs normalised as config.json says',
            "```",
            "",
            f"`nas export {ref} --onnx` or `--torch` writes it for use without nas.",
            "",
            "## Lineage",
            "",
            *origins,
            "",
        ]
    )


def _origin(architecture: Architecture, lineage: Mapping[str, Any]) -> str:
    source = lineage.get("source")
    how = f"imported from {source}" if source else "found by `nas`"
    return f"{architecture.layout.capitalize()} classifier {how}"


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items() if part is not None)
    return str(value)
