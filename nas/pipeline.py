"""The main job from data to report, phase by phase. Every phase continues where a killed run left it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nas.cli.console import Narrator
from nas.finish import finish
from nas.plan import Plan
from nas.reference import box_volume, reference_point
from nas.run_folder import RunFolder
from nas.search.prices import NetworkPrices
from nas.search.searchers import Price
from predictors import DeviceProfile, Effort, LatencyPredictor, ProfileProgress, profile_space
from predictors.backends import Eager, Setting
from search_spaces import space_path
from search_spaces.errors import InputError
from search_spaces.files import read_text, write_text_atomic
from supernet import Supernet
from supernet.training import TrainProgress, load_supernet, load_weights, new_supernet, train, weights_digest


@dataclass(frozen=True)
class Sources:
    """What a search may take from earlier work instead of doing it again."""

    supernet: Path | None = None  # a run whose trained supernet is used
    profile: Path | None = None  # a device profile that is used instead of measuring this machine
    ray_address: str | None = None  # a Ray cluster to join


def run_search(
    plan: Plan, folder: RunFolder, registry: Path, narrator: Narrator, sources: Sources, *, resume: bool
) -> dict[str, Any]:
    """Do the main job and return the content of front.json.

    Raises InputError for wrong input; then nothing new is left behind.
    """
    torch.set_num_threads(plan.settings.threads)
    fresh = not folder.config.exists()
    folder.prepare(plan.config(), resume)
    with folder.lock():
        try:
            write_text_atomic(folder.space, read_text(space_path(plan.settings.space)))
            predictor, profile = _latency(plan, folder, narrator, sources)
            low, high = predictor.range()
            plan.problem.check_reachable({**plan.ranges, "latency_ms": (low, high)})
        except InputError:
            if fresh:
                shutil.rmtree(folder.path, ignore_errors=True)
            raise
        reference = reference_point(plan, high)
        folder.update(reference_point=reference)
        supernet, weights = _supernet(plan, folder, narrator, sources)
        price, box = NetworkPrices(plan.space, predictor), box_volume(plan, reference, low)
        _search(plan, folder, narrator, sources, supernet, weights, price, reference, box)
        return finish(plan, folder, registry, narrator, supernet, weights, profile, predictor, reference)


def _latency(
    plan: Plan, folder: RunFolder, narrator: Narrator, sources: Sources
) -> tuple[LatencyPredictor, DeviceProfile]:
    """Measure this machine (or take a recorded profile) and fit the predictor."""
    wanted = plan.settings.latency
    if folder.profile.exists():
        profile = DeviceProfile.load(folder.profile)
    elif sources.profile is not None:
        profile = DeviceProfile.load(sources.profile)
        profile.save(folder.profile)
    else:
        with narrator.phase("profiling this machine", wanted.networks) as phase:

            def show(progress: ProfileProgress) -> None:
                phase.update(progress.done, "networks")

            profile = profile_space(
                plan.space,
                Eager(Setting(wanted.batch, wanted.threads)),
                Effort(wanted.networks),
                seed=plan.settings.seed,
                records_path=folder.records,
                on_progress=show,
            )
        profile.save(folder.profile)
        torch.set_num_threads(plan.settings.threads)
    predictor = LatencyPredictor.fit(plan.space, profile)
    if unmeasured := predictor.unmeasured():
        narrator.say(f"the profile has no measurement of {', '.join(unmeasured)}: networks with it get a wider "
                     "interval; nas profile measures this space anew")  # fmt: skip
    return predictor, profile


def _supernet(plan: Plan, folder: RunFolder, narrator: Narrator, sources: Sources) -> tuple[Supernet, str]:
    """Train the supernet, or continue its training, or take that of another run."""
    if sources.supernet is not None:
        supernet = load_supernet(plan.space, supernet_file(sources.supernet))
        narrator.say(f"supernet: weights of {sources.supernet}")
        return supernet, weights_digest(supernet)
    return train_supernet(plan, folder, narrator, sources.ray_address)


def train_supernet(
    plan: Plan, folder: RunFolder, narrator: Narrator, ray_address: str | None = None
) -> tuple[Supernet, str]:
    """Train the supernet of a plan, here or on several workers; return it and the digest of its weights."""
    supernet = new_supernet(plan.space, plan.training)
    if len(supernet.bodies) > 1:
        size = sum(p.numel() * p.element_size() for p in supernet.parameters()) / 1e6
        narrator.say(f"supernet: {len(supernet.bodies)} copies of the weights, {size:.1f} MB together")
    steps = plan.training.epochs * plan.training.steps_per_epoch(len(plan.data.train))
    with narrator.phase("training the supernet", steps) as phase:

        def show(progress: TrainProgress) -> None:
            phase.update(
                progress.step, f"loss {progress.loss:.3f}, {progress.images_per_second:.0f} {plan.data.layout}s/s"
            )

        workers = plan.settings.training.workers
        if workers == 1:
            digest = train(
                supernet, plan.data, plan.training, folder.supernet, show, plan.macs, plan.teacher,
                say=narrator.say, scalars=folder.path,
            )  # fmt: skip
            return supernet, digest
        from nas.distributed import Job, train_on_workers  # ray takes two seconds to import

        path, threads = folder.supernet.resolve(), max(1, plan.settings.threads // workers)
        job = Job(plan.space, plan.data, plan.training, plan.macs, plan.teacher, path, path.parent, threads)
        train_on_workers(job, workers, ray_address, show, narrator.say)
    load_weights(supernet, folder.supernet)
    return supernet, weights_digest(supernet)


def supernet_file(source: Path) -> Path:
    """Return the checkpoint of a run folder (or the checkpoint itself). Raises InputError when there is none."""
    path = source / "supernet.safetensors" if source.is_dir() else source
    if not path.is_file():
        raise InputError(f"no trained supernet at {path}: give the folder of a run")
    return path


def _search(
    plan: Plan,
    folder: RunFolder,
    narrator: Narrator,
    sources: Sources,
    supernet: Supernet,
    weights: str,
    price: Price,
    reference: Mapping[str, float],
    box: float,
) -> None:
    from nas.search.run import SearchProgress, search_networks  # ray takes two seconds to import

    with narrator.phase("searching", plan.settings.evaluations) as phase:

        def show(progress: SearchProgress) -> None:
            phase.update(progress.done, progress.note)

        search_networks(
            plan, folder.journal, supernet, weights, price, reference, box,
            ray_address=sources.ray_address, on_progress=show,
        )  # fmt: skip
