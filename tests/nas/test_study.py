"""A run as an Optuna study: the same trials, parameters, values, failures and front."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from analysis.fronts import non_dominated
from nas.cli.main import run
from search_spaces import Architecture, load_space
from tests.conftest import TINY, FinishedRun


def loaded(file: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=JournalStorage(JournalFileBackend(str(file))))


def test_the_best_trials_are_the_front(tiny_run: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "study.log"
    assert run(["study", str(tiny_run.path), "--out", str(file)]) == 0
    assert "study tiny, 12 trials" in capsys.readouterr().out
    lines = [json.loads(line) for line in (tiny_run.path / "evaluations.jsonl").read_text().splitlines()]
    lines.sort(key=lambda line: line["index"])
    study = loaded(file, "tiny")
    names, signs = ("accuracy", "latency_ms", "macs"), ("max", "min", "min")
    assert study.metric_names == list(names)
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    values = [[line["metrics"][name] for name in names] for line in lines]
    assert [trial.values for trial in study.trials] == values
    front = {line["digest"] for line, keep in zip(lines, non_dominated(values, signs), strict=True) if keep}
    assert {trial.user_attrs["digest"] for trial in study.best_trials} == front
    space = load_space(str(TINY))
    for trial, line in zip(study.trials, lines, strict=True):
        point = Architecture.from_dict(line["architecture"])
        exist = {d.name: d.value(point) for d in space.dimensions if d.value(point) is not None}
        assert trial.params == exist


def test_failures_and_constraints(tiny_run: FinishedRun, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_run.path, folder)
    lines = [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    lines[0] |= {"status": "failed", "error": "boom"}
    del lines[0]["metrics"]["accuracy"]
    (folder / "evaluations.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    config = json.loads((folder / "config.json").read_text())
    bound = sorted(line["metrics"]["macs"] for line in lines)[5]
    (folder / "config.json").write_text(json.dumps({**config, "constraints": [f"macs <= {bound}"]}))
    (folder / "front.json").unlink()  # as if the search were going on
    assert run(["study", str(folder)]) == 0
    study = loaded(folder / "study.log", "tiny")
    failed = [trial for trial in study.trials if trial.state == TrialState.FAIL]
    assert [trial.user_attrs["error"] for trial in failed] == ["boom"]
    assert failed[0].params and failed[0].user_attrs["digest"] == lines[0]["digest"]
    assert study.best_trials and all(trial.values[2] <= bound for trial in study.best_trials)


def test_a_folder_without_evaluations_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", str(tmp_path)]) == 2
    assert "config.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
