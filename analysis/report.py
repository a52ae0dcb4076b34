"""report.html: one self-contained page that says what a search found, why, and what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from analysis.diagram import stage_diagram
from analysis.figures import figure_html, front_axes, front_figure, hypervolume_figure, latency_figure
from analysis.held import coverage
from analysis.overview import write_overview
from analysis.page import page, pairs, remark, section, table
from analysis.predictions import held_figures
from analysis.quantities import (
    count,
    devices_of,
    drift_text,
    known,
    latency_text,
    percent,
    quantity,
    seen_from,
    significant,
)
from analysis.ranking import bars_figure, scatter_figure
from analysis.run import Run
from analysis.search_free import search_free_words
from analysis.tie_section import tie_section
from analysis.training import exposure_rows, final_losses, loss_figure
from analysis.winners import winner_section
from search_spaces import Architecture
from search_spaces.architecture import Layout, size_text
from search_spaces.files import write_text_atomic

Entry = Mapping[str, Any]


def write_report(run_path: Path | str) -> Path:
    """Write ``report.html`` into a finished run folder and return its path.

    Where there is a front of each of several devices, ``report@DEVICE.html`` is the page of one of them.
    The file needs no network and nothing beside it. Equal runs give equal bytes. Raises InputError naming the
    file when the run is unfinished or one of its files is broken, and when the report cannot be written.
    """
    run = Run(run_path)
    if not run.fronts:
        return _write(run, "report.html")
    for device in run.devices:
        _write(Run(run_path, device), f"report@{device}.html")
    return write_overview(run)


def _write(run: Run, name: str) -> Path:
    sections = [
        _headline(run),
        _front(run),
        winner_section(run),
        _networks(run),
        _diagrams(run),
        *(_latency(view) for view in _by_device(run)),
        _progress(run),
        _training(run),
        _ranking(run),
        _origin(run),
        _next_commands(run),
    ]
    path, title = run.path / name, f"{run.config['name']}: nas search report"
    write_text_atomic(path, page(f"{title}{run.device and f' ({run.device})'}", sections, get_plotlyjs()))
    return path


def _headline(run: Run) -> str:
    config, data = run.config, run.config["data"]
    classes = data.get("classes")
    number = len(classes) if isinstance(classes, list) else classes
    goals = " and ".join(
        f"{'high' if o.direction == 'max' else 'low'} {quantity(o.name).label.lower()}" for o in run.objectives
    )
    scale = f" ({config['scale']} scale)" if config.get("scale") else ""
    sentence = (
        f"Searched the space <strong>{_text(config['space'])}</strong>{_text(scale)} on "
        f"<strong>{_text(_of(data, 'name'))}</strong> ({_text(_input_size(data))}, {_text(number)} classes) for "
        f"{_text(goals)}, with latency on <strong>{_text(_device(run))}</strong>."
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in _facts(run)
    )
    return (
        f'<header><p class="eyebrow">nas search report</p><h1>{_text(config["name"])}</h1>'
        f'<p class="lede">{sentence}</p></header><dl class="facts">{facts}</dl>'
    )


def _facts(run: Run) -> list[tuple[str, str, str]]:
    entries = run.front["entries"]
    status = Counter(record["status"] for record in run.records)
    outcome = f"{status['failed']} failed" if status["failed"] else "none failed"
    if status["screened"]:
        outcome += f"; {status['screened']} more on fewer images"
    facts = [
        ("Networks evaluated", str(status["ok"] + status["failed"]), outcome),
        ("On the Pareto front", str(_front_size(run)), f"{len(entries)} tested, measured and registered"),
        ("Hypervolume", count(run.front["hypervolume"]), _volume_note(run)),
    ]
    if entries:
        best = _most_accurate(run)
        costs = f"search split, {latency_text(best)} predicted, {best['registry']}"
        facts.append(("Most accurate", quantity("accuracy").text(best["accuracy"]), costs))
        if known(fast := entries[0], "latency_ms"):
            note = f"{quantity('accuracy').text(fast['accuracy'])} on the search split, {fast['registry']}"
            facts.append(("Fastest on the front", quantity("latency_ms").text(fast["latency_ms"]), note))
    return facts


def _front(run: Run) -> str:
    if not _any_evaluated(run):
        return section("The front", remark("No network was evaluated, so there is no front to draw."))
    measured = any(known(entry, "latency_measured_ms") for entry in run.front["entries"])
    text = "Every dot is an evaluated network; the coloured ones are the front. Point at one for its figures."
    if measured and front_axes(run)[0] == "latency_ms":
        text += " Diamonds show the same networks at the latency that was measured instead of predicted."
    if _front_size(run) > len(run.front["entries"]):
        text += " The most evenly spread networks of the front were kept; the others are grey."
    text += f" {search_free_words(run)}".rstrip()
    if run.published:
        text += " Stars are published networks that are points of this space, trained to the end on ImageNet-1K by "
        text += "their authors, whose accuracy they show: compare them where your images are those of ImageNet-1K."
    text += " Accuracy here is from the search split, which steered the search, so it is optimistic."
    return section("The front", remark(text), figure_html(front_figure(run), "front"))


_TABLE = (
    "accuracy", "accuracy_test", "latency_ms", "latency_measured_ms", "macs", "params", "peak_memory_bytes",
)  # fmt: skip
_HEAD = (
    "Network", "Accuracy, search split", "Accuracy, test split", "Latency, predicted (interval)",
    "Latency, measured median", "MACs", "Parameters", "Peak activation memory",
)  # fmt: skip


def _networks(run: Run) -> str:
    note = "The test split was used once, for these figures; it did not steer the search."
    rows = [[_network(entry), *(_cell(entry, name) for name in _TABLE)] for entry in run.front["entries"]]
    if not rows:
        return section("Networks of the front", remark("The front is empty: no evaluated network qualified."))
    noisy = any(entry.get("latency_noisy") for entry in run.front["entries"])
    if noisy:
        note += " “Noisy” marks a latency whose interquartile range stayed above 10 % of its median."
    return section("Networks of the front", remark(note), table(_HEAD, rows), *tie_section(run))


def _network(entry: Entry) -> str:
    link = f'<a href="#{_anchor(entry)}">{_text(entry["registry"])}</a>'
    return f'{link}<br><code class="dim">{_text(entry["digest"][:12])}</code>'


def _cell(entry: Entry, name: str) -> str:
    if name == "latency_ms":
        return escape(latency_text(entry))
    if name == "latency_measured_ms":
        return escape(_measured_text(entry))
    return escape(quantity(name).text(entry.get(name)))


def _measured_text(entry: Entry) -> str:
    """Write a measured latency; of each device where the entry has no latency as such."""
    devices = devices_of(entry, "latency_measured_ms")
    if "latency_ms" not in entry and devices:
        return "; ".join(f"{device}: {_measured_text(seen_from(device, entry))}" for device in devices)
    noisy = " (noisy)" if entry.get("latency_noisy") else ""
    return quantity("latency_measured_ms").text(entry.get("latency_measured_ms")) + noisy


def _diagrams(run: Run) -> str:
    entries = run.front["entries"]
    if not entries:
        return ""
    note = "Input on the left, a column per stage, a rectangle per block coloured by its operator."
    return section("Inside the networks", remark(note), *(_diagram(run, i) for i in range(len(entries))))


def _diagram(run: Run, index: int) -> str:
    entry = run.front["entries"][index]
    where = f"{run.path / 'front.json'}: entries[{index}].architecture"
    drawing = stage_diagram(Architecture.from_dict(entry["architecture"], source=where))
    accuracy, latency = quantity("accuracy").text(entry["accuracy"]), latency_text(entry)
    return (
        f'<details id="{_anchor(entry)}"{" open" if index == 0 else ""}><summary><strong>'
        f"{_text(entry['registry'])}</strong> <span>{escape(accuracy)} on the search split, "
        f"{escape(latency)} predicted</span></summary>{drawing}</details>"
    )


def _latency(run: Run) -> str:
    title = f"Predicted and measured latency{run.device and f' on {run.device}'}"
    if not any(known(entry, "latency_measured_ms") for entry in run.front["entries"]):
        text = "No network of the front was measured."
        return section(title, remark(text), _ladder(run), *_held_out(run))
    text = (
        "On the dashed line a prediction equals the measurement; bars are the prediction interval. "
        "Open circles are noisy measurements. " + _cross_validation(run) + " " + drift_text(_latency_info(run))
    )
    figure = figure_html(latency_figure(run), f"latency{run.device}")
    return section(title, remark(text), figure, _ladder(run), *_held_out(run))


def _held_out(run: Run) -> list[str]:
    """Return figures of the profile's networks, each predicted from a fit that had not seen it."""
    found = run.held_out
    if not found:
        return []
    share = percent(coverage(found, 0.9))
    text = (
        f"The {len(found)} networks of the profile, each predicted from two thirds of the profile that it is not in: "
        f"90 % intervals hold {share} of them. Errors that follow the kernel, the mixer or the size say what the "
        "predictor has not understood. Where the last curve runs below its dashed line, intervals are too narrow."
    )
    drawn = held_figures(found, replace(quantity("latency_ms"), label="Latency"), relative=True)
    head = "<h3>Networks that the predictor had not seen</h3>"
    return [head, remark(text), *(figure_html(figure, f"{name}{run.device}") for name, figure in drawn.items())]


