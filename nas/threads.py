"""How many compute threads a training takes: as it is told, else the number with which a step is quickest."""

from __future__ import annotations

import torch

from nas.cli.console import Narrator
from nas.cores import idle_cores, usable_cores
from nas.plan import Plan
from nas.run_folder import RunFolder
from search_spaces.files import read_json
from supernet.training import Trainer, new_supernet
from supernet.training.threads import step_seconds


def settle_threads(plan: Plan, folder: RunFolder, narrator: Narrator) -> int:
    """Return the threads of a training, which torch uses from here on.

    They are those that were asked for, else those that the run began with, else the quickest; the run's configuration
    keeps them, for sums in another order differ in their last digits, and a resumed training is to be the same.
    """
    threads = plan.settings.threads or read_json(folder.config).get("threads") or _quickest(plan, narrator)
    folder.update(threads=threads)
    torch.set_num_threads(threads)
    return threads


def _quickest(plan: Plan, narrator: Narrator) -> int:
    """Measure steps of a training of its own, unless several workers share the cores."""
    counts = thread_counts(usable_cores())
    if len(counts) == 1:
        return 1
    if plan.settings.training.workers > 1:
        return idle_cores()
    trainer = Trainer(new_supernet(plan.space, plan.training), plan.data, plan.training, plan.macs, plan.teacher)
    seconds = step_seconds(trainer, counts)
    best = min(seconds, key=lambda count: seconds[count])
    each = ", ".join(f"{count}: {1e3 * found:.0f} ms" for count, found in seconds.items())
    narrator.say(f"threads: {best}, with which a training step is quickest here now ({each})")
    return best


def thread_counts(cores: int) -> tuple[int, ...]:
    """Return the numbers that are tried: powers of two below the number of cores, and that number."""
    return (*(1 << i for i in range(cores.bit_length()) if 1 << i < cores), cores)
