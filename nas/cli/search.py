"""``nas search``: the main job."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from nas.cli.console import Narrator, out
from nas.cores import idle_cores
from nas.run_folder import RunFolder, next_name
from nas.settings import (
    DATA_HELP,
    THREADS_HELP,
    TRAIN_WORKERS_HELP,
    LatencySettings,
    SearchSettings,
    TrainingSettings,
    read_count,
)
from search_spaces.errors import InputError

if TYPE_CHECKING:
    from predictors import DeviceKey

Option = typer.Option


def search(
    space: Annotated[str, Option(help="A shipped space, or the path of a space file.")],
    data: Annotated[str, Option(help=DATA_HELP, rich_help_panel="Data")] = "digits",
    data_dir: Annotated[
        str | None, Option(help="Folder of the files of mnist or cifar10.", rich_help_panel="Data")
    ] = None,
    scale: Annotated[str | None, Option(help="Scale of the space; the images' size picks one otherwise.")] = None,
    objectives: Annotated[
        str,
        Option(
            help="Two or three of accuracy, latency_ms, macs, params; latency_ms@NAME of named devices: a joint front."
        ),
    ] = "accuracy,latency_ms,macs",
    constraint: Annotated[
        list[str] | None, Option(help='Such as "latency_ms <= 5" or "macs < 20M". May be repeated.')
    ] = None,
    algorithm: Annotated[
        str,
        Option(
            help="surrogate, nsga2, regularized-evolution, local-search, progressive, optuna-tpe, optuna-nsga2, "
            "optuna-nsga3, optuna-gp, or random as the floor to compare with."
        ),
    ] = "surrogate",
    seed_network: Annotated[
        list[str] | None,
        Option(help="Begin with this architecture file or published network, or the nearest one. May be repeated."),
    ] = None,
    evaluations: Annotated[int, Option(help="Networks to evaluate.")] = 96,
    population: Annotated[int, Option(help="Networks that are proposed at a time.")] = 8,
    front: Annotated[int, Option(help="At most so many networks of the front are registered.")] = 12,
    epochs: Annotated[
        int | None,
        Option(
            help="Epochs of the supernet; 8 to 20 by the number of images otherwise.",
            rich_help_panel="Training",
        ),
    ] = None,
    batch_size: Annotated[int, Option(help="Images a step.", rich_help_panel="Training")] = 64,
    learning_rate: Annotated[float, Option(help="Peak, AdamW.", rich_help_panel="Training")] = 2e-3,
    method: Annotated[
        str,
        Option(help="A shipped training method (nas methods), or a method file.", rich_help_panel="Training"),
    ] = "sandwich",
    train_workers: Annotated[str, Option(help=TRAIN_WORKERS_HELP, rich_help_panel="Training")] = "auto",
    teacher: Annotated[
        str | None,
        Option(help="Registry entry that --method external_teacher learns from.", rich_help_panel="Training"),
    ] = None,
    supernet: Annotated[
        Path | None, Option(help="Use the trained supernet of this run.", rich_help_panel="Training")
    ] = None,
    recalibration_images: Annotated[
        int,
        Option(help="Training images that set a subnet's BatchNorm statistics.", rich_help_panel="Training"),
    ] = 1024,
    screening_images: Annotated[
        int | None,
        Option(help="Judge three times --population on so many images first, and the best of them on all."),
    ] = None,
    latency_networks: Annotated[
        int, Option(help="Networks measured to fit the latency predictor.", rich_help_panel="Latency")
    ] = 40,
    latency_batch: Annotated[
        int | None, Option(help="Images a call; 1 otherwise, or those of --profile.", rich_help_panel="Latency")
    ] = None,
    latency_threads: Annotated[
        int | None, Option(help="Threads of the timed network, likewise.", rich_help_panel="Latency")
    ] = None,
    profile: Annotated[
        list[Path] | None,
        Option(
            help="Use this recorded device profile; do not measure. Several: a front of each device.",
            rich_help_panel="Latency",
        ),
    ] = None,
    seed: Annotated[int, Option(help="Equal seeds give equal runs.", rich_help_panel="Running")] = 0,
    threads: Annotated[str, Option(help=THREADS_HELP, rich_help_panel="Running")] = "auto",
    workers: Annotated[
        int | None,
        Option(
            help="Evaluations at a time, each on one thread; --threads or the idle cores otherwise.",
            rich_help_panel="Running",
        ),
    ] = None,
    ray_address: Annotated[str | None, Option(help="Join this Ray cluster.", rich_help_panel="Running")] = None,
    name: Annotated[
        str | None, Option(help="Name of the run; space and data otherwise.", rich_help_panel="Output")
    ] = None,
    out_dir: Annotated[Path, Option("--out", help="Folder of runs.", rich_help_panel="Output")] = Path("runs"),
    registry: Annotated[Path, Option(help="Folder of the registry.", rich_help_panel="Output")] = Path("registry"),
    resume: Annotated[
        bool, Option("--resume", help="Continue a run that was stopped.", rich_help_panel="Output")
    ] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print the plan; touch nothing.", rich_help_panel="Output")
    ] = False,
    quiet: Annotated[bool, Option("--quiet", help="No narration.", rich_help_panel="Output")] = False,
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.", rich_help_panel="Output")] = False,
) -> None:
    """Train a supernet, profile this machine, search the Pareto front, measure and register its networks."""
    from nas.devices import device_names

    profiles, training_threads = tuple(profile or ()), read_count("--threads", threads)
    settings = SearchSettings(
        space=space,
        scale=scale,
        data=data,
        data_dir=data_dir,
        objectives=objectives,
        constraints=tuple(constraint or ()),
        devices=device_names(profiles),
        algorithm=algorithm,
        seed_networks=tuple(seed_network or ()),
        evaluations=evaluations,
        population=population,
        front=front,
        seed=seed,
        threads=training_threads,
        workers=workers or training_threads or idle_cores(),
        recalibration_images=recalibration_images,
        screening_images=screening_images,
        training=TrainingSettings(
            epochs,
            batch_size,
            learning_rate,
            method,
            read_count("--train-workers", train_workers),
            teacher,
            str(registry),
        ),
        latency=_latency(profiles, latency_batch, latency_threads, latency_networks),
    )
    narrator, started = Narrator(quiet), time.monotonic()
    from nas.plan import make_plan

    narrator.say(f"reading {data} and pricing {space}")
    plan = make_plan(settings)
    if dry_run:
        _show_plan(plan, profiles, as_json)
        return
    from nas.pipeline import Sources, run_search

    folder = RunFolder(out_dir, name or next_name(out_dir, plan.default_name, resume))
    narrator.say(_summary(plan, folder))
    result = run_search(plan, folder, registry, narrator, Sources(supernet, profiles, ray_address), resume=resume)
    if as_json:
        print(json.dumps(result))
        return
    _show(result, folder, registry, time.monotonic() - started)


def _summary(plan: Any, folder: RunFolder) -> str:
    splits = " / ".join(f"{len(getattr(plan.data, s)):,}" for s in ("train", "validation", "test"))
    return (
        f"{plan.space.name} ({plan.space.scale}), {plan.space.cardinality():.2e} networks, on {plan.data.name}: "
        f"{splits} {plan.data.layout}s to train / search / test on. Run: {folder.path}"
    )


def _show_plan(plan: Any, profiles: tuple[Path, ...], as_json: bool) -> None:
    from search_spaces.architecture import size_text

    document = {
        "architectures": plan.space.cardinality(),
        "ranges": plan.ranges,
        "config": plan.config(),
    }
    if as_json:
        print(json.dumps(document))
        return
    steps = plan.training.epochs * plan.training.steps_per_epoch(len(plan.data.train))
    out.print(f"space     {plan.space.name}, scale {plan.space.scale}: {plan.space.cardinality():,} networks")
    for cost, (low, high) in plan.ranges.items():
        out.print(f"          {cost} {low:,} to {high:,}")
    splits = ", ".join(f"{len(getattr(plan.data, s)):,} {s}" for s in ("train", "validation", "test"))
    size = size_text(plan.data.resolution, plan.data.layout, plan.data.channels)
    out.print(f"data      {plan.data.name}: {splits} {plan.data.layout}s, {size}, {len(plan.data.classes)} classes")
    wanted = plan.settings.latency
    here = f"measure {wanted.networks} networks, batch {wanted.batch}, {wanted.threads} thread"
    given = "predicted from " + ", ".join(map(str, profiles))
    out.print(f"latency   {given if profiles else here}")
    out.print(
        f"supernet  {plan.training.epochs} epochs, {steps:,} steps of {plan.training.batch_size} {plan.data.layout}s"
    )
    names = ", ".join(f"{o.direction} {o.name} ({o.kind})" for o in plan.problem.objectives)
    limits = "; ".join(c.text for c in plan.problem.constraints) or "none"
    out.print(
        f"search    {plan.settings.evaluations} evaluations, {plan.settings.algorithm}: {names}; constraints: {limits}"
    )
    for seed in plan.seeds:
        out.print(f"seed      {seed.note or seed.source}")
    out.print("Nothing was written. Leave out --dry-run to start.")


def _latency(profiles: tuple[Path, ...], batch: int | None, threads: int | None, networks: int) -> LatencySettings:
    """Return how latency is measured: as the profile was, where there is one. Raises InputError when more is asked."""
    if not profiles:
        return LatencySettings(1 if batch is None else batch, 1 if threads is None else threads, networks)
    keys = [_checked_key(profile, batch, threads) for profile in profiles]
    return LatencySettings(keys[0].batch, keys[0].threads, networks)


def _checked_key(profile: Path, batch: int | None, threads: int | None) -> DeviceKey:
    from predictors import DeviceProfile

    key = DeviceProfile.load(profile).key
    for name, given, own in (("batch", batch, key.batch), ("threads", threads, key.threads)):
        if given not in (None, own):
            raise InputError(
                f"{profile} was measured with {name} {own}, and --latency-{name} is {given}: leave it out, or measure "
                f"anew with nas profile --{name} {given}"
            )
    return key


def _show(result: dict[str, Any], folder: RunFolder, registry: Path, seconds: float) -> None:
    fronts = result.get("fronts") or {"": result}
    for device, front in fronts.items():
        if device:
            out.print(f"[bold]The front on {device}[/bold]")
        _show_front(front, result, device)
    entries = {entry["registry"]: entry for front in fronts.values() for entry in front["entries"]}
    out.print(f"{seconds / 60:.1f} minutes.")
    out.print(f"run       {folder.path} (config.json, evaluations.jsonl, front.json)")
    out.print(f"report    {folder.path / 'report.html'}")
    out.print(f"registry  {registry} ({len(entries)} entries)")
    best = max(entries.values(), key=lambda entry: entry["accuracy"])["registry"]
    where = "" if str(registry) == "registry" else f" --registry {registry}"
    out.print(f"next      nas export {best} --onnx{where}")


def _show_front(front: dict[str, Any], result: dict[str, Any], device: str) -> None:
    """Print the networks of a front, their latency on its device, or on all of them where the front is joint."""
    from analysis.quantities import drift_text, seen_from

    facts = {"": result["latency"]} if "latency" in result else result["devices"]
    devices = [device] if device else list(facts)
    times = [f"{what}\nms{name and f' {name}'}" for name in devices for what in ("predicted", "measured")]
    headers = ("network", "search\nacc. %", "test\nacc. %", *times, "MMACs", "params\nk")
    table = Table(*(Column(header, no_wrap=True) for header in headers), box=None, padding=(0, 2, 0, 0))
    for entry in front["entries"]:
        table.add_row(
            entry["registry"],
            f"{100 * entry['accuracy']:.2f}",
            f"{100 * entry['accuracy_test']:.2f}",
            *(text for name in devices for text in _times(seen_from(name, entry))),
            f"{entry['macs'] / 1e6:.2f}",
            f"{entry['params'] / 1e3:.1f}",
        )
    out.print(table)
    out.print(f"{len(front['entries'])} of the {front['front_size']} networks that none of the {result['evaluations']} "
              f"evaluated dominates; hypervolume {front['hypervolume_share']:.4f} of its box.")  # fmt: skip
    for name in devices:
        key = facts[name]["key"]
        out.print(f"latency{name and f' on {name}'}: {key['device']}, batch {key['batch']}, {key['threads']} thread")
        if drift := drift_text(facts[name]):
            out.print(f"{drift} For a new profile: nas search ... --name ANOTHER, on an idle machine.")


def _times(entry: dict[str, Any]) -> tuple[str, str]:
    """Return predicted and measured latency of an entry."""
    predicted = f"{entry['latency_ms']:.2f} ({entry['latency_low_ms']:.2f}-{entry['latency_high_ms']:.2f})"
    if "latency_measured_ms" not in entry:
        return predicted, "not here"
    return predicted, f"{entry['latency_measured_ms']:.2f}{' noisy' if entry['latency_noisy'] else ''}"
