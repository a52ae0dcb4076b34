"""The command as a user meets it: results, messages, exit codes, kills and resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.fronts import hypervolume
from nas.cli.main import run
from search_spaces import load_space
from supernet import checkpoint
from tests.conftest import TINY, TINY_SEARCH, FinishedRun

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray and the exporters warn about their own internals


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def front_of(path: Path) -> Any:
    """Return what of a front does not depend on the clock."""
    front = read(path / "front.json")
    keep = ("digest", "accuracy", "accuracy_test", "latency_ms", "macs", "params")
    return [{k: e[k] for k in keep} for e in front["entries"]], front["hypervolume_trace"]


def test_a_search_leaves_a_whole_run(tiny_run: FinishedRun) -> None:
    names = {path.name for path in tiny_run.path.iterdir()}
    assert names >= {"config.json", "space.yaml", "supernet.safetensors", "profile.json", "evaluations.jsonl",
                     "evaluations.parquet", "front.json", "report.html"}  # fmt: skip
    assert not [name for name in names if name.endswith(".tmp")]
    front, config = read(tiny_run.path / "front.json"), read(tiny_run.path / "config.json")
    lines = [json.loads(line) for line in (tiny_run.path / "evaluations.jsonl").read_text().splitlines()]
    assert len(lines) == 12 == len({line["digest"] for line in lines})
    assert front["hypervolume_trace"] == sorted(front["hypervolume_trace"])
    assert config["data"]["train"] + config["data"]["validation"] + config["data"]["test"] == 1797
    drift = front["latency"]["drift"]
    assert drift["factor"] > 0 and drift["drifted"] == (abs(drift["factor"] - 1) > 0.1)
    profiled = sorted(record["median_ms"] for record in read(tiny_run.path / "profile.json")["records"])
    assert sorted(held["true"] for held in front["latency"]["held_out"]) == profiled
    values = [tuple(line["metrics"][n] for n in ("accuracy", "latency_ms", "macs")) for line in lines]
    for entry in front["entries"]:
        acc, ms, macs = entry["accuracy"], entry["latency_ms"], entry["macs"]
        better = [v for v in values if v[0] >= acc and v[1] <= ms and v[2] <= macs and v != (acc, ms, macs)]
        assert not better, "a network of the front is dominated"
        assert entry["latency_measured_ms"] > 0
        assert all(entry["digest"] in other["tied_with"] for other in front["entries"]
                   if other["digest"] in entry["tied_with"])  # fmt: skip
        assert entry["latency_low_ms"] <= entry["latency_ms"] <= entry["latency_high_ms"]


def test_nested_subnets_stand_beside_the_front_and_count_for_nothing(tiny_run: FinishedRun) -> None:
    front = read(tiny_run.path / "front.json")
    free = front["search_free"]
    evaluated, extra = (
        [json.loads(line) for line in (tiny_run.path / name).read_text().splitlines()]
        for name in ("evaluations.jsonl", "nested.jsonl")
    )
    assert front["evaluations"] == len(front["hypervolume_trace"]) == len(evaluated) == 12
    assert extra and not {line["digest"] for line in extra} & {line["digest"] for line in evaluated}
    known = {line["digest"]: line["metrics"] for line in [*evaluated, *extra]}
    assert 4 <= len(free["networks"]) <= 8
    names = [objective["name"] for objective in front["objectives"]]
    for network in free["networks"]:
        assert {name: network[name] for name in names} == {name: known[network["digest"]][name] for name in names}
    assert [one["macs"] for one in free["networks"]] == sorted(one["macs"] for one in free["networks"])
    assert free["networks"][-1]["digest"] == load_space(str(TINY)).largest().digest
    values = [[one[name] for name in names] for one in free["networks"]]
    corner = [front["reference_point"][name] for name in names]
    directions = [objective["direction"] for objective in front["objectives"]]
    assert free["hypervolume"] == pytest.approx(hypervolume(values, directions, corner))


def test_registered_networks_have_the_recorded_test_accuracy(tiny_run: FinishedRun) -> None:
    import nas
    from supernet import accuracy
    from supernet.data import load_data

    data = load_data("digits")
    for entry in read(tiny_run.path / "front.json")["entries"]:
        network = nas.load(entry["registry"], tiny_run.registry)
        found = accuracy(network, data.test.images, data.test.labels, data.normalise)
        assert found == pytest.approx(entry["accuracy_test"])


def test_registered_networks_have_the_recorded_costs(tiny_run: FinishedRun) -> None:
    from nas.registry import Registry
    from predictors.costs import price_architecture
    from search_spaces import Architecture

    for entry in read(tiny_run.path / "front.json")["entries"]:
        costs = price_architecture(Architecture.from_dict(entry["architecture"]))["deploy"]
        figures = Registry(tiny_run.registry).get(entry["registry"]).figures()
        for name in ("macs", "params", "weight_bytes", "macs_per_weight_byte", "macs_per_activation_byte"):
            assert figures[name] == pytest.approx(getattr(costs, name)) and figures[name] > 0


def test_registry_and_export_commands(
    tiny_run: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(tiny_run.registry)
    assert run(["registry", "verify", "--all", "--registry", root]) == 0
    assert run(["registry", "list", "--json", "--registry", root]) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["entry"] for row in rows] == [e["registry"] for e in read(tiny_run.path / "front.json")["entries"]]
    assert run(["registry", "show", rows[0]["entry"], "--registry", root]) == 0
    assert "test split" in capsys.readouterr().out
    target = tmp_path / "net.onnx"
    assert run(["export", rows[0]["entry"], "--onnx", "--to", str(target), "--registry", root]) == 0
    assert target.stat().st_size > 1000
    assert run(["report", str(tiny_run.path)]) == 0


def test_spaces_and_price_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spaces", "list"]) == run(["spaces", "validate", "lk_convnet"]) == 0
    capsys.readouterr()
    assert run(["spaces", "show", str(TINY), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["architectures"] == load_space(str(TINY)).cardinality()
    assert run(["spaces", "sample", str(TINY), "--seed", "3"]) == 0
    file = tmp_path / "a.json"
    file.write_text(capsys.readouterr().out)
    assert run(["price", str(file), "--json"]) == 0
    priced = json.loads(capsys.readouterr().out)
    low, high = shown["ranges"]["macs"]
    assert low <= priced["deploy"]["macs"] <= high


def test_dry_run_touches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--out", str(tmp_path / "runs"), "--registry", str(tmp_path / "registry")]
    assert run([*TINY_SEARCH, *options, "--dry-run"]) == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert run([*TINY_SEARCH, *options, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ranges"]["macs"]
    assert list(tmp_path.iterdir()) == []


def test_the_plan_says_which_network_stands_for_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    space = load_space(str(TINY))
    (tmp_path / "own.json").write_text(json.dumps(space.smallest().to_dict()))
    (tmp_path / "other.json").write_text(json.dumps(replace(space.smallest(), classes=3).to_dict()))
    seeds = [word for name in ("own", "other") for word in ("--seed-network", str(tmp_path / f"{name}.json"))]
    assert run([*TINY_SEARCH, *seeds, "--dry-run"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("seed")]
    assert len(told) == 2 and told[0].endswith("own.json")
    assert "does not hold" in told[1] and space.smallest().digest[:12] in told[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--space", "lk_convnt"], "did you mean 'lk_convnet'"),
        (["--space", "tdnn"], "tdnn is for sequences, and the data are images"),
        (["--space", "lk_convnet", "--data", "digts"], "did you mean 'digits'"),
        (["--space", "lk_convnet", "--data", "cifar10", "--data-dir", "/nowhere"], "/nowhere"),
        (["--space", str(TINY), "--objectives", "accuracy,latncy"], "did you mean"),
        (["--space", str(TINY), "--constraint", "macs <= 1k"], "impossible: in this space macs goes from"),
        (["--space", str(TINY), "--constraint", "latency <= "], "such as 'latency_ms <= 5'"),
        (["--space", str(TINY), "--algorithm", "surrogat"], "did you mean 'surrogate'"),
        (["--space", str(TINY), "--evaluations", "0"], "--evaluations must be at least 1"),
        (["--space", str(TINY), "--batch-size", "5000"], "1257 training images"),
        (["--space", str(TINY), "--scale", "huge"], "scale"),
        (["--space", str(TINY), "--name", "../x"], "--name"),
        (["--space", str(TINY), "--resume"], "nothing to resume"),
        (["--space", str(TINY), "--out", "/proc/x"], "cannot create /proc/x"),
        (["--space", str(TINY), "--nonsense"], "nonsense"),
        (["--space", str(TINY), "--supernet", "/nowhere", "--profile", "PROFILE"], "no trained supernet"),
        (["--space", str(TINY), "--profile", "/nowhere.json"], "/nowhere.json"),
    ],
)
def test_wrong_input_is_told_once_and_leaves_nothing(
    arguments: list[str], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], tiny_run: FinishedRun
) -> None:
    given = [str(tiny_run.path / "profile.json") if a == "PROFILE" else a for a in arguments]
    out = [] if "--out" in given else ["--out", str(tmp_path / "runs")]
    assert run(["search", *given, *out, "--registry", str(tmp_path / "registry"), "--quiet"]) == 2
    printed = capfd.readouterr()
    assert printed.out == "" and words in printed.err.replace("\n", " ")
    assert "Traceback" not in printed.err
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == [] or "--supernet" in given


def test_an_impossible_latency_is_refused_with_the_range(
    tiny_run: FinishedRun, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--out", str(tmp_path / "runs"), "--profile", str(tiny_run.path / "profile.json")]
    assert run([*TINY_SEARCH, *options, "--constraint", "latency_ms <= 0.0001"]) == 2
    assert "impossible: in this space latency_ms goes from" in capfd.readouterr().err
    assert list((tmp_path / "runs").iterdir()) == []


def test_an_existing_run_is_not_overwritten_and_a_changed_one_not_resumed(
    tiny_run: FinishedRun, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (tiny_run.path / "front.json").read_bytes()
    options = ["--out", str(tiny_run.path.parent), "--registry", str(tiny_run.registry), "--name", "tiny"]
    assert run([*TINY_SEARCH, *options]) == 2
    assert "exists already: continue it with --resume" in capfd.readouterr().err
    assert run([*TINY_SEARCH, *options, "--resume", "--seed", "3"]) == 2
    assert "cannot resume, seed was 0 and is now 3" in capfd.readouterr().err
    assert (tiny_run.path / "front.json").read_bytes() == before


def test_damaged_run_files_are_told(tiny_run: FinishedRun, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import shutil

    folder = tmp_path / "tiny"
    shutil.copytree(tiny_run.path, folder)
    for file in folder.glob("supernet*.safetensors"):  # the newest, and the one before that would replace it
        file.write_bytes(file.read_bytes()[:-50])
    options = ["--out", str(tmp_path), "--registry", str(tmp_path / "registry"), "--name", "tiny", "--resume"]
    assert run([*TINY_SEARCH, *options]) == 2
    assert "corrupt checkpoint" in capfd.readouterr().err
    (folder / "front.json").write_text("{")
    assert run(["report", str(folder)]) == 2
    assert str(folder / "front.json") in capfd.readouterr().err


def killed(arguments: list[str], condition: Any) -> None:
    """Start the command, kill it with SIGKILL once ``condition`` holds, and wait for its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nas.cli.main", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 900  # a loaded machine is slow, not wrong
        while not condition() and time.monotonic() < deadline:
            assert process.poll() is None, "the command ended before it could be killed"
            time.sleep(0.02)
        assert condition(), "the phase to be killed in was not reached"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_in_any_phase_and_resumed_gives_the_same_front(tiny_run: FinishedRun, tmp_path: Path) -> None:
    """Latency comes from the recorded profile; everything else must come out equal."""
    options = ["--profile", str(tiny_run.path / "profile.json"), "--out", str(tmp_path / "runs"),
               "--registry", str(tmp_path / "registry"), "--name", "killed"]  # fmt: skip
    folder = tmp_path / "runs" / "killed"
    journal, front = folder / "evaluations.jsonl", folder / "front.json"

    def lines() -> int:
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    killed([*TINY_SEARCH, *options], lambda: (folder / "supernet.safetensors").exists())  # training
    assert not journal.exists()
    resumed = [*TINY_SEARCH, *options, "--resume"]
    killed(resumed, lambda: lines() >= 3)  # searching
    assert lines() < 12
    killed(resumed, lambda: (tmp_path / "registry").exists())  # registering
    assert not front.exists()
    unsearched = (folder / "nested.jsonl").read_bytes()
    assert run(resumed) == 0
    assert (folder / "nested.jsonl").read_bytes() == unsearched
    assert front_of(folder) == front_of(tiny_run.path)
    assert len(list((tmp_path / "registry").iterdir())) == len(read(front)["entries"])
    assert run(["registry", "verify", "--all", "--registry", str(tmp_path / "registry")]) == 0


