"""The truth about one network: its accuracy after it was trained alone, and a cache of such results."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nas.search.evaluate import EvaluationInputs, Evaluator
from search_spaces import Architecture, SearchSpace
from search_spaces.errors import InputError
from search_spaces.files import read_json, write_json_atomic
from supernet import Supernet
from supernet.data import ImageData
from supernet.training import TrainConfig, load_method, train


@dataclass(frozen=True)
class Recipe:
    """How every network is trained and evaluated, all but its seed; ``recalibration_images`` set its BatchNorm."""

    training: TrainConfig
    recalibration_images: int = 1024

    @classmethod
    def of(cls, recalibration_images: int, **training: Any) -> Recipe:
        """Return the recipe of a network that is trained by labels, itself alone."""
        return cls(TrainConfig(method=load_method("alone"), **training), recalibration_images)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without a seed."""
        training = {name: value for name, value in self.training.to_dict().items() if name != "seed"}
        return {"training": training, "recalibration_images": self.recalibration_images}


def train_alone(architecture: Architecture, data: ImageData, recipe: Recipe, seed: int) -> float:
    """Train one network from scratch; return its accuracy (0 to 1) on the search split.

    Its BatchNorm statistics are recalibrated and it is evaluated as a search does with inherited weights; the test
    split is not looked at. Equal arguments give equal values. Raises FloatingPointError when the training diverges.
    """
    network = Supernet(SearchSpace.of(architecture), seed=seed)
    with TemporaryDirectory(prefix="nas-alone-") as folder:
        train(network, data, replace(recipe.training, seed=seed), Path(folder) / "network.safetensors")
    inputs = EvaluationInputs.of(network, data, recipe.recalibration_images)
    return Evaluator(inputs).evaluate(architecture)["accuracy"]


class Cache:
    """Accuracies of networks that were trained alone, one file each, so that none is trained twice.

    A file's name follows from architecture, data, recipe and seed. It is written whole or not at all, so a killed
    check loses only what was being trained.
    """

    def __init__(self, folder: Path | str, data: str, recipe: Recipe):
        self.folder = Path(folder)
        self._key = {"data": data, "recipe": recipe.to_dict()}

    def path(self, architecture: Architecture, seed: int) -> Path:
        """Return the file of one result."""
        text = json.dumps(self._identity(architecture, seed), sort_keys=True)
        return self.folder / f"{architecture.digest[:12]}-{seed}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"

    def _identity(self, architecture: Architecture, seed: int) -> dict[str, Any]:
        return {**self._key, "architecture": architecture.digest, "seed": seed}

    def get(self, architecture: Architecture, seed: int) -> float | None:
        """Return the accuracy, or None where it is still to be found. Raises InputError for a damaged file."""
        path = self.path(architecture, seed)
        if not path.exists():
            return None
        value = read_json(path)
        accuracy = value.get("accuracy") if isinstance(value, dict) else None
        expected = json.loads(json.dumps(self._identity(architecture, seed)))
        if not isinstance(accuracy, float) or {key: value.get(key) for key in expected} != expected:
            raise InputError(f"{path} is not the result of this training: remove it, and it is made again")
        return accuracy

    def result(self, architecture: Architecture, seed: int) -> float:
        """Return the accuracy of a training that is done. Raises InputError when its file is gone or damaged."""
        accuracy = self.get(architecture, seed)
        if accuracy is None:
            raise InputError(f"{self.path(architecture, seed)} was removed meanwhile: run the same command again")
        return accuracy

    def put(self, architecture: Architecture, seed: int, accuracy: float) -> None:
        """Keep one result. Raises InputError when it can not be written."""
        write_json_atomic(self.path(architecture, seed), {**self._identity(architecture, seed), "accuracy": accuracy})
