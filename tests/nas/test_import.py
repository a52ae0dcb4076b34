"""``import nas`` and the commands that answer at once are light: heavy libraries are loaded when they are needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch",
    "ray",
    "pandas",
    "optuna",
    "onnx",
    "onnxruntime",
    "scipy",
    "sklearn",
    "plotly",
    "pyarrow",
    "tensorboardX",
}


def loaded(code: str) -> set[str]:
    """Return the modules that a new process has loaded after some code, whose own output is left aside."""
    code = f"import contextlib, io, json, sys\nwith contextlib.redirect_stdout(io.StringIO()):\n    {code}\n"
    code += "print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_import_loads_nothing_heavy() -> None:
    assert not HEAVY & loaded("import nas; assert nas.load and nas.__version__")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (["--help"], {"numpy", "yaml"}),
        (["search", "--help"], {"numpy", "yaml"}),
        (["spaces", "list"], {"rich.markdown"}),
        (["bench", "list"], {"numpy", "yaml"}),
    ],
)
def test_quick_commands_load_nothing_heavy(command: list[str], more: set[str]) -> None:
    found = loaded(f"from nas.cli.main import run; assert run({command}) == 0")
    assert not (HEAVY | more | {"rich.progress"}) & found
