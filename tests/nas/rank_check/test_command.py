"""`nas rank-check` as a user meets it: figures, words, kills, what it takes from earlier work, wrong input."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nas.cli.main import run
from nas.rank_check.ground_truth import TrainedAlone, read_ground_truth, write_ground_truth
from search_spaces import SearchSpace, load_space, stratified
from supernet import Supernet
from tests.analysis.synthetic import make_run
from tests.conftest import TINY

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals

SPACE = TINY.parent / "kernel_width.yaml"
FEW = ["--networks", "8", "--twice", "2", "--epochs", "1", "--batch-size", "256", "--workers", "1", "--quiet"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a trained supernet."""
    out = tmp_path_factory.mktemp("rank") / "runs"
    options = ["--epochs", "1", "--batch-size", "256", "--threads", "1", "--name", "small", "--quiet"]
    assert run(["train", "--space", str(SPACE), "--out", str(out), *options]) == 0
    return out / "small"


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return load_space(str(SPACE))


@pytest.fixture
def truth(space: SearchSpace, tmp_path: Path) -> Path:
    """A ground truth of arithmetic: wider is better."""
    drawn = stratified(space, 12, 0, lambda a: float(sum(stage.width for stage in a.stages)))
    networks = [
        TrainedAlone(one, tuple(0.01 * sum(s.width for s in one.architecture.stages) for _ in range(1 + i % 2)))
        for i, one in enumerate(drawn)
    ]
    write_ground_truth(tmp_path / "truth.csv", networks)
    return tmp_path / "truth.csv"


def finished(cache: Path) -> dict[Path, int]:
    """Return the files of finished trainings with the moment at which each was written."""
    return {path: path.stat().st_mtime_ns for path in cache.glob("[!.]*.json")}


