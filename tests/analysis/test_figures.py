"""What the figures show: which points, on which axes, with which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis import Objective, Run, front_figure, hypervolume_figure, latency_figure
from analysis.figures import front_axes
from analysis.report import write_report
from search_spaces import InputError
from tests.analysis.synthetic import OBJECTIVES, make_run, write

MACS, PARAMS = Objective("macs", "min", "MACs"), Objective("params", "min", "")


def traces_in_order(figure: Any) -> list[Any]:
    """The traces of a figure, as anything: plotly's types do not say which kind they are."""
    return list(figure.data)


def traces(figure: Any) -> dict[str, Any]:
    """The named traces of a figure."""
    return {trace.name: trace for trace in figure.data if trace.name}


def test_front_figure_shows_every_ok_network_once_and_the_measured_ones_beside(run_folder: Path) -> None:
    run = Run(run_folder)
    shown = traces(front_figure(run))
    entries = run.front["entries"]
    assert list(shown["Pareto front"].x) == [entry["latency_ms"] for entry in entries]
    assert list(shown["Pareto front"].y) == [entry["accuracy"] for entry in entries]
    assert list(shown["same network, measured"].x) == [entry["latency_measured_ms"] for entry in entries]
    assert len(shown["evaluated"].x) == 26 - len(entries)


def test_hover_says_digest_splits_costs_and_mixers(run_folder: Path) -> None:
    run = Run(run_folder)
    text = traces(front_figure(run))["Pareto front"].hovertext[0]
    entry = run.front["entries"][0]
    for words in (
        entry["digest"][:12],
        "search split",
        "test split",
        " ms",
        "Multiply-accumulates",
        "Mixers: ",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("objectives", "axes"),
    [(OBJECTIVES, ("latency_ms", "accuracy")), ((*OBJECTIVES[::-1], MACS), ("latency_ms", "accuracy")),
     ((OBJECTIVES[0], MACS), ("macs", "accuracy")), ((MACS, PARAMS), ("params", "macs")),
     (OBJECTIVES[:1], ("macs", "accuracy"))],
)  # fmt: skip
def test_axes_follow_the_objectives(tmp_path: Path, objectives: tuple[Objective, ...], axes: tuple[str, str]) -> None:
    run = Run(make_run(tmp_path / "run", objectives=objectives))
    assert front_axes(run) == axes
    front = traces(front_figure(run))["Pareto front"]
    assert len(front.x) == len(run.front["entries"]) > 0
    assert (front.mode == "markers") == (len(objectives) == 3)


def test_hypervolume_figure_is_the_stored_trace(run_folder: Path) -> None:
    run = Run(run_folder)
    (line,) = traces_in_order(hypervolume_figure(run))
    assert list(line.y) == run.front["hypervolume_trace"] and list(line.x) == list(range(1, 31))


def test_hypervolume_figure_says_when_it_counts_only_feasible_networks(run_folder: Path) -> None:
    front = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))
    whole: Any = hypervolume_figure(Run(run_folder)).layout
    assert whole.xaxis.title.text == "Evaluated networks"
    write(run_folder / "front.json", {**front, "hypervolume_trace": front["hypervolume_trace"][:9]})
    part: Any = hypervolume_figure(Run(run_folder)).layout
    assert part.xaxis.title.text == "Evaluated networks that meet the constraints"


def test_latency_figure_marks_noise_and_draws_the_interval(run_folder: Path) -> None:
    run = Run(run_folder)
    points = traces_in_order(latency_figure(run))[1]
    entries = run.front["entries"]
    assert list(points.x) == [entry["latency_measured_ms"] for entry in entries]
    assert [symbol == "circle-open" for symbol in points.marker.symbol] == [e["latency_noisy"] for e in entries]
    highs = [y + gap for y, gap in zip(points.y, points.error_y.array, strict=True)]
    assert highs == pytest.approx([entry["latency_high_ms"] for entry in entries])


def test_figures_of_an_empty_front_say_so(tmp_path: Path) -> None:
    run = Run(make_run(tmp_path / "run", size=0))
    assert [note.text for note in front_figure(run).layout.annotations] == ["the front is empty"]
    assert [n.text for n in latency_figure(run).layout.annotations] == ["no network of the front was measured"]


def test_published_networks_of_the_space_stand_beside_the_front(run_folder: Path) -> None:
    assert "published" not in traces(front_figure(Run(run_folder)))
    path = run_folder / "front.json"
    front = json.loads(path.read_text(encoding="utf-8"))
    point = {"name": "<b>net</b>", "paper": "Some & others", "accuracy": 0.8, "latency_ms": 2.0, "macs": 10**9}
    write(path, {**front, "published": [point, {**point, "latency_ms": None}]})
    stars = traces(front_figure(Run(run_folder)))["published"]
    assert (list(stars.x), list(stars.y), list(stars.text)) == ([2.0], [0.8], ["&lt;b&gt;net&lt;/b&gt;"])
    (hover,) = stars.hovertext
    assert "Some &amp; others" in hover and "80" in hover and "<b>net" not in hover
    assert "compare them where your images are those of ImageNet-1K" in write_report(run_folder).read_text("utf-8")
    write(path, {**front, "published": [{"name": "net"}]})
    with pytest.raises(InputError, match=r"front\.json: published\[0\]: .*paper"):
        front_figure(Run(run_folder))


def test_hover_escapes_what_files_say(run_folder: Path) -> None:
    path = run_folder / "front.json"
    front = json.loads(path.read_text(encoding="utf-8"))
    front["entries"][0]["registry"] = "<b>evil</b>"
    write(path, front)
    for figure in (front_figure(Run(run_folder)), latency_figure(Run(run_folder))):
        text = "".join(str(trace.hovertext) for trace in traces_in_order(figure))
        assert "&lt;b&gt;evil" in text and "<b>evil" not in text
