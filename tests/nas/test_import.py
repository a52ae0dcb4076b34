"""``import nas`` is light: torch and Ray are loaded when something needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {"torch", "ray", "pandas", "optuna", "onnx", "scipy"}


def test_import_loads_nothing_heavy() -> None:
    code = "import json, sys, nas; assert nas.load and nas.__version__; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(json.loads(done.stdout))