def kill_after(count: int, arguments: list[str], cache: Path) -> None:
    """Start the command and kill it with SIGKILL once so many trainings are kept."""
    process = subprocess.Popen([sys.executable, "-m", "nas.cli.main", *arguments], start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while len(finished(cache)) < count and time.monotonic() < deadline:
            assert process.poll() is None, "the command ended before it could be killed"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_no_network_is_trained_twice_though_the_driver_is_killed(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    command = ["rank-check", str(trained), *FEW, "--cache", str(cache), "--json"]
    kill_after(2, command, cache)
    before = finished(cache)
    assert 2 <= len(before) < 10 and not (trained / "ranking.json").exists()
    capfd.readouterr()
    assert run(command) == 0
    after = finished(cache)
    assert len(after) == 10 and before.items() <= after.items()
    result = json.loads(capfd.readouterr().out)
    check_result(result)
    monkeypatch.setattr("nas.rank_check.tasks.ray_cluster", None)  # nothing is left to train
    assert run(command) == 0
    assert json.loads(capfd.readouterr().out) == result == json.loads((trained / "ranking.json").read_text())
    assert finished(cache) == after


def check_result(result: dict[str, Any]) -> None:
    networks = result["networks"]
    assert len({network["digest"] for network in networks}) == 8
    assert sorted(len(network["alone"]) for network in networks) == [1] * 6 + [2] * 2
    assert {network["group"] for network in networks} == {"sample", "kernel-0", "width-0"}
    assert result["overall"]["pairs"] == 28 and result["overall"]["ceiling_pairs"] == 1
    assert set(result["dimensions"]) == {"kernel", "width"} and len(result["words"]) == 4
    assert result["recipe"]["training"]["epochs"] == 1


def test_a_ground_truth_takes_the_place_of_training(
    trained: Path, truth: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nas.rank_check.tasks.ray_cluster", None)
    assert run(["rank-check", str(trained), "--standalone", str(truth)]) == 0
    out = capfd.readouterr().out
    for words in ("Kendall's tau", "equal macs", "two seeds", "Spearman", "regret@5", "all networks: ", "width: "):
        assert words in out
    result = json.loads((trained / "ranking.json").read_text())
    assert result["standalone"] == str(truth)
    assert result["dimensions"]["width"]["tau"]["macs"]["value"] == 1.0


def test_a_finished_search_says_that_it_was_checked(trained: Path, truth: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "small")
    searched = make_run(tmp_path / "searched")
    for name in ("front.json", "evaluations.jsonl"):
        shutil.copy(searched / name, folder)
    entries = json.loads((folder / "front.json").read_text())["entries"]
    assert run(["rank-check", str(folder), "--standalone", str(truth), "--quiet"]) == 0
    front, ranking = (json.loads((folder / name).read_text()) for name in ("front.json", "ranking.json"))
    assert front["rank_check"] == {"tau": ranking["overall"]["tau"]["inherited"], "words": ranking["words"]}
    assert front["entries"] == entries
    assert "figure-dimensions" in (folder / "report.html").read_text()


def test_a_ground_truth_is_read_as_it_was_written(truth: Path, space: SearchSpace, tmp_path: Path) -> None:
    found = read_ground_truth(truth, space)
    assert [len(one.accuracies) for one in found] == [1, 2] * (len(found) // 2)
    again = tmp_path / "again.csv"
    write_ground_truth(again, found)
    assert again.read_bytes() == truth.read_bytes()
    file = tmp_path / "one.json"
    file.write_text(found[0].drawn.architecture.to_json())
    edit(truth, 1, architecture="one.json")
    assert read_ground_truth(truth, space) == found


def edit(path: Path, line: int, **values: str) -> None:
    """Change the cells of one row (0 is the header: cells are renamed)."""
    rows = list(csv.reader(path.read_text().splitlines()))
    for column, value in values.items():
        rows[line][rows[0].index(column)] = value
    with path.open("w") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    ("line", "values", "words"),
    [
        (0, {"accuracy_0": "acuracy"}, "column 'accuracy_0' is missing"),
        (0, {"group": "groups"}, "column 'group' is missing (did you mean 'groups'?)"),
        (1, {"digest": "0" * 64}, "truth.csv:2: digest '000000000000' is not that of the architecture"),
        (2, {"accuracy_0": "93.1"}, "truth.csv:3: accuracy_0: expected a fraction from 0 to 1, found '93.1'"),
        (1, {"accuracy_0": ""}, "truth.csv:2: no accuracy"),
        (1, {"architecture": "{"}, "truth.csv:2: architecture: not valid JSON"),
        (1, {"architecture": "nowhere.json"}, "nowhere.json"),
    ],
)
def test_a_wrong_ground_truth_is_told(
    line: int, values: dict[str, str], words: str, trained: Path, truth: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edit(truth, line, **values)
    assert run(["rank-check", str(trained), "--standalone", str(truth), "--quiet"]) == 2
    printed = capfd.readouterr()
    assert printed.out == "" and words in printed.err


def test_networks_of_another_space_are_told(trained: Path, tmp_path: Path, tiny_space: SearchSpace,
                                            capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    drawn = stratified(tiny_space, 24, 0, lambda a: float(len(a.stages)))
    write_ground_truth(tmp_path / "other.csv", [TrainedAlone(one, (0.5,)) for one in drawn])
    assert run(["rank-check", str(trained), "--standalone", str(tmp_path / "other.csv"), "--quiet"]) == 2
    assert "is not in the space kernel_width of this run" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--networks", "6"], "6 networks are too few for the 2 dimensions of kernel_width (kernel, width)"),
        (["--twice", "-1"], "--twice must lie between 0 and --networks"),
        (["--workers", "-2"], "--workers must be at least 1"),
        (["--batch-size", "9999"], "--batch-size 9999 is more than the 1257 training images"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--standalone", "/nowhere.csv"], "/nowhere.csv"),
    ],
)
def test_wrong_options_are_told(
    arguments: list[str], words: str, trained: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["rank-check", str(trained), "--quiet", *arguments]) == 2
    assert words in capfd.readouterr().err


def test_runs_that_can_not_be_checked_are_told(
    trained: Path, space: SearchSpace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from supernet.data import load_data
    from supernet.training import TrainConfig, Trainer

    def refused(folder: Path, words: str) -> None:
        assert run(["rank-check", str(folder), "--quiet"]) == 2
        assert words in capfd.readouterr().err

    refused(tmp_path / "nowhere", "is not a run folder")
    folder = tmp_path / "copy"
    shutil.copytree(trained, folder)
    Trainer(Supernet(space), load_data("digits"), TrainConfig(epochs=1)).save(folder / "supernet.safetensors")
    refused(folder, "unfinished training (0 of 19 steps)")
    (folder / "supernet.safetensors").unlink()
    refused(folder, "no trained supernet")
    shutil.copy(trained / "supernet.safetensors", folder)
    config = json.loads((folder / "config.json").read_text())
    for changed, words in (({"space_digest": "0" * 64}, "is not the one"),
                           ({"data": {**config["data"], "digest": "0" * 64}}, "are not those")):  # fmt: skip
        (folder / "config.json").write_text(json.dumps({**config, **changed}))
        refused(folder, words)
