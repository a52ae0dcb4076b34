"""How many processes and compute threads a training takes: as it is told, else those with which a step is quickest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from nas.cli.console import Narrator
from nas.cores import idle_cores, usable_cores
from nas.plan import Plan
from nas.run_folder import RunFolder
from search_spaces.files import read_json
from supernet.training import Trainer, new_supernet
from supernet.training.threads import try_step, wall_seconds

_LONG = 1200.0  # seconds; for less it is not worth to start processes, 10 s, or two minutes on a busy machine
_LEAST_SHARD = 8  # images of a batch in each process
_GAIN = 0.9  # of the time of a step that several processes may take at most: they need more memory, and a start


@dataclass(frozen=True)
class Division:
    """So many processes train together, on so many compute threads in all."""

    workers: int
    threads: int


def settle_threads(plan: Plan, folder: RunFolder, narrator: Narrator, *, here: bool) -> Division:
    """Return the division of a training, whose threads torch uses from here on.

    Its numbers are those that were asked for, else those that the run began with, else the quickest; the run's
    configuration keeps them, for sums in another order differ in their last digits, and a resumed training is to be the
    same. Where only one is given, the other follows from it. Several processes are tried only ``here``, on this
    machine alone.
    """
    kept, wanted = read_json(folder.config), plan.settings
    workers = wanted.training.workers or kept.get("train_workers")
    threads = wanted.threads or kept.get("threads")
    if threads is not None:
        division = Division(workers or 1, threads)
    elif workers is not None and workers > 1:
        division = Division(workers, idle_cores())
    else:
        division = _quickest(plan, narrator, joint=here and workers is None)
    folder.update(threads=division.threads, train_workers=division.workers)
    torch.set_num_threads(division.threads)
    return division


def _quickest(plan: Plan, narrator: Narrator, *, joint: bool) -> Division:
    """Measure steps of trainings of their own."""
    counts = thread_counts(usable_cores())
    if len(counts) == 1:
        return Division(1, 1)
    trainer = Trainer(new_supernet(plan.space, plan.training), plan.data, plan.training, plan.macs, plan.teacher)
    seconds = wall_seconds({count: partial(try_step, trainer, count) for count in counts})
    best = min(seconds, key=lambda count: seconds[count])
    found = ", ".join(f"{count}: {1e3 * each:.0f} ms" for count, each in seconds.items())
    workers = worker_count(usable_cores(), plan.training.batch_size)
    if joint and workers > 1 and seconds[best] * trainer.steps >= _LONG:
        ratio = _joint_ratio(plan, narrator, workers, partial(try_step, trainer, best))
        if ratio is not None and ratio <= _GAIN:
            narrator.say(f"threads: 1 in each of {workers} processes, whose training step takes {ratio:.2f} times the "
                         f"quickest of one process here now ({found})")  # fmt: skip
            return Division(workers, workers)
        found += "" if ratio is None else f"; {workers} processes: {ratio:.2f} times the quickest"
    narrator.say(f"threads: {best}, with which a training step is quickest here now ({found})")
    return Division(1, best)


def _joint_ratio(plan: Plan, narrator: Narrator, workers: int, alone: Callable[[], None]) -> float | None:
    """Return how long a step of several processes takes, relative to ``alone``; None where they cannot be timed."""
    try:
        from nas.joint_steps import joint_steps  # ray takes two seconds to import

        with joint_steps(plan, workers) as joint:
            seconds = wall_seconds({"alone": alone, "joint": joint})
    except Exception as error:  # what keeps several processes from training does not keep one from it
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        narrator.say(f"{workers} training processes could not be timed ({reason}); one trains")
        return None
    return seconds["joint"] / seconds["alone"]


def thread_counts(cores: int) -> tuple[int, ...]:
    """Return the numbers that are tried: powers of two below the number of cores, and that number."""
    return (*(1 << i for i in range(cores.bit_length()) if 1 << i < cores), cores)


def worker_count(cores: int, batch: int) -> int:
    """Return the most processes, a core each, that share a batch equally and leave none of them too few images."""
    return max(n for n in range(1, cores + 1) if batch % n == 0 and (n == 1 or batch // n >= _LEAST_SHARD))
