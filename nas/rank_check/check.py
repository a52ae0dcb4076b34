"""The check of one run: draw networks, take their accuracy with the supernet's weights, train them alone, compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.report import write_report
from analysis.run import Run
from nas.cli.console import Narrator
from nas.pipeline import supernet_file
from nas.rank_check.ground_truth import TrainedAlone, read_ground_truth
from nas.rank_check.standalone import Cache, Recipe
from nas.rank_check.summary import rank_summary
from nas.run_folder import SCHEMA_VERSION, RunFolder
from nas.search.evaluate import EvaluationInputs, Evaluator
from nas.settings import default_epochs
from nas.space_for import space_for
from predictors.rank_report import RankedNetwork, RankReport, rank_report
from predictors.table import CostTable
from search_spaces import Architecture, Drawn, SearchSpace, stratified
from search_spaces.errors import InputError, WorkError
from search_spaces.files import read_json, write_json_atomic
from supernet import Supernet
from supernet.data import ImageData, load_data
from supernet.training import load_supernet, weights_digest


@dataclass(frozen=True)
class RankSettings:
    """What is drawn and how it is trained. ``twice`` networks get a second seed; ``epochs`` None follows the data."""

    networks: int = 60
    twice: int = 12
    epochs: int | None = None
    batch_size: int = 64
    learning_rate: float = 2e-3
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        for option, value in (("--networks", self.networks), ("--workers", self.workers)):
            if value < 1:
                raise InputError(f"{option} must be at least 1, found {value}")
        if not 0 <= self.twice <= self.networks:
            raise InputError(f"--twice must lie between 0 and --networks ({self.networks}), found {self.twice}")


@dataclass(frozen=True)
class TrainedRun:
    """A run folder with its data, its space and its trained supernet."""

    folder: RunFolder
    config: Mapping[str, Any]
    data: ImageData
    space: SearchSpace
    supernet: Supernet

    @classmethod
    def load(cls, path: Path) -> TrainedRun:
        """Read a run. Raises InputError for one without a finished supernet, and for data or a space that changed."""
        config = Run(path).config
        folder = RunFolder(path.resolve().parent, path.resolve().name)
        weights = supernet_file(folder.path)
        data = load_data(config["data"]["spec"], config["data"]["dir"], seed=0)
        if data.digest != config["data"]["digest"]:
            raise InputError(f"the data {config['data']['spec']} are not those that {path} was trained on")
        file = folder.space if folder.space.exists() else config["space"]
        space = space_for(data, str(file), config["scale"])
        if space.digest != config["space_digest"]:
            raise InputError(f"the space {file} is not the one that {path} was trained on")
        supernet = load_supernet(space, weights)
        return cls(folder, config, data, space, supernet)


def check_ranking(
    path: Path,
    settings: RankSettings,
    narrator: Narrator,
    *,
    standalone: Path | None = None,
    cache: Path | None = None,
    ray_address: str | None = None,
) -> dict[str, Any]:
    """Check the order that a run's supernet gives; write and return ranking.json, and renew the report.

    ``standalone`` is a ground truth to take in place of training; ``cache`` is where trainings are kept, beside the
    run otherwise. Raises InputError for wrong input, WorkError when trainings failed.
    """
    narrator.say(f"reading {path}")
    run = TrainedRun.load(path)
    table = CostTable(run.space)
    recipe = _recipe(run, settings)
    with run.folder.lock():
        if standalone is not None:
            alone = read_ground_truth(standalone, run.space)
        else:
            drawn = stratified(run.space, settings.networks, settings.seed, lambda a: table.price(a)["macs"])
            kept = Cache(cache or run.folder.path.parent / "standalone", run.data.digest, recipe)
            alone = train_drawn(drawn, run.data, recipe, kept, settings, narrator, ray_address)
        inputs = EvaluationInputs.of(run.supernet, run.data, recipe.recalibration_images)
        networks = ranked(inputs, table, alone, narrator)
        report = rank_report(networks, seed=settings.seed)
        source = {"standalone": str(standalone)} if standalone else {"recipe": recipe.to_dict()}
        return _write(run, networks, report, source)


def _recipe(run: TrainedRun, settings: RankSettings) -> Recipe:
    images = len(run.data.train)
    if settings.batch_size > images:
        raise InputError(f"--batch-size {settings.batch_size} is more than the {images} training images")
    epochs = default_epochs(images) if settings.epochs is None else settings.epochs
    sizes = {"epochs": epochs, "batch_size": settings.batch_size, "learning_rate": settings.learning_rate}
    return Recipe.of(run.config["recalibration_images"], **sizes)


def train_drawn(
    drawn: Sequence[Drawn],
    data: ImageData,
    recipe: Recipe,
    cache: Cache,
    settings: RankSettings,
    narrator: Narrator,
    ray_address: str | None = None,
) -> list[TrainedAlone]:
    """Train what the cache lacks: every network, and ``settings.twice`` of them, over all groups, with a second seed.

    Raises WorkError when trainings failed; the others are in the cache then.
    """
    from nas.rank_check.tasks import train_missing  # ray takes two seconds to import

    twice = set(range(len(drawn))[:: max(1, len(drawn) // max(1, settings.twice))][: settings.twice])
    seeds = [(0, 1) if i in twice else (0,) for i in range(len(drawn))]
    trainings = [(one.architecture, seed) for one, own in zip(drawn, seeds, strict=True) for seed in own]
    with narrator.phase("training alone", len(trainings)) as phase:

        def show(done: int) -> None:
            phase.update(done, f"{settings.workers} at a time, kept in {cache.folder}")

        train_missing(trainings, data, recipe, cache, settings.workers, address=ray_address, on_result=show)
    return [
        TrainedAlone(one, tuple(cache.result(one.architecture, seed) for seed in own))
        for one, own in zip(drawn, seeds, strict=True)
    ]


def ranked(
    inputs: EvaluationInputs, table: CostTable, alone: Sequence[TrainedAlone], narrator: Narrator
) -> list[RankedNetwork]:
    """Evaluate every network with inherited weights, as the search does. Raises WorkError for a diverged supernet."""
    evaluator, networks = Evaluator(inputs), []
    with narrator.phase("accuracy with inherited weights", len(alone)) as phase:
        for one in alone:
            architecture = one.drawn.architecture
            inherited = _inherited(evaluator, architecture)
            costs = table.price(architecture)
            networks.append(RankedNetwork(architecture.digest, one.drawn.group, costs, inherited, one.accuracies))
            phase.update(len(networks))
    return networks


def _inherited(evaluator: Evaluator, architecture: Architecture) -> float:
    try:
        return evaluator.evaluate(architecture)["accuracy"]
    except FloatingPointError as error:
        digest = architecture.digest[:12]
        raise WorkError(f"network {digest} with the supernet's weights: {error}: its training diverged") from error


def _write(
    run: TrainedRun, networks: Sequence[RankedNetwork], report: RankReport, source: Mapping[str, Any]
) -> dict[str, Any]:
    document = {
        "schema_version": SCHEMA_VERSION,
        "run": run.folder.name,
        "supernet": weights_digest(run.supernet),
        "data": run.data.digest,
        **source,
        **report.to_dict(),
        "networks": [vars(network) for network in networks],
    }
    write_json_atomic(run.folder.ranking, document)
    if run.folder.front.exists():
        write_json_atomic(run.folder.front, {**read_json(run.folder.front), "rank_check": rank_summary(run.folder)})
        write_report(run.folder.path)
    return document
