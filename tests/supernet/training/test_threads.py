"""Timing steps in several ways: interleaved, the same step each time, nothing left behind."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import torch

from supernet.training import threads
from supernet.training.recovery import NotFinite


class Steps:
    """A trainer whose step takes a second of a made clock, less on two threads."""

    def __init__(self, monkeypatch: Any, fails: bool = False, seconds: float = 0.6):
        self.step, self.clock, self.fails, self.seconds = 7, 0.0, fails, seconds
        self.seen: list[tuple[int, int]] = []
        monkeypatch.setattr(threads, "time", SimpleNamespace(perf_counter=lambda: self.clock))

    def train_step(self) -> None:
        self.seen.append((self.step, torch.get_num_threads()))
        self.clock += self.seconds if torch.get_num_threads() == 2 else 1.0
        self.step += 1
        if self.fails:
            raise NotFinite("a loss")


def test_rounds_are_interleaved_and_of_one_step(monkeypatch):
    trainer: Any = Steps(monkeypatch)
    before = torch.get_num_threads()
    found = threads.wall_seconds({count: partial(threads.try_step, trainer, count) for count in (1, 2)})
    assert {count: round(seconds, 6) for count, seconds in found.items()} == {1: 1.0, 2: 0.6}
    assert trainer.seen == [(7, 1), (7, 2)] * 4
    assert torch.get_num_threads() == before and trainer.step == 7


def test_a_step_that_is_not_finite_is_timed_all_the_same(monkeypatch):
    trainer: Any = Steps(monkeypatch, fails=True)
    found = threads.wall_seconds({count: partial(threads.try_step, trainer, count) for count in (1, 2)})
    assert {count: round(seconds, 6) for count, seconds in found.items()} == {1: 1.0, 2: 0.6}


def test_what_takes_far_too_long_is_done_twice(monkeypatch):
    trainer: Any = Steps(monkeypatch, seconds=5.0)
    found = threads.wall_seconds({count: partial(threads.try_step, trainer, count) for count in (1, 2)})
    assert {count: round(seconds, 6) for count, seconds in found.items()} == {1: 1.0, 2: 5.0}
    assert trainer.seen == [*[(7, 1), (7, 2)] * 2, (7, 1), (7, 1)]
