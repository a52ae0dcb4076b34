"""Stand-alone trainings as Ray tasks: one thread each, every result kept the moment it is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nas.cluster import ray_cluster  # first: Ray reads the environment when it is imported  # isort: skip

import ray
import torch
from ray.exceptions import RayError

from nas.rank_check.standalone import Cache, Recipe, train_alone
from search_spaces import Architecture
from search_spaces.errors import WorkError
from supernet.data import ImageData

Training = tuple[Architecture, int]  # a network and its seed


def train_missing(
    trainings: Sequence[Training],
    data: ImageData,
    recipe: Recipe,
    cache: Cache,
    workers: int,
    *,
    address: str | None = None,
    on_result: Callable[[int], None] = lambda done: None,
) -> None:
    """Train what the cache does not hold, ``workers`` at a time; ``on_result`` gets the number of those in the cache.

    A training whose process died is tried again. Raises WorkError, after all others, for those that failed,
    InputError for a cluster that does not answer and for a cache that can not be written.
    """
    missing = [one for one in trainings if cache.get(*one) is None]
    done = len(trainings) - len(missing)
    on_result(done)
    if not missing:
        return
    failures: list[str] = []
    with ray_cluster(workers, address):
        shared, running, waiting = ray.put(data), {}, list(missing)
        while waiting or running:
            while waiting and len(running) < workers:
                architecture, seed = waiting.pop(0)
                running[_train.remote(architecture, shared, recipe, seed)] = (architecture, seed)
            (ready, *_), _ = ray.wait(list(running), num_returns=1)
            architecture, seed = running.pop(ready)
            try:
                cache.put(architecture, seed, ray.get(ready))
            except RayError as error:
                failures.append(f"{architecture.digest[:12]}, seed {seed}: {_cause(error)}")
            done += 1
            on_result(done)
    if failures:
        raise WorkError(
            f"{len(failures)} of {len(missing)} trainings failed: {'; '.join(failures[:3])}. The others are kept in "
            f"{cache.folder}; run the same command again, or change --learning-rate"
        )


@ray.remote(num_cpus=1)
def _train(architecture: Architecture, data: ImageData, recipe: Recipe, seed: int) -> float:
    torch.set_num_threads(1)
    return train_alone(architecture, data, recipe, seed)


def _cause(error: RayError) -> str:
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