def _ladder(run: Run) -> str:
    """Return the predictors from the floors to the noise of the device, cross-validated on the profile."""
    ladder = _latency_info(run).get("ladder") or {}
    if not ladder:
        return ""
    rows = []
    for name, figures in sorted(ladder.items(), key=lambda item: item[1]["tau"]):
        shares = (percent(figures[key]) if key in figures else "" for key in ("within_10", "mape"))
        rows.append([_text(name.replace("_", " ")), f"{figures['tau']:.3f}", *shares])
    return table(("Predictor of latency", "Kendall's tau", "Within 10 %", "Mean error"), rows)


def _progress(run: Run) -> str:
    text = (
        f"The hypervolume, in {_volume_unit(run)}, is the volume between the front and the reference point "
        f"({_reference(run)}). "
        "A curve that is still rising says that more evaluations may help."
    )
    if not _any_evaluated(run):
        return section("Progress of the search", remark("No network was evaluated."))
    return section("Progress of the search", remark(text), figure_html(hypervolume_figure(run), "hypervolume"))


def _training(run: Run) -> str:
    title, training = "Training of the supernet", run.training
    if training is None or training.empty:
        return section(title, remark("This run took a trained supernet; its curves are in the run that trained it."))
    text = (
        f"The loss of each kind of subnet (at the end {final_losses(training)} nats). Subnets that learn from the "
        "largest one have another loss than it: compare a curve with itself. A curve that is still falling says that "
        "more epochs may help."
    )
    figure = figure_html(loss_figure(training), "training")
    exposure = table(
        ("Choice", "Least trained", "Most trained"), [[_text(cell) for cell in row] for row in exposure_rows(training)]
    )
    return section(title, remark(text), figure, exposure)


