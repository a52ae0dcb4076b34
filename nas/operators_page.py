"""The table of all operators, from the operators themselves, the shipped spaces and the published networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from search_spaces import list_spaces, load_space, scales
from search_spaces.operators import OPERATORS, Operator
from search_spaces.published import published

_HEAD = """# Operators

Written by `nas operators list --markdown > docs/operators.md`; `nas operators show NAME` gives ranges and legality.

*Elastic*: parameters whose values share weights in a supernet (the width always does). *Merges*: the deploy form is
cheaper and equal. *Networks*: published networks that hold it and are rebuilt to the last parameter.
"""
_ORDER = ("mixer", "channel_mixer", "gate", "norm", "residual", "position", "stem", "downsample", "head")
_NAMED = 4  # published networks that a cell names


@dataclass(frozen=True)
class OperatorFacts:
    """One row of the table."""

    name: str
    slots: tuple[str, ...]
    summary: str
    paper: str
    parameters: tuple[str, ...]
    elastic: tuple[str, ...]
    merges: bool
    spaces: tuple[str, ...]
    networks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@cache
def facts() -> list[OperatorFacts]:
    """Return the facts of every operator, by the first of its slots and its name."""
    spaces, networks = _uses_in_spaces(), _uses_in_networks()
    rows = [_facts(words, spaces, networks) for words in OPERATORS.values()]
    return sorted(rows, key=lambda row: (min(map(_ORDER.index, row.slots)), row.name))


def _facts(words: Operator, spaces: Mapping[str, set[str]], networks: Mapping[str, set[str]]) -> OperatorFacts:
    return OperatorFacts(
        name=words.name,
        slots=words.slots,
        summary=words.summary,
        paper=words.paper,
        parameters=tuple(parameter.name for parameter in words.parameters),
        elastic=("width", *words.elastic),
        merges=words.merges,
        spaces=tuple(sorted(spaces.get(words.name, ()))),
        networks=tuple(sorted(networks.get(words.name, ()))),
    )


def _uses_in_spaces() -> dict[str, set[str]]:
    uses: dict[str, set[str]] = defaultdict(set)
    for name in list_spaces():
        for scale in scales(name):
            space = load_space(name, scale=scale)
            for stage in space.stages:
                configs = [c for position in stage.positions for configs in position.values() for c in configs]
                for config in (space.stem, space.head, *stage.downsamples, *configs):
                    if config is not None:
                        uses[config.op].add(name)
    return uses


def _uses_in_networks() -> dict[str, set[str]]:
    uses: dict[str, set[str]] = defaultdict(set)
    for name, one in published().items():
        for op in one.architecture().operators:
            uses[op].add(name)
    return uses


def page() -> str:
    """Return docs/operators.md."""
    head = ("operator", "slots", "parameters", "elastic", "merges", "spaces", "networks", "paper")
    lines = [_HEAD, "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in facts():
        cells = (
            f"`{row.name}`: {row.summary}",
            ", ".join(row.slots),
            ", ".join(row.parameters),
            ", ".join(row.elastic),
            "yes" if row.merges else "no",
            ", ".join(row.spaces),
            _some(row.networks),
            row.paper,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _some(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest
