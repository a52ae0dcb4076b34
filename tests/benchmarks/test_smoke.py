"""Every benchmark is registered with toy arguments, with which `pytest --benchmark-smoke` runs it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from nas.benchmarks import FOLDER, TOYS, benchmarks
from tests.conftest import TINY, FinishedRun

TOY_ARGUMENTS: dict[str, str] = yaml.safe_load((FOLDER / TOYS).read_text(encoding="utf-8"))
SHARED = Path(os.environ.get("NAS_SHARED_DATA", FOLDER.parent.parent / "shared" / "data"))


def test_every_script_is_registered():
    assert sorted(TOY_ARGUMENTS) == sorted(benchmarks())


def test_every_script_says_what_it_measures():
    assert all(30 < len(line) <= 120 and line.endswith(".") for line in benchmarks().values())


@pytest.fixture(scope="session")
def ground_truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks that were trained alone on the digits, made as the real ones are."""
    space, folder = TINY.parent / "kernel_width.yaml", tmp_path_factory.mktemp("ground_truth")
    sizes = "--networks 12 --twice 4 --epochs 1 --train-images 200 --validation-images 100"
    called("ground_truth/make.py", f"--data digits --space {space} {sizes} --out {folder}")
    return folder


def called(script: str, arguments: str) -> str:
    """Run a script as a user does and return its stdout."""
    command = [sys.executable, str(FOLDER / script), *shlex.split(arguments)]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent), "PYTHONWARNINGS": "default"}
    done = subprocess.run(command, cwd=FOLDER.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def filled(text: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """Put the paths that toy arguments name in their places; skip where there is no shared data."""
    if "{data}" in text and not SHARED.is_dir():
        pytest.skip(f"no shared data in {SHARED} (NAS_SHARED_DATA)")
    run: FinishedRun | None = request.getfixturevalue("tiny_run") if "{run}" in text else None
    truth: Path | None = request.getfixturevalue("ground_truth") if "{ground_truth}" in text else None
    return text.format(out=folder, data=SHARED, run=run and run.path, space=TINY, ground_truth=truth)


def strict(text: str) -> Any:
    """Parse JSON; NaN and infinities are none."""
    return json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))


@pytest.mark.benchmark_smoke
@pytest.mark.parametrize("name", TOY_ARGUMENTS)
def test_it_runs_and_its_rows_are_json(name: str, tmp_path: Path, request: pytest.FixtureRequest):
    printed = called(f"{name}.py", f"{filled(TOY_ARGUMENTS[name], tmp_path, request)} --json")
    rows = [strict(line) for line in printed.splitlines()]
    assert rows
    assert all(isinstance(row, dict) and row for row in rows)