def _ranking(run: Run) -> str:
    title = "Can the supernet's order be trusted?"
    ranking = run.ranking
    if ranking is None:
        command = f"nas rank-check {shlex.quote(str(run.path))}"
        text = "It was not checked. This command trains a sample of networks alone and compares the orders:"
        return section(title, remark(text), f"<pre>{_text(command)}</pre>")
    text = (
        f"{len(ranking['networks'])} networks were trained alone. Every dot is one of them; the bars are Kendall's tau "
        "with 95 % intervals: 1 is the same order, 0 no relation. A dimension's pairs differ in it alone."
    )
    words = "".join(f"<li>{_text(sentence)}</li>" for sentence in ranking["words"])
    scatter = figure_html(scatter_figure(ranking), "ranking")
    return section(title, remark(text), f"<ul>{words}</ul>", scatter, figure_html(bars_figure(ranking), "dimensions"))


def _origin(run: Run) -> str:
    config, data = run.config, run.config["data"]
    rows = [
        ("Seed", str(config["seed"])),
        ("Space", f"{config['space']}, digest {str(config.get('space_digest'))[:12]}"),
        ("Data", f"{_of(data, 'spec')}, digest {str(data.get('digest'))[:12]}"),
        ("Splits", _splits(data)),
        ("Search", f"{_of(config, 'algorithm')}, population {_of(config, 'population')}"),
        ("Constraints", ", ".join(map(str, config.get("constraints") or [])) or "none"),
        ("Latency measured with", _keys(run)),
        ("Latency predictor", _cross_validation(run)),
        ("Time", _flat({k: f"{significant(v)} s" for k, v in (run.front.get("seconds") or {}).items()})),
        ("Versions", _flat(config.get("versions"))),
    ]
    return section("How it was made", f"<pre>{_text(_command(config['command']))}</pre>", pairs(rows))


