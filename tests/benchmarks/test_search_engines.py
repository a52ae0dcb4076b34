"""The comparison of search engines, on a table of 27 networks whose front is known by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.fronts import Objective
from benchmarks.engines import ENGINES, Question, Task, missing
from benchmarks.engines.ours import Prices
from benchmarks.engines.pool import conditions, table_question
from benchmarks.engines.synthetic import error_and_cost, synthetic_question
from benchmarks.search_engines import main, read_objectives
from benchmarks.tables import Table
from nas.search.searchers import SEARCHERS
from predictors.regressors import Encoded
from search_spaces.errors import InputError

GENES = np.array(list(product(range(3), repeat=3)))
TOY = pd.DataFrame({"acc": GENES.sum(axis=1) / 6, "energy_mj": (GENES**2).sum(axis=1) / 100})
ACC, ENERGY = Objective("acc", "max"), Objective("energy_mj", "min")
KEYS = {"table", "objectives", "algorithm", "evaluations", "hypervolume_share_median", "hypervolume_share_q1",
        "hypervolume_share_q3", "repeats", "seconds_per_suggestion_median", "seeds", "priced",
        "epsilon_median", "epsilon_q1", "epsilon_q3", "igd_plus_median", "igd_plus_q1", "igd_plus_q3",
        "attainment_share_25", "attainment_share_50", "attainment_share_75", "attainment_median"}  # fmt: skip
# How many evaluations others, which repeat themselves, need to have seen the front of the 27.
BUDGETS = {"optuna-nsga2": 400, "optuna-tpe": 100, "pymoo-nsga2": 400}
OURS = [name for name in SEARCHERS if not name.startswith("optuna")]


def toy(frame: pd.DataFrame = TOY, *objectives: Objective, genes: np.ndarray = GENES) -> Question:
    """Return the search of a table of three genes of three values."""
    return table_question("nb201", Table(frame, Encoded(genes, (3, 3, 3))), objectives or (ACC, ENERGY))


def run(name: str, question: Question, budget: int, seed: int = 0) -> Task:
    """Return what an engine did; skip where it is not installed."""
    if missing(name):
        pytest.skip(f"{name} needs {missing(name)}")
    task = Task(question, budget, seed)
    ENGINES[name](task)
    return task


def test_the_true_hypervolume_is_that_of_the_hand_count() -> None:
    # The least energy at sums 1..6 of the genes is 1, 2, 3, 6, 9, 12: each step is a sixth wide.
    assert toy().true == pytest.approx(sum(1 - least / 12 for least in (1, 2, 3, 6, 9, 12)) / 6)


@pytest.mark.parametrize("name", [*OURS, "our-optuna-nsga2", "botorch-qlognehvi", "foreknowing"])
def test_engines_that_never_repeat_have_seen_all_27_after_27(name: str) -> None:
    task = run(name, toy(), 27)
    assert task.shares()[-1] == pytest.approx(1) and len(task.values) == 27 and not task.repeated


@pytest.mark.parametrize("name", BUDGETS)
def test_others_find_the_front_too(name: str) -> None:
    task = run(name, toy(), BUDGETS[name])
    assert task.shares()[-1] == pytest.approx(1)
    assert len(task.values) - len(task.repeated) <= 27


def test_foreknowing_needs_a_table() -> None:
    with pytest.raises(InputError, match="synthetic is none"):
        ENGINES["foreknowing"](Task(synthetic_question(), 10))


def test_optuna_stands_there_as_it_is() -> None:
    assert run("optuna-nsga2", toy(), 100).repeated
    assert not run("our-optuna-nsga2", toy(), 27).repeated


@pytest.mark.parametrize("name", ["random", "surrogate", "optuna-nsga2", "pymoo-nsga2"])
def test_equal_seeds_give_equal_runs(name: str) -> None:
    runs = [np.array(run(name, toy(), 20, seed).values) for seed in (0, 0, 1)]
    assert (runs[0] == runs[1]).all() and (runs[0] != runs[2]).any()


def test_a_repeated_evaluation_counts() -> None:
    task = Task(toy(), 4)
    task.evaluate_all(GENES[[3, 5]])
    task.evaluate(GENES[5])
    assert task.repeated == [2] and task.left == 1
    with pytest.raises(ValueError, match="2 evaluations where 1"):
        task.evaluate_all(GENES[:2])


def test_values_are_minimised_and_scaled_over_the_table() -> None:
    values = Task(toy(), 27).evaluate_all(GENES)
    assert np.allclose(values[:, 0], 1 - GENES.sum(axis=1) / 6)
    assert np.allclose(values[:, 1], (GENES**2).sum(axis=1) / 12)


def test_a_row_that_is_not_in_the_pool_is_the_nearest_one_the_first_of_equals() -> None:
    members = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 0]])
    frame = pd.DataFrame({"acc": [0.0, 0.5, 1.0], "energy_mj": [0.0, 0.4, 1.0]})
    question = toy(frame, genes=members)
    assert question.places(np.array([[1, 1, 0], [2, 2, 2], [1, 2, 0]]))[:, 0].tolist() == [1, 2, 2]
    assert question.places(np.array([[0, 1, 2]]))[0, 0] == 0


def test_rows_without_a_value_are_left_out() -> None:
    frame = TOY.assign(acc=TOY["acc"].where(GENES.sum(axis=1) < 6))
    assert toy(frame).size == 26


def test_costs_that_are_searched_are_not_told() -> None:
    numbers = {"costs": np.zeros((27, 1)), "counts": np.zeros((27, 1))}
    table = Table(TOY.rename(columns={"energy_mj": "flops"}), Encoded(GENES, (3, 3, 3), numbers))
    objectives = ACC, Objective("flops", "min")
    for priced, told in (((), {"counts"}), (("flops",), {"counts", "costs"})):
        encoded = table_question("nb201", table, objectives, priced).domain.encode(np.arange(27)[:, None])
        assert set(encoded.numbers) == told


def test_ours_is_told_what_is_priced_and_nothing_else() -> None:
    told = Prices(Task(toy(), 9, priced=("energy_mj",)))(np.array([[26], [1]]))
    assert list(told) == ["energy_mj"] and told["energy_mj"] == pytest.approx([0.12, 0.01])
    assert not Prices(Task(toy(), 9))(np.array([[26]]))


def test_what_genes_hang_on_is_seen_from_the_rows() -> None:
    # A kernel beside two depths: the second block exists at depth 1 alone.
    rows = np.array([[0, -1, 0], [1, -1, 0], [0, 1, 1], [1, 0, 1], [0, 0, 2]])
    assert dict(conditions(rows)) == {1: (2, frozenset({1, 2}))}


def test_objectives_say_what_is_better() -> None:
    found = read_objectives("acc200_c10_test,throughput_a100:max,flops")
    assert [one.direction for one in found] == ["max", "max", "min"]
    assert [one.direction for one in read_objectives("val_top1:min, mean_acc")] == ["min", "max"]
    for wrong in ("acc", "acc,acc:min", "a,b,c,d", "acc,flops:up"):
        with pytest.raises(InputError, match="--objectives"):
            read_objectives(wrong)


def test_values_of_the_synthetic_space_lie_in_the_unit_square() -> None:
    question = synthetic_question()
    values = error_and_cost(question.sample(20_000, np.random.default_rng(0)))
    assert question.choices == (6, 4, 12) * 10 and question.ordered == (True, False, True) * 10
    assert values.min() >= 0 and values.max() <= 1 and (np.ptp(values, axis=0) > 0.3).all()
    assert error_and_cost(np.tile([5, 3, 11], 10)[None])[0, 1] == pytest.approx(1)  # the largest costs the most


def test_the_formula_of_the_synthetic_space_stage_by_stage() -> None:
    row = np.random.default_rng(1).integers(np.array((6, 4, 12) * 10))
    k, m, d = row[::3] / 5, row[1::3], row[2::3] / 11
    best = np.array([0.2, 0.9, 0.5, 0.7])
    weights = [1 + 0.5 * np.cos(2 * np.pi * s / 10) for s in range(10)]
    error = cost = 0.0
    for s in range(10):
        error += 0.03 * (1 - d[s]) ** 2 + 0.02 * ((3 * m[s] + s * (1 + s // 4)) % 4) / 3
        error += 0.015 * ((k[s] - best[m[s]]) / max(best[m[s]], 1 - best[m[s]])) ** 2
        cost += weights[s] / sum(weights) * (0.15 + 0.85 * d[s]) * (0.4 + 0.6 * k[s]) * (0.55 + 0.15 * m[s])
    for s in range(9):
        depth, kernel = d[s + 1] - d[s] - 0.5 * (k[s] - 0.5), k[s] + k[s + 1] - 2 * d[s + 1]
        error += 0.35 / 9 * (depth**2 / 1.5625 + kernel**2 / 4) / 2
    assert error_and_cost(row[None])[0] == pytest.approx([error**0.75, cost**0.75])


def test_stages_that_do_not_exist_cost_nothing_and_fall_short_in_everything() -> None:
    row = np.array([5, 0, 11] + [-1] * 27)  # of the first stage, whose favourite is mixer 0, at kernel 1 instead of 0.2
    error, cost = error_and_cost(row[None])[0]
    assert error == pytest.approx((0.015 + 0.9 * 0.65 + 0.35) ** 0.75)
    assert cost == pytest.approx((0.15 * 0.55) ** 0.75)  # weight 1.5 of 10


def test_random_search_reaches_068_on_the_synthetic_space() -> None:
    reached = [run("random", synthetic_question(), 200, seed).shares()[-1] for seed in range(5)]
    assert np.median(reached) == pytest.approx(0.68, abs=0.02)


def test_later_stages_exist_where_the_number_of_stages_says_so() -> None:
    question = synthetic_question(conditional=True)
    rng = np.random.default_rng(0)
    drawn = rng.integers(np.array(question.choices), size=(500, 31))
    for rows in (question.sample(500, rng), question.existing(drawn)):
        stages = rows[:, 1:].reshape(500, 10, 3)
        exists = np.arange(10) <= rows[:, [0]]
        assert ((stages >= 0) == exists[:, :, None]).all() and not exists.all()


@pytest.mark.parametrize("name", ["random", "surrogate", "optuna-tpe", "pymoo-nsga2"])
def test_conditional_genes_are_searched(name: str) -> None:
    question = synthetic_question(conditional=True)
    seen: list[np.ndarray] = []
    task = run(name, _watched(question, seen), 18)
    genes = np.vstack(seen)
    assert (question.existing(genes) == genes).all() and len(task.values) == 18
    assert ((genes >= 0) == (question.existing(np.maximum(genes, 0)) >= 0)).all()


def _watched(question: Question, seen: list[np.ndarray]) -> Question:
    def raw(genes: np.ndarray) -> np.ndarray:
        seen.append(genes)
        return question.raw(genes)

    return replace(question, raw=raw)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table in the form of NAS-Bench-201 and columns of another name."""
    ops = ("none", "nor_conv_1x1", "nor_conv_3x3")
    cells = [
        f"|{ops[a]}~0|+|{ops[b]}~0|{ops[c]}~1|+|none~0|skip_connect~1|skip_connect~2|" for a, b, c in GENES.tolist()
    ]
    TOY.assign(arch_str=cells).to_csv(tmp_path / "nb201.csv", index=False)
    return tmp_path