def interrupted(arguments: list[str], checkpoint_path: Path, number: signal.Signals) -> tuple[int, str]:
    """Run the command, send the signal once the training has begun; return exit code and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nas.cli.main", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not checkpoint_path.exists() and time.monotonic() < deadline:
        assert process.poll() is None, "the command ended before it could be interrupted"
        time.sleep(0.02)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


@pytest.mark.parametrize(("command", "number"), [("train", signal.SIGINT), ("search", signal.SIGTERM)])
def test_a_signal_writes_a_checkpoint_and_exits_130(
    command: str, number: signal.Signals, tiny_run: FinishedRun, tmp_path: Path
) -> None:
    """The run of the fixture trains the same supernet, unbroken."""
    options = ["--out", str(tmp_path), "--name", "run"]
    arguments = ["train", "--space", str(TINY), "--epochs", "1", "--threads", "1", "--quiet", *options]
    if command == "search":
        profile = ["--profile", str(tiny_run.path / "profile.json"), "--registry", str(tmp_path / "registry")]
        arguments = [*TINY_SEARCH, *options, *profile]
    path = tmp_path / "run" / "supernet.safetensors"
    code, told = interrupted(arguments, path, number)
    assert (code, told) == (130, "error: interrupted. What was done is saved: run the same command with --resume to "
                                 "go on.\n")  # fmt: skip
    meta = checkpoint.load(path)[1]
    assert 0 < meta["step"] < meta["steps"]
    if command == "train":
        assert run([*arguments, "--resume"]) == 0
        expected = checkpoint.load(tiny_run.path / "supernet.safetensors")[0]
        found = checkpoint.load(path)[0]
        assert checkpoint.tensors_digest(found) == checkpoint.tensors_digest(expected)


def test_json_is_the_only_thing_on_stdout(tiny_run: FinishedRun, capfd: pytest.CaptureFixture[str]) -> None:
    """Resuming a finished run answers from its files."""
    options = ["--out", str(tiny_run.path.parent), "--registry", str(tiny_run.registry), "--name", "tiny"]
    assert run([*TINY_SEARCH, *options, "--resume", "--json"]) == 0
    printed = capfd.readouterr().out
    assert json.loads(printed)["entries"]
