"""Mobile networks with timm's weights have timm's outputs."""

from __future__ import annotations

from typing import Any

import pytest

from supernet.timm_weights.mobile import MODELS
from tests.timm.oracle import assert_equal_outputs


@pytest.mark.parametrize("name", MODELS)
def test_outputs_equal_timms(timm: Any, name: str) -> None:
    assert_equal_outputs(timm, name)
