"""Run folders: what is read, and what is said when a file is missing, torn or broken."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from analysis import Run, hypervolume, newest_run, non_dominated
from analysis.run import read_records
from search_spaces import Architecture, InputError
from tests.analysis.synthetic import make_run, write


def test_evaluations_are_one_row_a_line_with_the_architecture_in_columns(run_folder: Path) -> None:
    run = Run(run_folder)
    table = run.evaluations
    assert len(table) == len(set(table["digest"])) == 30
    for row, record in zip(table.to_dict("records"), run.records, strict=True):
        stages = record["architecture"]["stages"]
        assert row["depth"] == sum(len(stage["blocks"]) for stage in stages)
        assert [row[f"width_{i}"] for i in range(3)] == [stage["width"] for stage in stages]
        assert sum(row[name] for name in table.columns if name.startswith("mixer_")) == row["depth"]
        assert Architecture.from_dict(json.loads(row["architecture"])).digest == row["digest"]


def test_failed_evaluations_have_no_figures(run_folder: Path) -> None:
    table = Run(run_folder).evaluations
    failed = [row["accuracy"] for row in table.to_dict("records") if row["status"] == "failed"]
    assert len(failed) == 4 and np.isnan(failed).all()
    assert len(table["accuracy"].dropna()) == 26


def test_evaluations_survive_parquet(run_folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    table = Run(run_folder).evaluations
    table.to_parquet(tmp_path / "evaluations.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "evaluations.parquet"), table)


def test_front_table_is_the_front_of_the_evaluations(run_folder: Path) -> None:
    run = Run(run_folder)
    names, directions = [o.name for o in run.objectives], [o.direction for o in run.objectives]
    best = run.evaluations[non_dominated(run.evaluations[names].to_numpy(), directions)]
    assert set(run.front_table["digest"]) == set(best["digest"])
    assert run.front_table["latency_ms"].is_monotonic_increasing
    reference = [run.front["reference_point"][name] for name in names]
    volume = hypervolume(run.front_table[names].to_numpy(), directions, reference)
    assert volume == pytest.approx(run.front["hypervolume"])
    assert np.isclose(run.front["hypervolume_trace"][-1], volume)


def test_an_empty_run_has_empty_tables(tmp_path: Path) -> None:
    run = Run(make_run(tmp_path / "empty", count=0))
    assert len(run.evaluations) == 0 and len(run.front_table) == 0
    assert {"digest", "accuracy", "latency_ms"} <= set(run.evaluations.columns)


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_torn_last_line_is_dropped(run_folder: Path, cut: int) -> None:
    path = run_folder / "evaluations.jsonl"
    path.write_bytes(path.read_bytes()[: -1 - cut])
    assert [record["index"] for record in read_records(path)] == list(range(29))


def test_a_last_line_without_its_line_end_counts_when_it_is_whole(run_folder: Path) -> None:
    path = run_folder / "evaluations.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert len(read_records(path)) == 30


@pytest.mark.parametrize(
    ("line", "problem"),
    [("{broken", "Expecting property name"), ("[1]", "expected an object, found list"),
     ("", "Expecting value"), ('{"index": 3}', "missing key 'digest'"), ('"\\xff', "Invalid")],
)  # fmt: skip
def test_other_damage_names_file_and_line(run_folder: Path, line: str, problem: str) -> None:
    path = run_folder / "evaluations.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"evaluations\.jsonl:3: not an evaluation: .*{problem}"):
        read_records(path)


def test_a_record_with_a_damaged_architecture_names_its_line(run_folder: Path) -> None:
    path = run_folder / "evaluations.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[4] = json.dumps({**json.loads(lines[4]), "architecture": {"stages": [{"width": 3}]}})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"evaluations\.jsonl:5: architecture: .*blocks"):
        _ = Run(run_folder).evaluations


def test_missing_files_are_named(run_folder: Path) -> None:
    with pytest.raises(InputError, match="nowhere is not a run folder"):
        Run(run_folder / "nowhere")
    (run_folder / "front.json").unlink()
    with pytest.raises(InputError, match=r"front\.json is missing: the search has not ended.*--resume"):
        _ = Run(run_folder).front
    (run_folder / "evaluations.jsonl").unlink()
    with pytest.raises(InputError, match=r"cannot read .*evaluations\.jsonl: No such file"):
        _ = Run(run_folder).records


@pytest.mark.parametrize(
    ("name", "key", "value", "problem"),
    [("config.json", "schema_version", 2, r"reads 1, found 2"),
     ("config.json", "seed", None, "missing key 'seed'"),
     ("config.json", "objectives", [{"name": "x"}], "expected name, direction and unit"),
     ("front.json", "entries", None, "missing key 'entries'"),
     ("front.json", "entries", [{"digest": "a"}], r"entries\[0\]: missing key 'registry'")],
)  # fmt: skip
def test_broken_json_names_file_and_key(run_folder: Path, name: str, key: str, value: object, problem: str) -> None:
    path = run_folder / name
    content = json.loads(path.read_text(encoding="utf-8"))
    content.pop(key)
    write(path, content if value is None else {**content, key: value})
    run = Run(run_folder)
    with pytest.raises(InputError, match=rf"{name}.*{problem}"):
        _ = run.objectives, run.front


def test_newest_run_is_the_one_that_finished_last(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run in"):
        newest_run(tmp_path)
    old, new = make_run(tmp_path / "b", count=2), make_run(tmp_path / "a", count=2)
    os.utime(old / "front.json", (1, 1))
    assert newest_run(tmp_path) == new
