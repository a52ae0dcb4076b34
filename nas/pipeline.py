"""The main job from data to report, phase by phase. Every phase continues where a killed run left it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nas.cli.console import Narrator
from nas.cores import idle_cores
from nas.devices import Device
from nas.finish import finish
from nas.fronts import Front, by_device, make_fronts, ranges_text
from nas.plan import Plan
from nas.run_folder import RunFolder
from nas.search.prices import NetworkPrices
from nas.search.searchers import Price
from nas.seeds import check_seeds
from nas.threads import settle_threads
from predictors import DeviceProfile, Effort, LatencyPredictor, ProfileProgress, profile_space
from predictors.backends import Eager, Setting
from predictors.device import cpu_name
from search_spaces import space_path
from search_spaces.errors import InputError
from search_spaces.files import read_text, write_text_atomic
from supernet import Supernet
from supernet.depthwise import use_table
from supernet.memory import keep_freed_memory
from supernet.training import TrainProgress, load_supernet, load_weights, new_supernet, train, weights_digest


@dataclass(frozen=True)
class Sources:
    """What a search may take from earlier work instead of doing it again."""

    supernet: Path | None = None  # a run whose trained supernet is used
    profiles: tuple[Path, ...] = ()  # device profiles that are used instead of measuring this machine
    ray_address: str | None = None  # a Ray cluster to join


def run_search(
    plan: Plan, folder: RunFolder, registry: Path, narrator: Narrator, sources: Sources, *, resume: bool
) -> dict[str, Any]:
    """Do the main job and return the content of front.json.

    Raises InputError for wrong input; then nothing new is left behind.
    """
    torch.set_num_threads(plan.settings.threads or idle_cores())
    fresh = not folder.config.exists()
    folder.prepare(plan.config(), resume)
    with folder.lock():
        try:
            write_text_atomic(folder.space, read_text(space_path(plan.settings.space)))
            devices = _devices(plan, folder, narrator, sources)
            ranges = {**plan.ranges, **{name: ends for device in devices for name, ends in device.range().items()}}
            fronts, price = make_fronts(plan, ranges), NetworkPrices(plan.space, devices)
            check_seeds(plan.seeds, plan.space, price, fronts)
        except InputError:
            if fresh:
                shutil.rmtree(folder.path, ignore_errors=True)
            raise
        folder.update(ranges=ranges, reference_point=by_device({front.device: front.reference for front in fronts}))
        narrator.say(f"the space reaches {ranges_text(ranges)}")
        for note in filter(None, (seed.note for seed in plan.seeds)):
            narrator.say(note)
        with quick_forms(devices):
            supernet, weights = _supernet(plan, folder, narrator, sources)
        _search(plan, folder, narrator, sources, supernet, weights, price, fronts)
        return finish(plan, folder, registry, narrator, supernet, weights, devices, fronts, ranges)


def _devices(plan: Plan, folder: RunFolder, narrator: Narrator, sources: Sources) -> list[Device]:
    """Return the devices of a search with their predictors: those of recorded profiles, or this machine."""
    names, profiles = plan.settings.devices or ("",), sources.profiles or (None,)
    found = []
    for name, source in zip(names, profiles, strict=True):
        profile = _profile(plan, folder, narrator, name, source)
        predictor = LatencyPredictor.fit(plan.space, profile)
        if unmeasured := predictor.unmeasured():
            narrator.say(f"the profile{name and f' of {name}'} has no measurement of {', '.join(unmeasured)}: networks "
                         "with it get a wider interval; nas profile measures this space anew")  # fmt: skip
        found.append(Device(name, profile, predictor))
    return found


def _profile(plan: Plan, folder: RunFolder, narrator: Narrator, name: str, source: Path | None) -> DeviceProfile:
    """Return the profile that the run holds, else that of a file, else one measured now; the run holds it then."""
    wanted, kept = plan.settings.latency, folder.profile(name)
    if kept.exists():
        return DeviceProfile.load(kept)
    if source is not None:
        profile = DeviceProfile.load(source)
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
    profile.save(kept)
    return profile


def quick_forms(devices: Sequence[Device]) -> AbstractContextManager[None]:
    """Choose forms of depthwise convolution as the profile of this machine says that the run holds.

    Only ``nas profile`` measures them: a choice that is measured in a run would be another one each time, and equal
    commands give equal weights.
    """
    for profile in (device.profile for device in devices):
        if profile.depthwise is not None and profile.key.device == cpu_name():
            return use_table(profile.depthwise)
    return nullcontext()


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
    keep_freed_memory()
    division = settle_threads(plan, folder, narrator, here=ray_address is None)
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

        if division.workers == 1:
            digest = train(
                supernet, plan.data, plan.training, folder.supernet, show, plan.macs, plan.teacher,
                say=narrator.say, scalars=folder.path,
            )  # fmt: skip
            return supernet, digest
        from nas.distributed import Job, train_on_workers  # ray takes two seconds to import

        path, each = folder.supernet.resolve(), max(1, division.threads // division.workers)
        job = Job(plan.space, plan.data, plan.training, plan.macs, plan.teacher, path, path.parent, each)
        train_on_workers(job, division.workers, ray_address, show, narrator.say)
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
    fronts: Sequence[Front],
) -> None:
    from nas.search.run import SearchProgress, search_networks  # ray takes two seconds to import

    with narrator.phase("searching", plan.settings.evaluations) as phase:

        def show(progress: SearchProgress) -> None:
            phase.update(progress.done, progress.note)

        search_networks(
            plan, folder.journal, supernet, weights, price, fronts,
            ray_address=sources.ray_address, on_progress=show,
        )  # fmt: skip
