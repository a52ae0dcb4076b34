"""The harness that benchmarks share: what it calls when, what it concludes, what it writes; on clocks made here."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness import Load, Ratio, Spread, Timing, add_output_options, compare, emit, markdown, ratio, watch
from benchmarks.harness import load as load_module
from benchmarks.harness import timing as timing_module


class Machine:
    """Calls that take as long as they say on clocks of their own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.process = self.wall = 0.0
        self.called: list[str] = []
        monkeypatch.setattr(timing_module.time, "process_time", lambda: self.process)
        monkeypatch.setattr(timing_module.time, "perf_counter", lambda: self.wall)

    def call(self, name: str, seconds: float):
        def run() -> None:
            self.called.append(name)
            self.process += seconds
            self.wall += 2 * seconds

        return run


def test_rounds_are_interleaved_and_each_begins_with_another_form(monkeypatch):
    machine = Machine(monkeypatch)
    calls = {name: machine.call(name, 0.01) for name in "abc"}
    compare(calls, rounds=3, warmup=1)
    assert "".join(machine.called[-9:]) == "abc" + "bca" + "cab"


def test_both_clocks_are_read(monkeypatch):
    machine = Machine(monkeypatch)
    found = compare({"a": machine.call("a", 0.02), "b": machine.call("b", 0.01)}, rounds=5)
    assert found["a"].process_ms.median == pytest.approx(20)
    assert found["a"].wall_ms.median == pytest.approx(40)
    assert ratio(found["a"], found["b"]).median == pytest.approx(2)
    columns = found["b"].columns("b", "wall")
    assert columns == pytest.approx({"b_ms": 20, "b_q1_ms": 20, "b_q3_ms": 20, "b_process_ms": 10})


def test_short_calls_are_repeated_within_a_sample(monkeypatch):
    machine = Machine(monkeypatch)
    found = compare({"short": machine.call("short", 0.0005)}, rounds=2, warmup=1)
    assert machine.called.count("short") == 2 + 2 * 5  # 5 calls of 1 ms make 5 ms
    assert found["short"].wall_ms.median == pytest.approx(1)


def test_a_device_is_waited_for_within_the_sample(monkeypatch):
    machine = Machine(monkeypatch)
    found = compare({"a": lambda: None}, rounds=2, finish=machine.call("finish", 0.01))
    assert found["a"].wall_ms.median == pytest.approx(20)


def test_ratios_are_taken_within_rounds():
    """A neighbour that slows some rounds tenfold changes no ratio."""
    slow = (1, 10, 1, 10, 1, 10, 1)
    one, other = (Timing(tuple(factor * s for s in slow), slow, Load()) for factor in (3, 2))
    found = ratio(one, other)
    assert (found.median, found.low, found.high) == pytest.approx((1.5, 1.5, 1.5))


def test_the_interval_holds_the_median_as_often_as_it_says():
    rng, one, held = np.random.default_rng(0), (1.0,) * 11, 0
    for _ in range(2000):
        found = ratio(Timing(tuple(np.exp(rng.normal(size=11))), one, Load()), Timing(one, one, Load()))
        held += found.low <= 1 <= found.high
    assert 0.95 <= held / 2000 < 0.995


@pytest.mark.parametrize(
    "low, high, goal, verdict",
    [
        (0.9, 1.0, {"at_most": 1.05}, "met"),
        (1.0, 1.1, {"at_most": 1.05}, "noisy"),
        (1.1, 1.2, {"at_most": 1.05}, "missed"),
        (3.5, 4.0, {"at_least": 3}, "met"),
        (2.0, 4.0, {"at_least": 3}, "noisy"),
        (2.0, 2.5, {"at_least": 3}, "missed"),
    ],
)
def test_a_goal_inside_the_interval_is_not_concluded_on(low, high, goal, verdict):
    assert Ratio((low + high) / 2, low, high).verdict(**goal) == verdict
    assert Spread((low + high) / 2, low, high).verdict(**goal) == verdict


def test_wide_quartiles_are_noisy():
    assert Spread.of([1, 2, 3, 4]).noisy
    assert not Spread.of([1.00, 1.01, 1.02, 1.03]).noisy


def test_the_load_of_others_is_what_this_process_has_not_used(monkeypatch):
    busy, own, wall = iter([100.0, 112.0]), iter([1.0, 5.0]), iter([0.0, 10.0])
    monkeypatch.setattr(load_module, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(load_module, "_own_seconds", lambda: next(own))
    monkeypatch.setattr(load_module.time, "perf_counter", lambda: next(wall))
    with watch() as load:
        pass
    assert (load.own, load.others, load.busy) == (pytest.approx(0.4), pytest.approx(0.8), True)


def test_a_system_that_does_not_count_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(load_module, "_STAT", tmp_path / "absent")
    with watch() as load:
        pass
    assert load.others is None
    assert load.columns()["other_cores"] is None
    assert not load.busy


ROWS = [{"kernel": 7, "ratio": 3.14159, "verdict": "met"}, {"kernel": 31, "ratio": 0.01234, "load": None}]


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_output_options(parser)
    return parser.parse_args(arguments)


def test_json_rows_go_to_stdout_and_the_table_to_stderr(capsys):
    emit("example", ROWS, _options("--json"))
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == ROWS
    assert printed.err == markdown(ROWS) + "\n"


def test_out_gets_both_as_files(tmp_path: Path, capsys):
    emit("example", ROWS, _options("--out", str(tmp_path / "new")))
    assert capsys.readouterr().out == markdown(ROWS) + "\n"
    assert [json.loads(line) for line in (tmp_path / "new" / "example.jsonl").read_text().splitlines()] == ROWS
    assert (tmp_path / "new" / "example.md").read_text() == markdown(ROWS) + "\n"


def test_the_table_has_three_figures_and_every_column():
    assert markdown(ROWS).splitlines() == [
        "| kernel | ratio | verdict | load |",
        "| --- | --- | --- | --- |",
        "| 7 | 3.14 | met |  |",
        "| 31 | 0.0123 |  |  |",
    ]
    assert markdown([{"a": 12345.6, "b": 0.0}], ["a"]).splitlines()[-1] == "| 12346 |"


def test_no_row_holds_what_json_can_not(capsys):
    with pytest.raises(ValueError, match="JSON"):
        emit("example", [{"a": float("nan")}], _options("--json"))
    assert capsys.readouterr().out == ""