def _next_commands(run: Run) -> str:
    if not run.front["entries"]:
        text = "Relax a constraint or evaluate more networks, then search again."
        return section("Next", remark(text))
    ref = shlex.quote(str(_most_accurate(run)["registry"]))
    lines = [
        f"nas registry show {ref}",
        f"nas registry verify {ref}",
        f"nas export {ref} --onnx",
        f"nas export {ref} --torch",
    ]
    python = f"import nas\nnetwork = nas.load({str(_most_accurate(run)['registry'])!r})"
    return section("Next", f"<pre>{_text(chr(10).join(lines))}</pre>", f"<pre>{_text(python)}</pre>")


def _cross_validation(run: Run) -> str:
    scores = _latency_info(run).get("cross_validation") or {}
    if not {"mape", "within_10", "tau"} <= set(scores):
        return "not recorded"
    return (
        f"Cross-validated on the profiled networks: mean absolute error {percent(scores['mape'])}, "
        f"{percent(scores['within_10'])} of predictions within 10 % of the measurement, "
        f"Kendall's tau {scores['tau']:.2f}."
    )


def _by_device(run: Run) -> list[Run]:
    """Return the run as each device of a joint front sees it, else the run itself."""
    return [run] if run.device or not run.devices else [Run(run.path, device) for device in run.devices]


def _latency_info(run: Run) -> Mapping[str, Any]:
    return run.front.get("latency") or {}


def _keys(run: Run) -> str:
    """Write under what latency was measured."""
    return "; ".join(_flat(_latency_info(view).get("key")) for view in _by_device(run))


def _device(run: Run) -> str:
    key = _latency_info(run).get("key")
    if len(_by_device(run)) > 1:
        return " and ".join(run.devices)
    if not isinstance(key, Mapping):
        return str(key or "an unrecorded device")
    parts = [str(_of(key, "device"))]
    parts += [f"{name} {key[name]}" for name in ("batch", "threads") if name in key]
    return ", ".join(parts)


def _input_size(data: Mapping[str, Any]) -> str:
    if not {"channels", "resolution"} <= set(data):
        return "size not recorded"
    return size_text(data["resolution"], _layout(data), data["channels"]).replace(" x ", " × ")


def _layout(data: Mapping[str, Any]) -> Layout:
    return data.get("layout", "image")  # the first runs knew nothing else and did not record it


def _splits(data: Mapping[str, Any]) -> str:
    return (
        f"{_of(data, 'train')} {_layout(data)}s to train the supernet, {_of(data, 'validation')} in the search split "
        f"(validation), {_of(data, 'test')} in the test split"
    )


def _reference(run: Run) -> str:
    point = run.front["reference_point"]
    return ", ".join(f"{name.removesuffix('_ms')} {quantity(name).text(value)}" for name, value in point.items())


def _front_size(run: Run) -> int:
    """Networks that no other dominates; more than the entries when only some were kept."""
    return run.front.get("front_size", len(run.front["entries"]))


def _volume_note(run: Run) -> str:
    share = run.front.get("hypervolume_share")
    beside = f"{percent(share)} of the box up to the best of each objective alone; " if share else ""
    return f"{beside}reference point {_reference(run)}"


def _volume_unit(run: Run) -> str:
    return " × ".join(objective.unit or objective.name for objective in run.objectives)


def _any_evaluated(run: Run) -> bool:
    return any(record["status"] == "ok" for record in run.records)


def _most_accurate(run: Run) -> Entry:
    return max(run.front["entries"], key=lambda entry: entry["accuracy"])


def _command(command: Any) -> str:
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def _flat(value: Any) -> str:
    """Write a nested mapping on one line."""
    if isinstance(value, Mapping):
        parts = (f"{k} ({_flat(v)})" if isinstance(v, Mapping) else f"{k} {v}" for k, v in value.items())
        return ", ".join(parts) or "not recorded"
    return "not recorded" if value is None else str(value)


def _of(mapping: Mapping[str, Any], key: str) -> Any:
    value = mapping.get(key)
    return "not recorded" if value is None else value


def _anchor(entry: Entry) -> str:
    return f"network-{escape(str(entry['digest'])[:12])}"


def _text(value: Any) -> str:
    return escape(str(value))
