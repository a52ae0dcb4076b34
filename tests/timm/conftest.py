"""timm without torchvision, which fails to import beside a CPU build of torch: models need only names of it."""

from __future__ import annotations

import importlib.util
import sys
from unittest.mock import MagicMock

import pytest

_NAMES = ("ops", "ops.misc", "transforms", "transforms.functional", "datasets", "models", "utils")


@pytest.fixture(scope="session", autouse=True)
def torchvision_names() -> None:
    """Stand in for torchvision; skip where timm is absent."""
    if importlib.util.find_spec("timm") is None:
        pytest.skip("timm is not installed")
    if "torchvision" not in sys.modules:
        for name in ("torchvision", *(f"torchvision.{name}" for name in _NAMES)):
            sys.modules[name] = MagicMock()
        misc = MagicMock(FrozenBatchNorm2d=type("FrozenBatchNorm2d", (), {}))
        sys.modules["torchvision.ops.misc"] = misc
