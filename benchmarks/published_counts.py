"""Counted beside published: parameters and MACs of every network whose exact figures are known.

usage: python benchmarks/published_counts.py [--counts tests/data/published_counts.csv] [--networks NAME ...]
           [--json] [--out FOLDER]

The file has a line a network: name, params_train, params_deploy, gmacs_train, gmacs_deploy (empty where nothing is
known), source (what was counted: docs/published.md). The name is that of `nas published list`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit
from predictors.table import CostTable
from search_spaces import SearchSpace
from search_spaces.published import load_published

COUNTS = Path(__file__).parents[1] / "tests" / "data" / "published_counts.csv"
_COLUMNS = ("name", "params_train", "gmacs_train", "params_deploy", "gmacs_deploy", "source")


def count(name: str) -> dict[str, dict[str, int]]:
    """Return macs, params and activations of both forms of a published network."""
    architecture = load_published(name)
    forms = ("train", "deploy")
    return {form: CostTable(SearchSpace.of(architecture), form).price(architecture) for form in forms}


def row(published: Mapping[str, str]) -> dict[str, Any]:
    """Return the counts of a network with the published ones, as their source writes them, beside them."""
    counted, found = count(published["name"]), {"name": published["name"]}
    for form in ("train", "deploy"):
        found[f"params_{form}"] = _beside(f"{counted[form]['params']:,}", published[f"params_{form}"] or "")
        found[f"gmacs_{form}"] = _beside(f"{counted[form]['macs'] / 1e9:.4f}", published[f"gmacs_{form}"] or "")
    return {**found, "source": published["source"], "counted": counted, "published": dict(published)}


def _beside(counted: str, published: str) -> str:
    if published.isdigit():
        published = f"{int(published):,}"
    return counted if not published else f"{counted} ({'equal' if published == counted else published})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=Path, default=COUNTS)
    parser.add_argument("--networks", nargs="+", help="all of the file otherwise")
    add_output_options(parser)
    arguments = parser.parse_args()
    published = csv.DictReader(arguments.counts.read_text().splitlines())
    rows = [row(one) for one in published if arguments.networks is None or one["name"] in arguments.networks]
    emit("published_counts", rows, arguments, _COLUMNS)


if __name__ == "__main__":
    main()