def _rows(capsys: pytest.CaptureFixture[str], *arguments: Any) -> list[dict[str, Any]]:
    assert main(["--table", "nb201", "--json", *map(str, arguments)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_rows_have_the_promised_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--data", folder, "--objectives", "acc,energy_mj", "--algorithms", "nsga2,random", "--seeds", 2]
    found = _rows(capsys, *asked, "--evaluations", "5,27")
    assert [set(row) for row in found] == [KEYS] * 4
    assert [row["hypervolume_share_median"] for row in found if row["evaluations"] == 27] == pytest.approx([1, 1])
    assert all(row["repeats"] == 0 and row["seeds"] == 2 for row in found)
    found = _rows(capsys, *asked, "--evaluations", 27, "--until", 1, "--priced", "energy_mj")
    assert [set(row) for row in found] == [KEYS | {"until_median"}] * 2
    assert all(row["priced"] == "energy_mj" and 6 <= row["until_median"] <= 27 for row in found)


def test_further_columns_stand_in_the_table_on_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--table", "nb201", "--data", str(folder), "--objectives", "acc,energy_mj", "--algorithms", "random"]
    assert main([*asked, "--evaluations", "27", "--seeds", "2", "--columns", "epsilon,attainment"]) == 0
    head, _, line = capsys.readouterr().out.splitlines()[-3:]
    assert head.endswith("| epsilon | attainment |") and line.endswith("| 0.0000 | 1.0000 |")
    assert main([*asked, "--evaluations", "27", "--seeds", "1"]) == 0
    assert "epsilon" not in capsys.readouterr().out


def test_a_share_that_is_not_reached_is_null(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--data", folder, "--objectives", "acc,energy_mj", "--algorithms", "random", "--seeds", 2]
    assert _rows(capsys, *asked, "--evaluations", 3, "--until", 1)[0]["until_median"] is None


def test_kept_runs_are_not_made_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--data", folder, "--objectives", "acc,energy_mj", "--algorithms", "random", "--keep", folder / "kept"]
    first = _rows(capsys, *asked, "--evaluations", 9, "--seeds", 2)
    assert _rows(capsys, *asked, "--evaluations", 9, "--seeds", 2) == first
    assert len((folder / "kept").read_text().splitlines()) == 2
    _rows(capsys, *asked, "--evaluations", 9, "--seeds", 3)
    assert len((folder / "kept").read_text().splitlines()) == 3
    _rows(capsys, *asked, "--evaluations", 10, "--seeds", 1)  # another question
    assert len((folder / "kept").read_text().splitlines()) == 4


def test_the_worst_comes_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--table", "nb201", "--data", str(folder), "--objectives", "acc,energy_mj", "--seeds", "3"]
    assert main([*arguments, "--algorithms", "surrogate,random", "--evaluations", "9"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[-2:]] == ["| random", "| surrogate"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"--table": "nb2001"}, "unknown table 'nb2001'"),
        ({"--table": "hat"}, "unknown table 'hat'"),
        ({"--data": "/nowhere"}, "/nowhere"),
        ({"--objectives": "acc,energy"}, "did you mean 'energy_mj'"),
        ({"--objectives": "acc,arch_str"}, "holds no numbers"),
        ({"--objectives": ""}, "two or three columns"),
        ({"--algorithms": "randon"}, "did you mean 'random'"),
        ({"--evaluations": "28"}, "27 points"),
        ({"--evaluations": "9,x"}, "found 'x'"),
        ({"--seeds": "0"}, "--seeds"),
        ({"--population": "-1"}, "--population"),
        ({"--priced": "acc200"}, "not an objective"),
        ({"--until": "all"}, "--until"),
        ({"--columns": "epsilom"}, "did you mean 'epsilon'"),
    ],
)
def test_wrong_input_ends_with_one_line(
    wrong: dict[str, str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = {"--table": "nb201", "--data": str(folder), "--objectives": "acc,energy_mj", "--algorithms": "random"}
    arguments = {**right, "--evaluations": "9", "--seeds": "1", **wrong}
    assert main([part for pair in arguments.items() for part in pair]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_an_engine_that_is_not_installed_is_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.engines.find_spec", lambda package: None)
    asked = ["--table", "nb201", "--data", str(folder), "--objectives", "acc,energy_mj", "--evaluations", "9"]
    assert main([*asked, "--seeds", "1", "--algorithms", "pymoo-nsga2,random", "--json"]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["algorithm"] for line in captured.out.splitlines()] == ["random"]
    assert captured.err.startswith("pymoo-nsga2 is left out: pymoo is not installed")
    assert main([*asked, "--algorithms", "pymoo-nsga2"]) == 2
