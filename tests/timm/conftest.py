"""timm without a working torchvision: its two operators are declared before it is imported."""

from __future__ import annotations

import contextlib

import pytest
import torch

_SIGNATURES = ("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
               "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # fmt: skip
_library = torch.library.Library("torchvision", "FRAGMENT")
for _signature in _SIGNATURES:
    with contextlib.suppress(RuntimeError):  # a torchvision whose own library loads has them
        _library.define(_signature)

pytest.importorskip("timm")
