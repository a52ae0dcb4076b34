"""A finished run folder for the tests of reading and reporting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.synthetic import make_run


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of 30 evaluations, four of them failed."""
    return make_run(tmp_path / "demo")
