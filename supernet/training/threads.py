"""With how many threads a training step is quickest here and now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median

import torch

from supernet.training.loop import Trainer
from supernet.training.recovery import NotFinite

_ROUNDS = 3


def step_seconds(trainer: Trainer, counts: Sequence[int]) -> dict[int, float]:
    """Return the wall seconds of one training step on each number of threads: medians of interleaved rounds.

    More threads are not always quicker: beside busy neighbours OpenMP's threads wait for each other. The trainer, whose
    weights change, is of no use afterwards; the step is the same in every round.
    """
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    before, step = torch.get_num_threads(), trainer.step
    try:
        for _ in range(1 + _ROUNDS):  # the first is not counted
            for count in counts:
                torch.set_num_threads(count)
                trainer.step, started = step, time.perf_counter()
                with suppress(NotFinite):
                    trainer.train_step()
                seconds[count].append(time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)
    return {count: median(times[1:]) for count, times in seconds.items()}
