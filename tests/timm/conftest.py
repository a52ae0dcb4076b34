"""timm beside the CPU build of torch: torchvision's wheel has no operators for it, so their names are declared."""

from __future__ import annotations

import pytest
import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")

for _name in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, _name):
        _LIBRARY.define(_name + _SIGNATURE)


@pytest.fixture(scope="session")
def timm():
    """The module, or a skip where it is not installed."""
    return pytest.importorskip("timm")
