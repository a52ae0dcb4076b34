"""What one search is asked to do: everything that a run's configuration records."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from search_spaces.errors import InputError

DATA_HELP = "digits, digits-sequence, mnist, cifar10, imagefolder:DIR, parquet:DIR or sequences:DIR."
THREADS_HELP = "Compute threads of the training: a number, or auto, which times a step with 1, 2, 4 .. of them."
TRAIN_WORKERS_HELP = "Processes that share every batch: a number, or auto, which in long trainings times them too."


def read_count(option: str, text: str) -> int | None:
    """Return the number of an option, None for ``auto``. Raises InputError for anything else."""
    if text == "auto":
        return None
    if not text.isdecimal():
        raise InputError(f"{option} must be auto or a number, found {text!r}")
    return int(text)


@dataclass(frozen=True)
class TrainingSettings:
    """How the supernet is trained. ``epochs`` None follows from the number of images."""

    epochs: int | None = None
    batch_size: int = 64
    learning_rate: float = 2e-3
    method: str = "sandwich"  # shipped, or the path of a method file
    workers: int | None = None  # processes that share every batch; None: those with which a step is quickest
    teacher: str | None = None  # an entry of the registry, for methods that learn from one
    registry: str = "registry"  # the folder that it is in


@dataclass(frozen=True)
class LatencySettings:
    """What a latency measurement means here: images a batch, threads, and how many networks are measured."""

    batch: int = 1
    threads: int = 1
    networks: int = 40


@dataclass(frozen=True)
class SearchSettings:
    """One search, as the command line states it."""

    space: str
    scale: str | None = None
    data: str = "digits"
    data_dir: str | None = None
    objectives: str = "accuracy,latency_ms,macs"
    constraints: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()  # the names of several
    algorithm: str = "surrogate"
    seed_networks: tuple[str, ...] = ()  # architecture files, or published networks by name
    evaluations: int = 96
    population: int = 8
    front: int = 12
    seed: int = 0
    threads: int | None = None  # None: those with which a training step is quickest
    workers: int = 2
    recalibration_images: int = 1024
    screening_images: int | None = None  # three proposals a place are judged on so many first
    training: TrainingSettings = field(default_factory=TrainingSettings)
    latency: LatencySettings = field(default_factory=LatencySettings)

    def __post_init__(self) -> None:
        counts = {
            "--evaluations": self.evaluations,
            "--population": self.population,
            "--front": self.front,
            "--threads": 1 if self.threads is None else self.threads,
            "--workers": self.workers,
            "--train-workers": 1 if self.training.workers is None else self.training.workers,
            "--latency-batch": self.latency.batch,
            "--latency-threads": self.latency.threads,
        }
        for option, value in counts.items():
            if value < 1:
                raise InputError(f"{option} must be at least 1, found {value}")
        if self.latency.networks < 10:
            raise InputError(f"--latency-networks must be at least 10, found {self.latency.networks}")
        if self.screening_images is not None and self.screening_images < 1:
            raise InputError(f"--screening-images must be at least 1, found {self.screening_images}")
        if self.seed < 0:
            raise InputError(f"--seed must not be negative, found {self.seed}")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


# A supernet that has seen this many images (with repeats) is trained well enough to rank on small data.
_IMAGES_SEEN = 400_000


def default_epochs(images: int) -> int:
    """Return how many epochs a training set of this size gets: few for large sets, 8 at least, 20 at most."""
    return min(20, max(8, _IMAGES_SEEN // images))
