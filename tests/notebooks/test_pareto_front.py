"""The notebook runs from top to bottom on a real run, and is committed without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "pareto_front.ipynb"


def test_committed_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)


def test_runs_on_a_finished_search(tiny_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_RUN", str(tiny_run.path))
    monkeypatch.setenv("NAS_REGISTRY", str(tiny_run.registry))
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    executed = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    kinds = [set(output.get("data", {})) for cell in executed.cells for output in cell.get("outputs", [])]
    assert sum("application/vnd.plotly.v1+json" in kind for kind in kinds) == 3
    assert any("logits" in cell.source and "tensor(" in str(cell.outputs) for cell in executed.cells)
