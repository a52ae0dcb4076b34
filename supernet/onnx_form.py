"""A network as an ONNX model."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn


def to_onnx(network: nn.Module, images: Tensor, *, dynamic_batch: bool) -> Any:
    """Return the ONNX ModelProto of a network in evaluation mode; input ``images``, output ``logits``.

    ``images`` [N,C,H,W] give the shape; with ``dynamic_batch`` N may be any, and must be 2 or more here. Nothing of
    this machine is noted in it.
    """
    shapes = ({0: torch.export.Dim("batch", min=1)},) if dynamic_batch else None
    with quiet():
        program = torch.onnx.export(
            network, (images,), input_names=["images"], output_names=["logits"], dynamic_shapes=shapes, dynamo=True
        )
    assert program is not None
    model = program.model_proto
    _forget_origin(model.graph)
    return model


def _forget_origin(graph: Any) -> None:
    """Drop what the exporter notes of every node: its lines of source, with paths of this machine."""
    for noted in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        noted.ClearField("metadata_props")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the exporters, which narrate on stdout and warn about their own internals."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
