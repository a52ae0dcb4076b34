"""Objectives and constraints as users write them; the journal that survives kills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nas.search.journal import Journal, write_parquet
from nas.search.problem import parse_constraint, parse_problem
from nas.search.records import Evaluated
from search_spaces import InputError, SearchSpace
from tests.conftest import samples


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ("accuracy", "expected 2 or 3"),
        ("accuracy,latency_ms,macs,params", "expected 2 or 3"),
        ("accuracy,latncy_ms", "did you mean 'latency_ms'"),
        ("accuracy,accuracy", "twice"),
        ("", "unknown"),
    ],
)
def test_wrong_objectives(objectives: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_problem(objectives)


@pytest.mark.parametrize(
    "text",
    [
        "latency_ms",
        "latency_ms <= x",
        "latency_ms = 5",
        "macs <= -1",
        "accuracy >= 90",
        "__import__('os') < 1",
    ],
)
def test_wrong_constraints(text: str) -> None:
    with pytest.raises(InputError, match="constraint"):
        parse_constraint(text)


def test_constraints_are_read_and_judged() -> None:
    problem = parse_problem("accuracy,latency", ["macs < 20M", "latency <= 1.5"])
    assert problem.names == ("accuracy", "latency_ms")
    assert problem.feasible({"macs": 19e6, "latency_ms": 1.5})
    assert problem.violations({"macs": np.array([30e6, 1e6]), "latency_ms": np.array([3.0, 1.0])}) == pytest.approx(
        [1.5, 0.0]
    )
    with pytest.raises(InputError, match="exclude each other"):
        parse_problem("accuracy,macs", ["macs < 5M", "macs > 6M"])


def test_impossible_constraints_name_the_range() -> None:
    problem = parse_problem("accuracy,macs", ["macs <= 1M"])
    with pytest.raises(
        InputError, match=r"impossible.*macs goes from 2,000,000 to 9,000,000|impossible.*2e\+06 to 9e\+06"
    ):
        problem.check_reachable({"macs": (2_000_000, 9_000_000)})
    problem.check_reachable({"macs": (900_000, 9_000_000)})


def evaluated(space: SearchSpace, count: int) -> list[Evaluated]:
    return [
        Evaluated(i, a, "random", "ok", None, {"accuracy": 0.5, "macs": 10 + i}, 0.1)
        for i, a in enumerate(samples(space, count - 2))
    ]


def test_journal_round_trip_and_torn_line(tiny_space: SearchSpace, tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    wanted = evaluated(tiny_space, 6)
    with Journal(path, weights="w", data="d") as journal:
        for one in reversed(wanted):
            journal.append(one)
        write_parquet(journal, tmp_path / "e.parquet")
    content = path.read_bytes()
    path.write_bytes(content + b'{"index": 6, "dig')
    with Journal(path, weights="w", data="d") as journal:
        assert journal.evaluations == wanted
    assert path.read_bytes() == content


def test_journal_refuses_damage_and_other_weights(tiny_space: SearchSpace, tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    with Journal(path, weights="w", data="d") as journal:
        for one in evaluated(tiny_space, 3):
            journal.append(one)
    with pytest.raises(InputError, match=f"{path}:1: .*other weights"):
        Journal(path, weights="x", data="d")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].replace("0.5", "oops"), lines[2]]) + "\n")
    with pytest.raises(InputError, match=f"{path}:2"):
        Journal(path, weights="w", data="d")
    path.write_text("\n".join([lines[0], lines[0]]) + "\n")
    with pytest.raises(InputError, match="twice"):
        Journal(path, weights="w", data="d")
