"""The benchmarks of the source tree: which there are, what each is about, how one is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from search_spaces.errors import InputError, nearest

FOLDER = Path(__file__).parents[1] / "benchmarks"
TOYS = "toys.yaml"  # the toy arguments of each, with which the tests run it


def benchmarks() -> dict[str, str]:
    """Return the first line of every benchmark by name. Raises InputError where there is no source tree."""
    if not (FOLDER / TOYS).is_file():
        raise InputError(
            "benchmarks are part of the source tree, and this is an installed package without one: run nas bench "
            "in a checkout, after pip install -e . there"
        )
    return {path.stem: _first_line(path) for path in sorted(FOLDER.glob("*.py"))}


def _first_line(path: Path) -> str:
    import ast

    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def run_benchmark(name: str, arguments: Sequence[str]) -> int:
    """Run a benchmark in a process of its own, in the current folder; return its exit code.

    Raises InputError for an unknown name.
    """
    known = benchmarks()
    if name not in known:
        raise InputError(f"unknown benchmark {name!r}{nearest(name, known)}. nas bench list names them")
    path = os.pathsep.join(filter(None, [str(FOLDER.parent), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode
