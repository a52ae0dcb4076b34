"""How long a training step takes in several ways, here and now."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from statistics import median
from typing import TypeVar

import torch

from supernet.training.loop import Trainer
from supernet.training.recovery import NotFinite

_ROUNDS = 3
_HOPELESS = 3  # times the least
Way = TypeVar("Way", bound=Hashable)


def wall_seconds(ways: Mapping[Way, Callable[[], object]]) -> dict[Way, float]:
    """Return the wall seconds of each call: medians of interleaved rounds.

    One that takes far longer than another is not called again: beside busy neighbours two threads can take twenty times
    as long as one.
    """
    seconds: dict[Way, list[float]] = {way: [] for way in ways}
    left = dict(ways)
    for turn in range(1 + _ROUNDS):
        for way, call in left.items():
            started = time.perf_counter()
            call()
            seconds[way].append(time.perf_counter() - started)
        if turn == 0:  # it is not counted: forms are compiled in it
            seconds = {way: [] for way in ways}
        else:
            least = min(seconds[way][-1] for way in left)
            left = {way: call for way, call in left.items() if seconds[way][-1] <= _HOPELESS * least}
    return {way: median(times) for way, times in seconds.items()}


def try_step(trainer: Trainer, threads: int) -> None:
    """Do the trainer's present step on so many threads; it is the present step afterwards too.

    The trainer, whose weights change, is of no use for a training then.
    """
    before, step = torch.get_num_threads(), trainer.step
    torch.set_num_threads(threads)
    try:
        with suppress(NotFinite):
            trainer.train_step()
    finally:
        trainer.step = step
        torch.set_num_threads(before)
