"""Several processes write at once; a process is killed or meets a full disk while it writes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from nas.registry import Entry, Registry

ROOT = Path(__file__).parents[3]
# Registers the network of an entry again (argv: root, what to do).
WRITER = """
import os, resource, signal, sys
from nas.registry import Registry
registry, job = Registry(sys.argv[1]), sys.argv[2]
source = registry.get("digits/1")
network = registry.load(source)
def register():
    data = {"classes": [], "mean": [0.5], "std": [0.5]}
    return registry.register("digits", network, source.architecture, {}, {"writer": job}, data)
if job == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
if job == "killed":
    os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
sys.stdin.readline()
for i in range(8):
    print(register().version, flush=True)
    registry.alias(source, f"{job}-{i}")
"""


def _start(root: Path, job: str) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(root), job], cwd=ROOT, text=True, **pipes)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def test_no_version_is_shared_or_lost(registry: Registry, entry: Entry) -> None:
    writers = [_start(registry.root, job) for job in ("a", "b", "c")]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    versions = {}
    for job, writer in zip("abc", writers, strict=True):
        out, err = writer.communicate(timeout=60)
        assert writer.returncode == 0, err
        versions |= dict.fromkeys(map(int, out.split()), job)
    assert sorted(versions) == list(range(2, 26))
    for version, job in versions.items():
        registry.verify(written := registry.get(f"digits/{version}"))
        assert written.lineage == {"writer": job}
        assert f"# digits/{version}\n" in written.card
    assert len(set(versions.values())) == 3
    assert registry.aliases("digits") == {f"{job}-{i}": 1 for job in "abc" for i in range(8)}
    assert sorted(path.name for path in registry.root.iterdir()) == ["digits"]


def test_full_disk_leaves_nothing(registry: Registry, entry: Entry) -> None:
    writer = _start(registry.root, "full")
    _, err = writer.communicate("go\n", timeout=60)
    assert writer.returncode == 1
    assert "InputError: cannot write" in err and "Free space" in err
    assert [path.name for path in registry.root.iterdir()] == ["digits"]
    assert [one.ref for one in registry.entries()] == ["digits/1"]


def test_killed_writer_leaves_only_what_readers_ignore(
    registry: Registry, entry: Entry, register: Callable[..., Entry]
) -> None:
    writer = _start(registry.root, "killed")
    writer.communicate("go\n", timeout=60)
    assert writer.returncode == -signal.SIGKILL
    assert len(list(registry.root.glob(".new-*"))) == 1
    assert [one.ref for one in registry.entries()] == ["digits/1"]
    assert registry.get(entry.digest).version == 1
    assert register().ref == "digits/2"
