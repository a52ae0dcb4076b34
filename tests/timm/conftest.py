"""timm beside the CPU build of torch: torchvision's wheel has no operators for it, so their names are declared."""

from __future__ import annotations

import pytest
import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def _declare() -> None:
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            _LIBRARY.define(name + _SIGNATURE)


@pytest.fixture(scope="session", autouse=True)
def timm():
    """The module, or a skip where it is not installed."""
    _declare()
    return pytest.importorskip("timm")
