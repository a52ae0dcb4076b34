"""pymoo's NSGA-II: simulated binary crossover and polynomial mutation, rounded."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.engines._task import Task


def search(task: Task) -> None:
    """Search with pymoo's NSGA-II on integers; genes that do not exist are carried along without effect."""
    from pymoo.algorithms.moo.nsga2 import NSGA2  # pyright: ignore[reportMissingImports]
    from pymoo.config import Config  # pyright: ignore[reportMissingImports]
    from pymoo.core.problem import Problem  # pyright: ignore[reportMissingImports]
    from pymoo.operators.crossover.sbx import SBX  # pyright: ignore[reportMissingImports]
    from pymoo.operators.mutation.pm import PM  # pyright: ignore[reportMissingImports]
    from pymoo.operators.repair.rounding import RoundingRepair  # pyright: ignore[reportMissingImports]
    from pymoo.operators.sampling.rnd import IntegerRandomSampling  # pyright: ignore[reportMissingImports]

    Config.warnings["not_compiled"] = False
    choices = np.array(task.question.choices)
    count = len(task.question.objectives)
    problem = Problem(n_var=len(choices), n_obj=count, xl=np.zeros(len(choices)), xu=choices - 1, vtype=int)
    algorithm: Any = NSGA2(
        pop_size=task.others_population,
        sampling=IntegerRandomSampling(),
        crossover=SBX(vtype=float, repair=RoundingRepair()),
        mutation=PM(vtype=float, repair=RoundingRepair()),
    )
    algorithm.setup(problem, seed=task.seed, termination=("n_gen", task.budget), verbose=False)
    while task.left:
        asked = algorithm.ask()
        if asked is None:  # nothing but duplicates
            return
        asked = asked[: task.left]
        rows = task.question.existing(asked.get("X").astype(np.int64))
        asked.set("F", task.evaluate_all(rows))
        algorithm.tell(infills=asked)
