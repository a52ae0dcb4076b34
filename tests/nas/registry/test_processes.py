"""Processes that register or label at once lose nothing; one that is killed while it registers leaves no entry."""

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
REGISTRAR = """
import sys
from nas.registry import Registry
registry = Registry(sys.argv[1])
entry = registry.get("digits/1")
network, data = registry.load(entry), {"classes": [], "mean": [0.5], "std": [0.5]}
sys.stdin.readline()
for i in range(6):
    for name in ("digits", f"{sys.argv[2]}-{i}"):
        registry.register(name, network, entry.architecture, {}, {"run": sys.argv[2], "place": i}, data)
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


def _run_at_once(code: str, *arguments: tuple[str, ...]) -> None:
    """Run a process for each arguments; all begin together."""
    writers = [_start(code, *some) for some in arguments]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, err = writer.communicate(timeout=600)
        assert writer.returncode == 0, err


def test_two_searches_that_end_at_once_lose_no_entry(registry: Registry, entry: Entry) -> None:
    _run_at_once(REGISTRAR, (str(registry.root), "a"), (str(registry.root), "b"))
    entries = registry.entries()
    for one in entries:
        registry.verify(one)
    common = [one for one in entries if one.name == "digits"]
    assert [one.version for one in common] == list(range(1, 14))
    wanted = sorted((run, place) for run in "ab" for place in range(6))
    for written in (common[1:], [one for one in entries if one.name != "digits"]):
        assert sorted((one.lineage["run"], one.lineage["place"]) for one in written) == wanted


def test_no_label_is_lost(registry: Registry, entry: Entry) -> None:
    _run_at_once(LABELLER, *((str(registry.root), name) for name in "abc"))
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
