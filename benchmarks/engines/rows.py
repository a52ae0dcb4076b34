"""What runs come to: a row for each engine and number of evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.engines import Question
from benchmarks.engines.indicators import indicators
from benchmarks.engines.runs import Plan, Run

Row = Mapping[str, Any]
# Further columns of the Markdown table, at the largest number of evaluations: the key of a row that each shows.
COLUMNS: Mapping[str, str] = MappingProxyType({
    "epsilon": "epsilon_median",
    "igd_plus": "igd_plus_median",
    "attainment": "attainment_share_50",
})  # fmt: skip


def rows(question: Question, plan: Plan, runs: Sequence[Run]) -> list[Row]:
    """Return the rows, the engine with the lowest median in the end first."""
    groups = [[run for run in runs if run.algorithm == name] for name in plan.algorithms]
    groups.sort(key=lambda group: _median([run.shares[-1] for run in group]))
    return [_row(question, plan, group, mark) for group in groups for mark in plan.marks]


def _row(question: Question, plan: Plan, runs: Sequence[Run], mark: int) -> Row:
    """Return one row; a run that found nothing new any more stays where it was."""
    shares = [run.shares[min(mark, len(run.shares)) - 1] for run in runs]
    since = max((earlier for earlier in plan.marks if earlier < mark), default=0)
    seconds = [second for run in runs for second in run.seconds[since:mark]]
    row = {
        "table": question.table,
        "objectives": ",".join(question.names),
        "algorithm": runs[0].algorithm,
        "evaluations": mark,
        "hypervolume_share_median": _median(shares),
        "hypervolume_share_q1": float(np.quantile(shares, 0.25)),
        "hypervolume_share_q3": float(np.quantile(shares, 0.75)),
        "repeats": sum(place < mark for run in runs for place in run.repeated),
        "seconds_per_suggestion_median": _median(seconds) if seconds else None,
        "seeds": len(runs),
        "priced": ",".join(plan.priced),
        **indicators(question, [np.array(run.values[:mark]) for run in runs]),
    }
    return row if plan.until is None else {**row, "until_median": _until(runs, plan.until)}


def _until(runs: Sequence[Run], share: float) -> float | None:
    """Return after how many evaluations half of the runs reach a share, None where fewer do."""
    reached = [np.array(run.shares) >= share for run in runs]
    firsts = [float(np.argmax(one)) + 1 if one.any() else np.inf for one in reached]
    middle = _median(firsts)
    return middle if np.isfinite(middle) else None


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))


def markdown(found: Sequence[Row], columns: Sequence[str] = ()) -> str:
    """Return the rows as a Markdown table: a line for each engine; ``columns`` are further ones of `COLUMNS`."""
    marks = sorted({row["evaluations"] for row in found})
    last = {row["algorithm"]: row for row in found if row["evaluations"] == marks[-1]}
    more = ["until"] if "until_median" in found[0] else []
    head = ["algorithm", *(f"after {mark}" for mark in marks), "repeats", "ms a suggestion", *more, *columns]
    lines = [head, ["---"] * len(head)]
    for name, row in last.items():
        cells = [_share(one) for one in found if one["algorithm"] == name]
        until = ["never" if row["until_median"] is None else f"{row['until_median']:g}"] if more else []
        asked = [_number(row[COLUMNS[column]]) for column in columns]
        lines.append([name, *cells, str(row["repeats"]), _milliseconds(row), *until, *asked])
    title = f"{found[0]['table']}: {found[0]['objectives']}; {found[0]['seeds']} seeds; median (quartiles)"
    priced = f"; ours knows {found[0]['priced']} in advance" if found[0]["priced"] else ""
    return "\n".join([title + priced, "", *(f"| {' | '.join(line)} |" for line in lines)])


def _share(row: Row) -> str:
    low, high = row["hypervolume_share_q1"], row["hypervolume_share_q3"]
    return f"{row['hypervolume_share_median']:.4f} ({low:.4f}-{high:.4f})"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _milliseconds(row: Row) -> str:
    seconds = row["seconds_per_suggestion_median"]
    return "" if seconds is None else f"{1e3 * seconds:.1f}"
