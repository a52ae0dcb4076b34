"""Contract of every strategy over every kind of domain: pure, new, feasible, bounded; and what it gains over random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.fronts import Objective, hypervolume
from nas.search import search
from nas.search.domains import Parameter, ParameterDomain, PoolDomain, SpaceDomain
from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.problem import Constraint, Problem, parse_constraint, parse_problem
from nas.search.records import Evaluated
from nas.search.searchers import SEARCHERS, SearchTask, Turns, make_searcher
from predictors.regressors import Encoded
from search_spaces import InputError, SearchSpace, load_space
from tests.nas.search import synthetic

PROBLEM = parse_problem("accuracy,latency_ms,macs")
QUICK = [name for name in SEARCHERS if name not in ("optuna-gp", "optuna-tpe")]  # the others take long among networks


def task(problem: Problem = PROBLEM, seed: int = 0, population: int = 12, space: SearchSpace | None = None):
    """Return a search over the formulas of `synthetic`."""
    space = space or synthetic.space()
    return SearchTask(SpaceDomain(space), problem, synthetic.prices(space), seed, population)


def play(name: str, searched: SearchTask, path: Path, total: int, stop: int | None = None) -> list[Evaluated]:
    """Run a search with formulas for evaluations, out of order, perhaps stopping early."""
    with Journal(path, weights="w", data="d") as journal:
        generations = Generations(make_searcher(name, searched), journal, total)
        while not generations.finished and (stop is None or generations.done < stop):
            taken = [generations.next() for _ in range(3)]
            for index, candidate in reversed([pair for pair in taken if pair]):
                generations.succeed(index, {"accuracy": synthetic.accuracy(candidate.point)}, 0.1)
        return journal.evaluations


@pytest.mark.parametrize("name", [*QUICK, "optuna-tpe"])
def test_never_the_same_network_twice_and_as_many_as_asked(name: str, tmp_path: Path) -> None:
    done = play(name, task(), tmp_path / "e.jsonl", 50)
    assert len(done) == 50 == len({e.point.digest for e in done})
    assert [e.index for e in done] == list(range(50))
    assert all(synthetic.space().contains(e.point) for e in done)
    assert all(e.metrics["macs"] == synthetic.price(e.point)["macs"] for e in done)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("stop", [1, 13, 30])
def test_stopped_and_resumed_equals_uninterrupted(name: str, stop: int, tmp_path: Path) -> None:
    whole = play(name, task(), tmp_path / "whole.jsonl", 40)
    play(name, task(), tmp_path / "parts.jsonl", 40, stop=stop)
    assert play(name, task(), tmp_path / "parts.jsonl", 40) == whole


@pytest.mark.parametrize("name", QUICK)
def test_constraints_on_cheap_columns_cost_no_evaluation(name: str, tmp_path: Path) -> None:
    space = synthetic.space()
    low, high = (synthetic.price(a)["macs"] for a in (space.smallest(), space.largest()))
    bound = low + (high - low) // 5
    done = play(name, task(parse_problem("accuracy,macs", [f"macs <= {bound}"])), tmp_path / "e.jsonl", 30)
    assert len(done) == 30 and all(e.metrics["macs"] <= bound for e in done)


@pytest.mark.parametrize("name", QUICK)
def test_a_narrow_constraint_is_met_by_repair(name: str, tmp_path: Path) -> None:
    space = synthetic.space()
    low = synthetic.price(space.smallest())["macs"]
    rng = np.random.default_rng(0)
    bound = 1.1 * low
    assert all(synthetic.price(space.sample(rng))["macs"] > bound for _ in range(500))
    done = play(name, task(parse_problem("accuracy,macs", [f"macs <= {bound}"])), tmp_path / "e.jsonl", 14)
    assert len(done) == 14 and all(e.metrics["macs"] <= bound for e in done)


@pytest.mark.parametrize("name", QUICK)
def test_an_exhausted_space_ends_the_search(name: str, tmp_path: Path) -> None:
    file = tmp_path / "few.yaml"
    text = (Path(__file__).parents[2] / "data" / "tiny.yaml").read_text()
    start, end = text.index("  mixer:"), text.index("rules:")
    block = "  mixer: identity\n  norm: batch_norm\n  gate: none\n" \
            "  channel_mixer: {mlp: {expansion: [1, 2], activation: relu, grn: false}}\n"  # fmt: skip
    file.write_text(text[:start] + block + text[end:])
    few = load_space(str(file))
    assert few.cardinality() == 72
    done = play(name, task(space=few), tmp_path / "e.jsonl", 100)
    assert len({e.point.digest for e in done}) == len(done) == 72


@pytest.mark.parametrize("name", QUICK)
def test_failures_are_tried_again_then_recorded_and_skipped(name: str, tmp_path: Path) -> None:
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        generations = Generations(make_searcher(name, task()), journal, 30)
        tries: dict[int, int] = {}
        while not generations.finished:
            index, candidate = generations.next() or pytest.fail("nothing to do")
            tries[index] = tries.get(index, 0) + 1
            if index % 5 == 0 or (index % 5 == 1 and tries[index] == 1):
                generations.fail(index, "boom")
            else:
                generations.succeed(index, {"accuracy": 0.5 + 0.01 * (index % 3)}, 0.1)
        failed = [e for e in journal.evaluations if not e.ok]
    assert [e.index for e in failed] == [0, 5, 10, 15, 20, 25]
    assert all(e.error == "boom" and "accuracy" not in e.metrics for e in failed)
    assert all(tries[i] == (2 if i % 5 <= 1 else 1) for i in range(30))


def parameters() -> ParameterDomain:
    """Return six sizes, and a kernel that exists beside one kind of operator only."""
    sizes = [Parameter(f"size{i}", tuple(range(1, 7)), ordered=True) for i in range(6)]
    kernel = Parameter("kernel", (3, 5, 7), ordered=True, when={"op": ("conv",)})
    return ParameterDomain([*sizes, Parameter("op", ("conv", "pool", "none")), kernel])


def bowl(point) -> dict[str, float]:
    """Return two objectives that pull apart."""
    values = dict(point.values)
    kernel = values.get("kernel", 0)
    size = sum(float(values[f"size{i}"]) for i in range(6))
    quality = sum(abs(values[f"size{i}"] - (i + 1)) for i in range(6)) + 3 * (values["op"] == "none") - kernel / 7
    return {"error": 10.0 + quality, "time": size * (1 + kernel / 7) + 1}


TWO = Problem((Objective("error", "min"), Objective("time", "min")))


def pool() -> PoolDomain:
    """Return 300 of the points of `parameters`."""
    domain = parameters()
    genes = np.unique(domain.sample(400, np.random.default_rng(0)), axis=0)[:300]
    encoded = domain.encode(genes)
    return PoolDomain([str(i) for i in range(300)], Encoded(genes, encoded.choices, encoded.numbers))


def pool_values(point) -> dict[str, float]:
    domain = parameters()
    return bowl(domain.point(pool().encoded.genes[int(point.name)]))


CASES = {"parameters": (parameters, bowl), "pool": (pool, pool_values)}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", SEARCHERS)
def test_any_domain_can_be_searched(name: str, case: str, tmp_path: Path) -> None:
    make, function = CASES[case]
    count = 24 if name in QUICK else 12
    options: dict[str, Any] = {
        "algorithm": name,
        "evaluations": count,
        "population": 6,
        "journal": tmp_path / "j.jsonl",
    }
    found = search(TWO, make(), function, **options)
    assert len(found) == len({one.point.digest for one in found}) == count
    assert all(one.metrics == function(one.point) for one in found)
    again = search(TWO, make(), pytest.fail, **options)
    assert again == found


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_strategy_begins_with_the_seeds(name: str) -> None:
    domain = parameters()
    seeds = [domain.point(genes) for genes in np.unique(domain.sample(9, np.random.default_rng(5)), axis=0)[:5]]
    found = search(TWO, domain, bowl, algorithm=name, evaluations=12, population=3, seeds=[*seeds, seeds[0]])
    assert [one.point.digest for one in found[:5]] == [seed.digest for seed in seeds]
    assert [one.origin == "seed" for one in found] == [i < 5 for i in range(12)]


@pytest.mark.parametrize("name", [*QUICK, "optuna-tpe"])
def test_fronts_propose_in_turns_and_learn_from_all(name: str, tmp_path: Path) -> None:
    """Where one front has nothing left, the other goes on."""
    domain = parameters()
    fast, slow = (Problem(TWO.objectives, (Constraint("size", sign, 20, ""),)) for sign in ("<=", ">"))

    def price(genes: Any) -> dict[str, Any]:
        return {"size": (genes[:, :6] + 1).sum(axis=1).astype(float)}

    tasks = [SearchTask(domain, problem, price, 0, 4) for problem in (fast, slow)]
    with Journal(tmp_path / "e.jsonl", weights="w", data="d", read=domain.read) as journal:
        generations = Generations(Turns([make_searcher(name, one) for one in tasks]), journal, 24)
        while (proposal := generations.next()) is not None:
            generations.succeed(proposal[0], bowl(proposal[1].point), 0.1)
        found = journal.evaluations
    assert len({one.point.digest for one in found}) == 24
    assert [one.metrics["size"] <= 20 for one in found] == 3 * ([True] * 4 + [False] * 4)


@pytest.mark.parametrize("name", QUICK)
def test_a_whole_pool_is_evaluated_once_each(name: str) -> None:
    domain = pool()
    few = PoolDomain(domain.names[:20], domain.encoded.take(np.arange(20)))
    found = search(TWO, few, pool_values, algorithm=name, evaluations=50, population=6)
    assert sorted(int(one.point.name) for one in found) == list(range(20))


def test_constraints_on_evaluated_columns_are_learned() -> None:
    """Most of a search lies where an evaluation alone tells whether a bound is met."""
    problem = Problem(TWO.objectives, (parse_constraint("latency_ms <= 14"),))

    def function(point) -> dict[str, float]:
        return {**bowl(point), "latency_ms": bowl(point)["time"]}

    met = {
        name: sum(problem.feasible(one.metrics) for one in search(problem, parameters(), function, algorithm=name,
                                                                  evaluations=60, population=6))
        for name in ("surrogate", "random")
    }  # fmt: skip
    assert met["surrogate"] > 30 > met["random"], met


def volumes(name: str, path: Path, seeds: int, evaluations: int) -> list[float]:
    """Return the hypervolume that searches of the synthetic space reach."""
    largest = synthetic.price(synthetic.space().largest())
    reference = [0.0, 1.1 * largest["latency_ms"], 1.1 * largest["macs"]]
    runs = [play(name, task(seed=s), path / f"{name}{s}", evaluations) for s in range(seeds)]
    return [hypervolume([PROBLEM.values(e.metrics) for e in run], PROBLEM.directions, reference) for run in runs]


def test_ours_beats_nsga2_which_beats_random_at_equal_evaluations(tmp_path: Path) -> None:
    found = {name: volumes(name, tmp_path, 3, 96) for name in ("surrogate", "nsga2", "random")}
    assert min(found["surrogate"]) > max(found["nsga2"]), found
    assert min(found["nsga2"]) > max(found["random"]), found


def test_a_journal_of_another_search_is_refused(tmp_path: Path) -> None:
    play("random", task(), tmp_path / "e.jsonl", 5)
    with pytest.raises(InputError, match="another search"):
        play("random", task(seed=1), tmp_path / "e.jsonl", 5)
