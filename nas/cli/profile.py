"""``nas profile``: the latency of a device, measured once and used by every search."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from nas.cli.console import Narrator, fail, out
from nas.cli.profile_import import import_
from nas.settings import DATA_HELP
from search_spaces.errors import InputError, nearest

if TYPE_CHECKING:
    from predictors import DeviceProfile
    from predictors.backends import Backend
    from search_spaces import SearchSpace

Option = typer.Option
app = typer.Typer(invoke_without_command=True)
_DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_FEW = 20  # networks that are measured where other devices' profiles help
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@app.callback()
def profile(
    context: typer.Context,
    space: Annotated[str, Option(help="A shipped space, or the path of a space file.")] = "lk_convnet",
    data: Annotated[str, Option(help=f"Its images have the size that is measured. {DATA_HELP}")] = "digits",
    data_dir: Annotated[str | None, Option(help="Folder of the files of mnist or cifar10.")] = None,
    scale: Annotated[str | None, Option(help="Scale of the space.")] = None,
    device: Annotated[str, Option(help="cpu or cuda.")] = "cpu",
    batch: Annotated[int, Option(help="Images a call.")] = 1,
    threads: Annotated[int, Option(help="Threads of the timed network.")] = 1,
    dtype: Annotated[str, Option(help="fp32, bf16 or fp16.")] = "fp32",
    mode: Annotated[str, Option(help="eager, compile or onnxruntime.")] = "eager",
    runner: Annotated[
        str | None, Option(help="A command that is given MODEL.onnx and prints milliseconds: for phones and boards.")
    ] = None,
    device_name: Annotated[str, Option(help="What --runner measures, for the record.")] = "device",
    timeout: Annotated[float, Option(help="Seconds that --runner may take for one network.")] = 300.0,
    budget: Annotated[str, Option(help="Time to measure, such as 90s, 5m, 1h.")] = "5m",
    networks: Annotated[int | None, Option(help="Networks to measure at most, whatever the budget.")] = None,
    sources: Annotated[
        list[Path] | None,
        Option("--from", help=f"A profile of another device to learn from, any number of times: {_FEW} networks do."),
    ] = None,
    error: Annotated[float, Option(help="Stop at this mean error, in per cent.")] = 0.0,
    seed: Annotated[int, Option(help="Equal seeds measure equal networks first.")] = 0,
    out_path: Annotated[Path, Option("--out", help="The profile; measurements are kept beside it.")] = Path(
        "profile.json"
    ),
    quiet: Annotated[bool, Option("--quiet", help="No narration.")] = False,
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure networks of a space until the budget is used up: a spread first, then where the prediction is least sure.

    Every measurement is kept: stopped at any moment, the same command goes on. ``nas search --profile FILE`` uses it,
    on a machine without the device as well.
    """
    if context.invoked_subcommand is not None:
        return
    from nas.space_for import space_for
    from predictors import DeviceProfile, Effort
    from predictors.latency import check_size
    from supernet.data import load_data

    if networks is not None and networks < 10:
        raise InputError(f"--networks must be at least 10, found {networks}")
    seconds = _seconds(budget)
    known = [DeviceProfile.load(path) for path in sources or []]
    networks = _FEW if known and networks is None else networks
    effort = Effort(networks or Effort.networks, seconds if networks is None else float("inf"), error / 100)
    backend = _backend(mode, runner, device_name, timeout, _setting(batch, threads, dtype, device))
    wanted = space_for(load_data(data, data_dir), space, scale)
    for path, source in zip(sources or [], known, strict=True):
        for record in source.records[:1]:
            check_size(wanted, record.architecture, str(path))
    narrator = Narrator(quiet)
    try:
        found = _measure(wanted, backend, effort, known, seed, out_path, narrator)
    except KeyboardInterrupt:
        fail("interrupted. Measurements are kept: run the same command to go on.")
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(_summary(wanted, found, out_path)))
        return
    _show(wanted, found, out_path)
    source = f" --data-dir {data_dir}" if data_dir else ""
    out.print(f"next      nas search --space {space} --data {data}{source} --profile {out_path}")


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A profile.")],
    second: Annotated[Path, typer.Argument(help="Another one.")],
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Compare two profiles on the networks that both measured: their keys, the ratio of times, the order."""
    from predictors import DeviceProfile
    from predictors.comparison import compare_profiles

    found = compare_profiles(DeviceProfile.load(first), DeviceProfile.load(second))
    if as_json:
        print(json.dumps(found))
        return
    table = Table("", str(first), str(second), box=None)
    for name, (one, other) in found["keys"].items():
        table.add_row(name, str(one), str(other))
    out.print(table)
    if not found["networks"]:
        out.print("no network is in both: profiles of one space and seed share their first networks")
        return
    low, middle, high = found["ratio"]
    out.print(f"{found['networks']} networks in both; the second takes {middle:.2f} times as long (quartiles {low:.2f} "
              f"to {high:.2f}); Kendall's tau of their order {found['tau']:.2f}")  # fmt: skip


@app.command()
def merge(
    profiles: Annotated[list[Path], typer.Argument(help="Profiles of one key.")],
    out_path: Annotated[Path, Option("--out", help="The profile of all.")],
) -> None:
    """Join profiles that were measured under one key."""
    from predictors import DeviceProfile

    if out_path.exists():
        raise InputError(f"{out_path} exists already: choose another --out")
    joined = DeviceProfile.load(profiles[0])
    for path in profiles[1:]:
        joined = joined.merged(DeviceProfile.load(path), str(path))
    joined.save(out_path)
    out.print(f"profile   {out_path}, {len(joined.records)} networks, {len(joined.again)} measured again")


app.command("import")(import_)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text)
    if not found or float(found[1]) == 0:
        raise InputError(f"--budget: expected a time such as 90s, 5m or 1h, found {text!r}")
    return float(found[1]) * _UNITS[found[2]]


def _setting(batch: int, threads: int, dtype: str, device: str) -> Any:
    from predictors.backends import Setting

    if dtype not in _DTYPES:
        raise InputError(f"--dtype {dtype!r} is unknown{nearest(dtype, _DTYPES)}")
    for name, value in (("--batch", batch), ("--threads", threads)):
        if value < 1:
            raise InputError(f"{name} must be at least 1, found {value}")
    return Setting(batch, threads, _DTYPES[dtype], device)  # type: ignore[arg-type]


def _backend(mode: str, runner: str | None, device_name: str, timeout: float, setting: Any) -> Backend:
    from predictors.backends import MODES, Runner

    if runner is not None:
        return Runner(setting, runner, device_name, timeout)
    if mode not in MODES:
        raise InputError(f"--mode {mode!r} is unknown{nearest(mode, MODES)}")
    return MODES[mode](setting)


def _measure(
    space: SearchSpace,
    backend: Backend,
    effort: Any,
    sources: list[DeviceProfile],
    seed: int,
    path: Path,
    narrator: Narrator,
) -> DeviceProfile:
    from predictors import ProfileProgress, profile_space
    from predictors.depthwise import measure_depthwise

    key = backend.key
    narrator.say(f"measuring {space.name} {space.scale} on {key.device}: {key.backend} {key.mode}, {key.dtype}, batch "
                 f"{key.batch}, {key.threads} thread{'s' * (key.threads > 1)}")  # fmt: skip
    if why := _no_energy(backend):
        narrator.say(f"energy is not measured: {why}")
    timed, started = effort.seconds < float("inf"), time.monotonic()
    with narrator.phase("profiling", int(effort.seconds) if timed else effort.networks) as phase:

        def show(progress: ProfileProgress) -> None:
            error = "" if progress.error is None else f", mean error {100 * progress.error:.1f} %"
            done = min(int(effort.seconds), int(time.monotonic() - started)) if timed else progress.done
            phase.update(done, f"{progress.done} networks{error}")

        records = path.with_suffix(".records.jsonl")
        found = profile_space(
            space, backend, effort, seed=seed, records_path=records, sources=sources, on_progress=show
        )
    found.save(path)
    if table := measure_depthwise(space, backend, seed):
        narrator.say(
            f"timed the forms of {len(table.entries)} depthwise convolutions: trainings with this profile use them"
        )
        found = replace(found, depthwise=table)
        found.save(path)
    return found


def _no_energy(backend: Backend) -> str:
    """Say why the energy of a call is not counted; nothing where it is."""
    from predictors.backends import InProcess
    from predictors.energy import NoMeter

    if not isinstance(backend, InProcess):
        return "a command tells milliseconds alone"
    return backend.meter.why if isinstance(backend.meter, NoMeter) else ""


def _summary(space: SearchSpace, profile: DeviceProfile, path: Path) -> dict[str, Any]:
    from predictors import LatencyPredictor
    from predictors.transfer import leave_one_out

    predictor = LatencyPredictor.fit(space, profile)
    return {
        "profile": str(path),
        "key": profile.key.to_dict(),
        "networks": len(profile.records),
        "blocks": len(profile.blocks),
        "noisy": sum(record.measurement.noisy for record in profile.records),
        "cross_validation": predictor.cross_validation,
        "ladder": predictor.ladder,
        "shares": predictor.shares,
        "leave_one_out": leave_one_out(space, profile) if profile.sources else {},
    }


def _show(space: SearchSpace, profile: DeviceProfile, path: Path) -> None:
    """Print the predictors from floor to ceiling, cross-validated on the profile's networks."""
    found = _summary(space, profile, path)
    out.print(_ladder("predictor", found["ladder"]))
    if found["leave_one_out"]:
        out.print(_ladder("each network left out once", found["leave_one_out"]))
    shares = sorted(found["shares"].items(), key=lambda item: -item[1])
    out.print(f"carried   {', '.join(f'{100 * share:.0f} % {name}' for name, share in shares)}")
    out.print(f"profile   {path}: {found['networks']} networks, {found['noisy']} of them noisy, {found['blocks']} "
              f"blocks; 90 % interval ± {100 * found['cross_validation']['interval']:.1f} %")  # fmt: skip


def _ladder(title: str, rows: dict[str, dict[str, float]]) -> Table:
    """Return predictors with their figures, the worst order first."""
    table = Table(title, "Kendall's tau", "within 10 %", "mean error", box=None)
    for name, figures in sorted(rows.items(), key=lambda item: item[1]["tau"]):
        shares = (f"{100 * figures[key]:.1f} %" if key in figures else "" for key in ("within_10", "mape"))
        table.add_row(name.replace("_", " "), f"{figures['tau']:.3f}", *shares)
    return table
