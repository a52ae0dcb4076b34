"""The cores that a command takes unless it is told."""

import os

from nas import cores


def _stat(tmp_path, monkeypatch, *texts):
    """Let /proc/stat read as ``texts``, one after the other, and all cores of them be usable."""
    path = tmp_path / "stat"
    monkeypatch.setattr(cores, "_STAT", path)
    monkeypatch.setattr(cores.time, "sleep", lambda seconds: path.write_text(texts[1]))
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    path.write_text(texts[0])


def test_a_quiet_machine_gives_all_its_cores(tmp_path, monkeypatch):
    _stat(tmp_path, monkeypatch, "cpu0 5 0 5 100 0 0 0 0\ncpu1 9 0 0 100 0 0 0 0\n",
          "cpu0 6 0 5 129 0 0 0 0\ncpu1 9 0 0 128 2 0 0 0\n")  # fmt: skip
    assert cores.idle_cores() == 2


def test_a_busy_core_is_left_to_its_user(tmp_path, monkeypatch):
    _stat(tmp_path, monkeypatch, "cpu0 5 0 5 100 0 0 0 0\ncpu1 9 0 0 100 0 0 0 0\n",
          "cpu0 34 0 6 100 0 0 0 0\ncpu1 9 0 0 130 0 0 0 0\n")  # fmt: skip
    assert cores.idle_cores() == 1


def test_one_core_is_left_when_all_are_busy(tmp_path, monkeypatch):
    _stat(tmp_path, monkeypatch, "cpu0 5 0 5 100 0 0 0 0\ncpu1 9 0 0 100 0 0 0 0\n",
          "cpu0 35 0 5 100 0 0 0 0\ncpu1 9 30 0 100 0 0 0 0\n")  # fmt: skip
    assert cores.idle_cores() == 1


def test_cores_that_this_process_may_not_use_do_not_count(tmp_path, monkeypatch):
    quiet = "cpu0 5 0 5 130 0 0 0 0\ncpu1 9 0 0 130 0 0 0 0\ncpu2 0 0 0 130 0 0 0 0\n"
    _stat(tmp_path, monkeypatch, quiet.replace("130", "100"), quiet)
    assert cores.idle_cores() == 2
