"""Training steps of several processes on this machine, to be timed: the ranks of a training of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from nas.cluster import ray_cluster  # first: Ray reads the environment when it is imported  # isort: skip

import ray
import torch
import torch.distributed as dist

from nas.plan import Plan
from supernet.depthwise import table_in_use, use_table
from supernet.memory import keep_freed_memory
from supernet.training import Ranks, Trainer, new_supernet
from supernet.training.threads import try_step

_PATIENCE = timedelta(minutes=3)  # for the first step, with the start of the processes, and for each one after


class _Rank:
    """A Ray actor: one of the processes, on one thread."""

    def __init__(self, training: tuple[Any, ...], rank: int, size: int, meeting: Path):
        keep_freed_memory()
        torch.set_num_threads(1)
        dist.init_process_group("gloo", f"file://{meeting}", _PATIENCE, world_size=size, rank=rank)
        space, data, config, macs, teacher, self.depthwise = training
        self.trainer = Trainer(new_supernet(space, config), data, config, macs, teacher, Ranks.joined())

    def step(self) -> None:
        """Do the same step again, together with the other ranks."""
        with use_table(self.depthwise):
            try_step(self.trainer, 1)


@contextmanager
def joint_steps(plan: Plan, workers: int) -> Iterator[Callable[[], None]]:
    """Start so many processes; yield what does a step with them. Each has one thread and its shard of the batch.

    They choose forms of depthwise convolution from the table in use here, as the training will. Raises what Ray raises
    where they do not start, die, or take minutes.
    """
    with ray_cluster(workers, None) as storage:
        training = ray.put((plan.space, plan.data, plan.training, plan.macs, plan.teacher, table_in_use()))
        start: Any = ray.remote(num_cpus=1)(_Rank).remote
        ranks = [start(training, rank, workers, storage / "meeting") for rank in range(workers)]

        def step() -> None:
            ray.get([rank.step.remote() for rank in ranks], timeout=_PATIENCE.total_seconds())

        step()
        yield step
