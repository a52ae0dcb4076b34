"""The command asked to stop while it trains: a checkpoint, code 130, and the same weights after --resume."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nas.cli.main import run
from supernet import checkpoint
from tests.conftest import TINY, TINY_SEARCH, FinishedRun

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray and the exporters warn about their own internals

TRAIN = ["train", "--space", str(TINY), "--epochs", "1", "--threads", "1", "--quiet"]


def interrupted(arguments: list[str], checkpoint_path: Path, number: signal.Signals) -> tuple[int, str]:
    """Run the command, send the signal once the training has begun; return exit code and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nas.cli.main", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not checkpoint_path.exists() and time.monotonic() < deadline:
        assert process.poll() is None, "the command ended before it could be interrupted"
        time.sleep(0.02)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


@pytest.mark.parametrize(("command", "number"), [("train", signal.SIGINT), ("search", signal.SIGTERM)])
def test_a_signal_writes_a_checkpoint_and_exits_130(
    command: str, number: signal.Signals, tiny_run: FinishedRun, tmp_path: Path
) -> None:
    """The run of the fixture trains the same supernet, unbroken."""
    options = ["--out", str(tmp_path), "--name", "run"]
    arguments = [*TRAIN, *options]
    if command == "search":
        profile = ["--profile", str(tiny_run.path / "profile.json"), "--registry", str(tmp_path / "registry")]
        arguments = [*TINY_SEARCH, *options, *profile]
    path = tmp_path / "run" / "supernet.safetensors"
    code, told = interrupted(arguments, path, number)
    assert (code, told) == (130, "error: interrupted. What was done is saved: run the same command with --resume to "
                                 "go on.\n")  # fmt: skip
    meta = checkpoint.load(path)[1]
    assert 0 < meta["step"] < meta["steps"]
    if command == "train":
        assert run([*arguments, "--resume"]) == 0
        expected = checkpoint.load(tiny_run.path / "supernet.safetensors")[0]
        found = checkpoint.load(path)[0]
        assert checkpoint.tensors_digest(found) == checkpoint.tensors_digest(expected)
