"""Supernet training by several processes: Ray Train starts, watches and restarts them; the loop is the ordinary one.

Every worker trains the same subnets of a step on its shard of the batch (`supernet.training.ranks`): over gloo on
CPUs, over nccl where the cluster has a GPU for each. The first worker alone writes checkpoints and curves, into the run
folder, so on a cluster that has to lie on storage that all machines see. A worker that dies ends its group, and Ray
Train starts a new one, which goes on from the checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nas.cluster import ray_cluster  # first: Ray reads the environment when it is imported  # isort: skip

import ray
import torch
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer, get_device
from ray.train.v2.api.exceptions import TrainingFailedError

from nas.mailbox import Mailbox, News
from search_spaces import Architecture, SearchSpace
from search_spaces.errors import InputError, WorkError
from supernet.data import ImageData
from supernet.depthwise import DepthwiseTable, table_in_use, use_table
from supernet.memory import keep_freed_memory
from supernet.training import Interruption, Ranks, Teacher, TrainConfig, TrainProgress, new_supernet, train

_RESTARTS = 3  # of the group of workers in one training
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Job:
    """One training, small enough to be sent to every worker once. ``path`` is the checkpoint, ``folder`` the run's.

    Workers choose forms of depthwise convolution from the table that the job was made under.
    """

    space: SearchSpace
    data: ImageData
    config: TrainConfig
    macs: Callable[[Architecture], float]
    teacher: Teacher | None
    path: Path
    folder: Path
    threads: int  # of one worker
    depthwise: DepthwiseTable = field(default_factory=table_in_use)


def train_on_workers(
    job: Job,
    workers: int,
    address: str | None,
    on_step: Callable[[TrainProgress], None],
    say: Callable[[str], None],
) -> None:
    """Train ``job`` to its end, from its checkpoint if there is one.

    Raises what `supernet.training.train` raises, and WorkError when workers die again and again.
    """
    interruption = Interruption()
    with ray_cluster(workers, address) as storage, interruption.on_signals():
        mailbox = ray.remote(num_cpus=0)(Mailbox).remote()
        with ThreadPoolExecutor(1) as background:  # Ray Train handles signals itself in the main thread only
            result = background.submit(_trainer(job, workers, mailbox, storage).fit)
            watch = _Watch(mailbox, interruption, on_step, say)
            while not result.done():
                time.sleep(_POLL_SECONDS)
                watch.look()
            watch.look()
        _raise_failure(watch.failure, result.exception())
    if interruption.asked:
        raise KeyboardInterrupt


class _Watch:
    """Carries news from the workers to the person, and the wish to stop to the workers."""

    def __init__(
        self,
        mailbox: Any,
        interruption: Interruption,
        on_step: Callable[[TrainProgress], None],
        say: Callable[[str], None],
    ):
        self.mailbox, self.interruption, self.on_step, self.say = mailbox, interruption, on_step, say
        self.starts, self.failure = 1, None

    def look(self) -> None:
        if self.interruption.asked:
            ray.get(self.mailbox.ask_to_stop.remote())
        news: News = ray.get(self.mailbox.read.remote())
        self.failure = news.failure
        if news.starts > self.starts and news.failure is None:
            self.say("a training worker was lost; new ones go on from the last checkpoint")
        self.starts = max(self.starts, news.starts)
        for text in news.said:
            self.say(text)
        if news.progress is not None:
            self.on_step(TrainProgress(**news.progress))


def _trainer(job: Job, workers: int, mailbox: Any, storage: Path) -> TorchTrainer:
    on_gpus = ray.cluster_resources().get("GPU", 0) >= workers
    return TorchTrainer(
        lambda: _work(job, mailbox),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=on_gpus),
        run_config=RunConfig(
            name="training", storage_path=str(storage), failure_config=FailureConfig(max_failures=_RESTARTS)
        ),
    )


def _raise_failure(failure: Exception | None, lost: BaseException | None) -> None:
    """Raise what a worker could not do, or that workers were lost too often."""
    if failure is not None:
        raise failure
    if isinstance(lost, TrainingFailedError):
        raise WorkError(
            f"training workers were lost {_RESTARTS + 1} times (out of memory?); what was done is saved: continue with "
            f"--resume, with fewer --train-workers or a smaller --batch-size. The last one: {lost}"
        ) from lost
    if lost is not None:
        raise lost


def _work(job: Job, mailbox: Any) -> None:
    """Train as one rank. An error that no restart would mend is posted; the group that follows ends at once."""
    ranks, interruption = Ranks.joined(), Interruption()
    failed = ray.get(mailbox.start.remote()) if ranks.first else None
    if ranks.any(failed is not None, get_device()):  # type: ignore[arg-type]
        return
    keep_freed_memory()
    torch.set_num_threads(job.threads)
    supernet = new_supernet(job.space, job.config).to(get_device())  # type: ignore[arg-type]
    post = _Post(mailbox, interruption) if ranks.first else lambda progress: None
    try:
        with use_table(job.depthwise):
            train(
                supernet, job.data, job.config, job.path, post, job.macs, job.teacher, scalars=job.folder, ranks=ranks,
                say=lambda text: ray.get(mailbox.say.remote(text)), interruption=interruption,
            )  # fmt: skip
    except (InputError, WorkError) as failure:
        plain = InputError if isinstance(failure, InputError) else WorkError
        ray.get(mailbox.fail.remote(plain(str(failure))))
        raise
    except KeyboardInterrupt:
        return


class _Post:
    """Posts a step's progress twice a second and hears whether to stop."""

    def __init__(self, mailbox: Any, interruption: Interruption):
        self.mailbox, self.interruption, self.posted_at = mailbox, interruption, 0.0

    def __call__(self, progress: TrainProgress) -> None:
        now = time.monotonic()
        if now - self.posted_at > _POLL_SECONDS or progress.step == progress.steps:
            self.posted_at = now
            self.interruption.asked = bool(ray.get(self.mailbox.post.remote(asdict(progress))))
