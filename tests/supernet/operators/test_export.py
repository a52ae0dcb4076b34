"""Operators of complex maps and of generated kernels run in onnxruntime, at a batch that was not exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from supernet import deploy
from tests.supernet.operators.alone import frozen_operator, maps

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gnconv", {"order": 2, "kernel": 0}),
        ("adaptive_frequency", {"blocks": 2}),
        ("dcls_dw", {"kernel": 5, "elements": 4, "interpolation": "gaussian"}),
        ("smp_conv", {"kernel": 7, "points": 6, "small": 3}),
    ],
)
@pytest.mark.parametrize("side", [6, 7])
@torch.no_grad()
def test_onnx_equals_torch(name: str, parameters: dict[str, Any], side: int) -> None:
    module, x = deploy(frozen_operator(name, 8, side, **parameters).float()), maps(8, side).float()
    program = torch.onnx.export(
        module, (x,), input_names=["x"], dynamic_shapes=({0: torch.export.Dim("batch", min=1)},), dynamo=True
    )
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    more = torch.cat((x, x.flip(0), x))
    found = np.asarray(session.run(None, {"x": more.numpy()})[0])
    np.testing.assert_allclose(found, module(more).numpy(), rtol=1e-4, atol=1e-5)
