"""Registered networks for use without nas: ONNX and PyTorch's export format, compared before written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nas.registry import Entry, Registry
from search_spaces.errors import WorkError
from search_spaces.files import write_atomic
from supernet import deploy
from supernet.onnx_form import quiet, to_onnx

ONNX_TOLERANCE = 1e-4
TORCH_TOLERANCE = 1e-5


class ExportError(WorkError):
    """The exported network does not compute what the PyTorch network computes."""


def export_onnx(entry: Entry, path: Path | str) -> float:
    """Write the merged network as one ONNX file with a dynamic batch; input ``images``, output ``logits``.

    onnxruntime runs it at two batch sizes first. Returns the largest difference. Raises ExportError when it
    exceeds 1e-4; then, and on any other failure, no file is written.
    """
    import onnx

    network = deploy(_network(entry))
    model = to_onnx(network, _images(entry, 2), dynamic_batch=True)
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in _facts(entry).items()})
    content = model.SerializeToString()
    difference = _check(entry, network, _onnx_runner(content), ONNX_TOLERANCE)
    write_atomic(path, lambda file: file.write(content))
    return difference


def export_torch(entry: Entry, path: Path | str) -> float:
    """Write the merged network as a ``.pt2`` program that ``torch.export.load`` reads without nas.

    The file is read back and run at two batch sizes first. Returns the largest difference. Raises
    ExportError when it exceeds 1e-5; then, and on any other failure, no file is written.
    """
    network = deploy(_network(entry))
    batch = torch.export.Dim("batch", min=1)
    buffer = io.BytesIO()
    with quiet():
        program = torch.export.export(network, (_images(entry, 2),), dynamic_shapes=({0: batch},))
        program.example_inputs = None  # torch would write them as a pickle, the only one in the file
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # paths of the machine that exported
        torch.export.save(program, buffer, extra_files={"nas.json": json.dumps(_facts(entry))})
        buffer.seek(0)
        read = torch.export.load(buffer).module()
    difference = _check(entry, network, read, TORCH_TOLERANCE)
    write_atomic(path, lambda file: file.write(buffer.getvalue()))
    return difference


def _network(entry: Entry) -> nn.Module:
    return Registry(entry.path.parent.parent).load(entry)


def _images(entry: Entry, count: int) -> Tensor:
    a = entry.architecture
    return torch.randn(count, *a.input_shape, generator=torch.Generator().manual_seed(0))


def _facts(entry: Entry) -> dict[str, Any]:
    """What a user of the file needs to know: the classes and how images are prepared."""
    config = entry.config["pretrained_cfg"]
    return {"entry": entry.ref, "architecture": entry.digest, **config}


def _check(entry: Entry, network: nn.Module, other: Callable[[Tensor], Tensor], tolerance: float) -> float:
    differences = []
    for count in (1, 3):
        images = _images(entry, count)
        with torch.no_grad():
            differences.append((network(images) - other(images)).abs().max())
    difference = float(torch.stack(differences).max())  # nan where an output is, unlike Python's max
    if not difference <= tolerance:
        raise ExportError(f"{entry.ref}: outputs differ by {difference:.1e}, more than {tolerance:.0e}; nothing was "
                          "written. The other format may do: --onnx or --torch")  # fmt: skip
    return difference


def _onnx_runner(content: bytes) -> Callable[[Tensor], Tensor]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(session.run(None, {"images": images.numpy()})[0])
