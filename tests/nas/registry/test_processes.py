"""Processes that label at once lose no label; a process that is killed while it registers leaves no entry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from nas.registry import Entry, Registry

ROOT = Path(__file__).parents[3]
LABELLER = """
import sys
from nas.registry import Registry
registry = Registry(sys.argv[1])
entry = registry.get("digits/1")
sys.stdin.readline()
for i in range(40):
    registry.alias(entry, f"{sys.argv[2]}-{i}")
    registry.tag(entry, f"{sys.argv[2]}-{i}", "x")
"""
KILLED = """
import os, signal, sys
from nas.registry import Registry
registry = Registry(sys.argv[1])
entry = registry.get("digits/1")
os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
data = {"classes": [], "mean": [0.5], "std": [0.5]}
registry.register("digits", registry.load(entry), entry.architecture, {}, {}, data)
"""


def _start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_no_label_is_lost(registry: Registry, entry: Entry) -> None:
    writers = [_start(LABELLER, str(registry.root), name) for name in "abc"]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, err = writer.communicate(timeout=600)
        assert writer.returncode == 0, err
    labels = {f"{name}-{i}" for name in "abc" for i in range(40)}
    assert registry.aliases("digits") == dict.fromkeys(labels, 1)
    assert registry.tags(entry) == dict.fromkeys(labels, "x")


def test_killed_writer_leaves_only_what_readers_ignore(
    registry: Registry, entry: Entry, register: Callable[..., Entry]
) -> None:
    writer = _start(KILLED, str(registry.root))
    _, err = writer.communicate(timeout=600)
    assert writer.returncode == -signal.SIGKILL, err
    (left,) = registry.root.glob("*/.new-*")
    assert (left / "manifest.json").exists()
    assert [one.ref for one in registry.entries()] == ["digits/1"]
    assert registry.get(entry.digest).version == 1
    assert register().ref == "digits/2"
    assert left.exists(), "a young one may still be written"
    os.utime(left, (0, 0))
    assert register().ref == "digits/3"
    assert not left.exists()
