"""What a search will do, before it does anything: its data, space, problem and the configuration to record."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nas.run_folder import SCHEMA_VERSION
from nas.search.problem import Problem, parse_problem
from nas.search.searchers import check_searcher
from nas.seeds import Seed
from nas.settings import SearchSettings, default_epochs
from nas.space_for import space_for
from nas.teacher import load_teacher
from predictors.table import CostTable
from search_spaces import Architecture, SearchSpace, space_path
from search_spaces.errors import InputError
from supernet.data import ImageData, load_data
from supernet.training import Ranks, Teacher, TrainConfig, load_method


@dataclass(frozen=True)
class Plan:
    """A checked search: nothing has been written yet."""

    settings: SearchSettings
    data: ImageData
    space: SearchSpace
    problem: Problem
    training: TrainConfig
    table: CostTable
    ranges: dict[str, tuple[int, int]]
    teacher: Teacher | None = None
    seeds: tuple[Seed, ...] = ()

    def macs(self, architecture: Architecture) -> float:
        """Return the MACs of an architecture of the space."""
        return self.table.price(architecture)["macs"]

    @property
    def default_name(self) -> str:
        """The run's name without ``--name``: space and data."""
        return f"{self.space.name}-{self.data.name}"

    def config(self) -> dict[str, Any]:
        """Return the configuration that a run folder records."""
        settings = self.settings.to_dict()
        return {
            "schema_version": SCHEMA_VERSION,
            "command": " ".join(["nas", *sys.argv[1:]]),
            **{key: settings[key] for key in ("seed", "threads", "workers", "evaluations", "population", "front")},
            "algorithm": self.settings.algorithm,
            "seed_networks": [{"source": seed.source, "digest": seed.network.digest} for seed in self.seeds],
            "space": self.settings.space,
            "space_digest": self.space.digest,
            "scale": self.space.scale,
            "data": self.data_config(),
            "objectives": [vars_of(objective) for objective in self.problem.objectives],
            "constraints": [constraint.text for constraint in self.problem.constraints],
            "devices": list(self.settings.devices),
            "recalibration_images": self.settings.recalibration_images,
            "screening_images": self.settings.screening_images,
            "training": self.training.to_dict(),
            "train_workers": self.settings.training.workers,
            "teacher": self.teacher and {"entry": self.teacher.name, "digest": self.teacher.digest},
            "latency": None if self.settings.devices else vars_of(self.settings.latency),
            "versions": versions(),
        }

    def data_config(self) -> dict[str, Any]:
        """Return what is recorded about the data."""
        data = self.data
        return {
            "spec": self.settings.data,
            "dir": self.settings.data_dir and str(Path(self.settings.data_dir).resolve()),
            "name": data.name,
            "digest": data.digest,
            "classes": len(data.classes),
            "channels": data.channels,
            "resolution": data.resolution,
            "layout": data.layout,
            **{split: len(getattr(data, split)) for split in ("train", "validation", "test")},
        }


def vars_of(value: Any) -> dict[str, Any]:
    """Return the fields of a flat dataclass."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def versions() -> dict[str, str]:
    """Return the versions of what decides a run's numbers."""
    names = ("nas", "torch", "ray", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def make_plan(settings: SearchSettings) -> Plan:
    """Load the data and the space and check the request against them.

    Raises InputError for wrong input, and for a cost constraint that no network of the space can meet.
    """
    check_searcher(settings.algorithm)
    problem = parse_problem(settings.objectives, settings.constraints, settings.devices)
    space_path(settings.space)  # a misspelt space is told before the data is read
    data = load_data(settings.data, settings.data_dir, seed=0)
    _check_screening(settings, data)
    space = space_for(data, settings.space, settings.scale)
    training = training_config(settings, data)
    training.method.sharing.check(space)
    teacher = _teacher(settings, training, data)
    seeds = tuple(Seed.read(source, space) for source in settings.seed_networks)
    table = CostTable(space)  # last, for it takes seconds
    ranges = table.range()
    problem.check_reachable(ranges)
    return Plan(settings, data, space, problem, training, table, ranges, teacher, seeds)


def _check_screening(settings: SearchSettings, data: ImageData) -> None:
    images = settings.screening_images
    if images is not None and images >= len(data.validation):
        raise InputError(f"--screening-images must be fewer than the {len(data.validation):,} {data.layout}s of the "
                         f"search split, found {images:,}")  # fmt: skip
    if images is not None and "accuracy" not in parse_problem(settings.objectives, settings.constraints).names:
        raise InputError("--screening-images judges accuracy, which is none of the objectives; leave it out")


def _teacher(settings: SearchSettings, training: TrainConfig, data: ImageData) -> Teacher | None:
    wanted = settings.training
    training.method.check_teacher(wanted.teacher is not None)
    return None if wanted.teacher is None else load_teacher(wanted.teacher, wanted.registry, data)


def training_config(settings: SearchSettings, data: ImageData) -> TrainConfig:
    """Return the training configuration; the epochs follow from the data unless they are given."""
    wanted = settings.training
    if wanted.batch_size > len(data.train):
        raise InputError(f"--batch-size {wanted.batch_size} is more than the {len(data.train)} training {data.layout}s")
    Ranks(size=wanted.workers or 1).check_batch(wanted.batch_size)
    epochs = default_epochs(len(data.train)) if wanted.epochs is None else wanted.epochs
    config = TrainConfig(seed=settings.seed)
    return replace(
        config,
        epochs=epochs,
        batch_size=wanted.batch_size,
        learning_rate=wanted.learning_rate,
        method=load_method(wanted.method),
    )
