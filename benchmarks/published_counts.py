"""Counted beside published: parameters and MACs of every network whose exact figures are known.

usage: python benchmarks/published_counts.py [--counts tests/data/published_counts.csv] [--json FILE]

The file has a line a network: name, params_train, params_deploy, gmacs_train, gmacs_deploy (empty where nothing is
known), source (what was counted: docs/published.md). The name is that of `nas published list`.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from predictors.table import CostTable
from search_spaces import SearchSpace
from search_spaces.files import write_json_atomic
from search_spaces.published import load_published

COUNTS = Path(__file__).parents[1] / "tests" / "data" / "published_counts.csv"


def count(name: str) -> dict[str, dict[str, int]]:
    """Return macs, params and activations of both forms of a published network."""
    architecture = load_published(name)
    forms = ("train", "deploy")
    return {form: CostTable(SearchSpace.of(architecture), form).price(architecture) for form in forms}


def line(published: dict[str, str], counted: dict[str, dict[str, int]]) -> str:
    """Return a row of the table: counted, and published in brackets."""
    cells = [published["name"]]
    for form in ("train", "deploy"):
        cells.append(_beside(f"{counted[form]['params']:,}", published[f"params_{form}"] or ""))
        cells.append(_beside(f"{counted[form]['macs'] / 1e9:.4f}", published[f"gmacs_{form}"] or ""))
    return f"| {' | '.join([*cells, published['source']])} |"


def _beside(counted: str, published: str) -> str:
    if published.isdigit():
        published = f"{int(published):,}"
    return counted if not published else f"{counted} ({'equal' if published == counted else published})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=Path, default=COUNTS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows: dict[str, Any] = {}
    print("| network | params, train (published) | GMACs, train | params, deploy | GMACs, deploy | source |")
    print("|---|---|---|---|---|---|")
    for published in csv.DictReader(arguments.counts.read_text().splitlines()):
        counted = count(published["name"])
        print(line(published, counted), flush=True)
        rows[published["name"]] = {"published": published, "counted": counted}
    if arguments.json:
        write_json_atomic(arguments.json, rows)


if __name__ == "__main__":
    main()
