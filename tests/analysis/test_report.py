"""report.html: self-contained, safe, complete, and the same for the same run."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis import Run, write_report
from analysis.training import loss_figure
from predictors.rank_report import RankedNetwork, rank_report
from search_spaces import InputError
from tests.analysis.synthetic import make_run, make_training, write

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Tags(HTMLParser):
    """Collects tags with attributes, checks nesting, and keeps the visible text."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.style = ""
        self.scripts = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "style":
            self.style += data
        elif inside == "script":
            self.scripts += data
        else:
            self.text += data


def report(folder: Path) -> Tags:
    """Write and parse the report of a run folder."""
    return Tags(write_report(folder).read_text(encoding="utf-8"))


def edit(path: Path, **values: Any) -> None:
    """Replace top-level values of a JSON file."""
    write(path, {**json.loads(path.read_text(encoding="utf-8")), **values})


def test_nothing_is_fetched(run_folder: Path) -> None:
    page = report(run_folder)
    names = {tag for tag, _ in page.found}
    assert not names & {"link", "img", "iframe", "base", "object", "embed"}
    for _, attributes in page.found:
        assert "src" not in attributes and "srcset" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert "@import" not in page.style and "url(" not in page.style
    assert page.scripts.count("* plotly.js v") == 1
    html = (run_folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'<script[^>]*\ssrc=|<link|src="http|@import', html)
    policy = next(a["content"] for t, a in page.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'") and "http" not in policy


def test_report_has_every_network_figure_and_how_it_was_made(run_folder: Path) -> None:
    page, run = report(run_folder), Run(run_folder)
    ids = [attributes.get("id") for _, attributes in page.found]
    links = [attributes["href"] for _, attributes in page.found if "href" in attributes]
    for entry in run.front["entries"]:
        anchor = f"network-{entry['digest'][:12]}"
        assert ids.count(anchor) == 1 and f"#{anchor}" in links
        assert entry["registry"] in page.text
    assert {"figure-front", "figure-latency", "figure-hypervolume", "figure-settings"} <= set(ids)
    assert "Why the winners win" in page.text
    for words in ("nas search --data digits --seed 0", "torch 2.13.0", "1200 images to train", "search split",
                  "test split", "Intel Xeon, 2 cores", "mean absolute error 6.2 %", "(noisy)",
                  "4 failed", "reference point accuracy 10.0 %, latency 4.00 ms",
                  "nas registry show digits/"):  # fmt: skip
        assert words in page.text
    assert not page.open


def rank_checked(folder: Path) -> None:
    """Add the result of a rank check whose kernels are ordered rightly; a group is not to be trusted as HTML."""
    networks = [
        RankedNetwork(f"digest{i}", group, dict.fromkeys(("macs", "params", "activations"), 1.0 + i), i / 20, (i / 20,))
        for i, group in enumerate([*["sample"] * 6, *["kernel-0"] * 5, *["<script>-0"] * 2])
    ]
    document = {"schema_version": 1, **rank_report(networks, resamples=50).to_dict()}
    write(folder / "ranking.json", {**document, "networks": [vars(network) for network in networks]})


def test_a_rank_check_is_drawn_and_said_and_its_lack_too(run_folder: Path) -> None:
    assert "It was not checked" in (page := report(run_folder)).text and f"nas rank-check {run_folder}" in page.text
    rank_checked(run_folder)
    page = report(run_folder)
    ids = [attributes.get("id") for _, attributes in page.found]
    assert {"figure-ranking", "figure-dimensions"} <= set(ids) and page.scripts.count("* plotly.js v") == 1
    assert "kernel: may be trusted: tau 1.00" in page.text and "13 networks were trained alone" in page.text
    assert "It was not checked" not in page.text and "<script>: do not trust it" in page.text
    (run_folder / "ranking.json").write_text("{}")
    with pytest.raises(InputError, match="ranking.json: missing key 'overall'"):
        write_report(run_folder)


def test_training_shows_losses_and_the_least_trained_choices(run_folder: Path) -> None:
    page = report(run_folder)
    assert "figure-training" in {attributes.get("id") for _, attributes in page.found}
    assert "kernel=7 in stage2: 400" in page.text and "kernel=3 in stage1: 1.20 k" in page.text
    training = make_training(400)
    curves: dict[str, Any] = {trace["name"]: trace["y"] for trace in loss_figure(training).to_dict()["data"]}
    assert len(curves["largest"]) == 200
    # Two rows a point; the role that trained in one of them shows that one.
    assert curves["largest"][0] == pytest.approx(training["loss/largest"].to_numpy()[:2].mean())
    assert curves["random"][0] == pytest.approx(training["loss/random"].to_numpy()[0])
    (run_folder / "training.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(InputError, match="training.parquet can not be read"):
        write_report(run_folder)
    (run_folder / "training.parquet").unlink()
    assert "took a trained supernet" in report(run_folder).text


def test_equal_runs_give_equal_bytes(run_folder: Path) -> None:
    first = write_report(run_folder).read_bytes()
    assert write_report(run_folder).read_bytes() == first


@pytest.mark.parametrize(("options", "networks"), [({"size": 0}, 0), ({"count": 0}, 0), ({"size": 1}, 1)])
def test_empty_and_one_network_fronts(tmp_path: Path, options: dict[str, Any], networks: int) -> None:
    page = report(make_run(tmp_path / "run", **options))
    assert sum(tag == "details" for tag, _ in page.found) == networks
    assert ("The front is empty" in page.text) == (networks == 0)


def test_a_search_in_which_everything_failed_has_no_figures_of_networks(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", size=0)
    lines = (folder / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    failed = [json.dumps({**json.loads(line), "status": "failed", "metrics": {}}) for line in lines]
    (folder / "evaluations.jsonl").write_text("\n".join(failed) + "\n", encoding="utf-8")
    page = report(folder)
    drawn = {
        attributes.get("id") for tag, attributes in page.found if "plotly-graph-div" in (attributes.get("class") or "")
    }
    assert drawn == {"figure-training"} and "No network was evaluated" in page.text and "30 failed" in page.text


def test_everything_from_files_is_escaped(run_folder: Path) -> None:
    evil = '</script><script>alert(1)</script><img src="http://x">&amp;'
    config = json.loads((run_folder / "config.json").read_text(encoding="utf-8"))
    edit(run_folder / "config.json", name=evil, command=evil, space=evil, scale=evil, algorithm=evil,
         constraints=[evil], versions={evil: evil},
         data={**config["data"], "name": evil, "spec": evil})  # fmt: skip
    front = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))
    entries = [{**entry, "registry": evil} for entry in front["entries"]]
    edit(run_folder / "front.json", entries=entries, seconds={evil: 1.0}, latency={"key": {"device": evil}})
    lines = (run_folder / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    lines = [json.dumps({**json.loads(line), "digest": evil, "error": evil}) for line in lines]
    (run_folder / "evaluations.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    page = report(run_folder)
    assert not any(tag == "img" for tag, _ in page.found)
    assert evil in page.text and "<script>alert" not in page.scripts
    assert '<img src="http' not in (run_folder / "report.html").read_text(encoding="utf-8")


def test_missing_optional_figures_read_not_recorded(run_folder: Path) -> None:
    front = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))
    keys = ("digest", "registry", "architecture", "accuracy", "latency_ms")
    entries = [{key: entry[key] for key in keys} for entry in front["entries"]]
    edit(run_folder / "front.json", entries=entries, latency=None, seconds=None)
    text = report(run_folder).text
    assert "not recorded" in text and "No network of the front was measured." in text


def test_a_thinned_front_says_how_many_were_kept(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", size=3)
    edit(folder / "front.json", front_size=9, hypervolume_share=0.8125)
    text = report(folder).text
    for words in ("3 tested, measured and registered", "the others are grey", "81.2 % of the box"):
        assert words in text


def test_what_needs_no_search_stands_beside_the_front(run_folder: Path) -> None:
    front = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))
    best = front["entries"][0]
    worse = {**best, "digest": "0" * 64, "accuracy": best["accuracy"] - 0.1}
    edit(run_folder / "front.json",
         search_free={"hypervolume": front["hypervolume"] / 2, "networks": [worse, best]})  # fmt: skip
    page = report(run_folder)
    assert "Triangles are 2 nested subnets" in page.text and "Of them 1 are dominated" in page.text
    assert "found is 2.00 times theirs" in page.text and '"nested, without a search"' in page.scripts
    edit(run_folder / "front.json", search_free={"hypervolume": 0.0, "networks": []})
    assert "Triangles" not in report(run_folder).text  # none of them met the constraints
    edit(run_folder / "front.json", search_free={"hypervolume": 0.0, "networks": [{"digest": "0" * 64}]})
    with pytest.raises(InputError, match=r"search_free\.networks\[0\]: missing key 'accuracy'"):
        write_report(run_folder)


def test_ties_are_named(run_folder: Path) -> None:
    assert "Clearly ahead, or tied" not in report(run_folder).text  # the first runs did not record them
    entries = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))["entries"]
    first, second = entries[0]["digest"], entries[1]["digest"]
    ties = [[second], [first], *([[]] * (len(entries) - 2))]
    edit(run_folder / "front.json", entries=[{**one, "tied_with": tie} for one, tie in zip(entries, ties, strict=True)])
    text = report(run_folder).text
    for words in ("digits/1tied with digits/2", "digits/2tied with digits/1", "digits/3clearly ahead"):
        assert words in text


def test_a_broken_architecture_is_named_and_no_report_is_left(run_folder: Path) -> None:
    front = json.loads((run_folder / "front.json").read_text(encoding="utf-8"))
    front["entries"][1]["architecture"]["head"] = {"op": "tail"}
    write(run_folder / "front.json", front)
    with pytest.raises(InputError, match=r"front\.json: entries\[1\]\.architecture: head: unknown head operator"):
        write_report(run_folder)
    assert not (run_folder / "report.html").exists()
