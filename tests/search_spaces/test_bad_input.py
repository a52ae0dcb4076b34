"""Bad input for every operator, by registration: a message names the place, what was found and what would be right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from search_spaces import InputError, load_space, read_architecture
from search_spaces.architecture import OpConfig, op_config, operator_problem
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Parameter, Slot, Value
from tests.operator_cases import Case, cases

CASES = cases()
FIRST = [case for case in CASES if case.slot == OPERATORS[case.configs[0].op].slots[0]]
LIMITED = [case for case in CASES if OPERATORS[case.configs[0].op].legal]
PLACES = tuple(product((1, 2, 3, 12), (64, 9, 1)))  # feature sides and widths
STEM, DOWN, HEAD = {"conv_stem": {"stride": 4, "norm": "batch_norm"}}, {"conv_down": {}}, {"linear_head": {}}


def wrong_values(parameter: Parameter) -> list[Any]:
    """Return values just out of range, of a wrong type, and no value at all."""
    wrong: list[Any] = ["no such value", {}, [[3]]]
    if not parameter.values:
        step = 2 if parameter.odd else 1
        wrong = [parameter.high + step, parameter.low - step, *wrong, True, float("nan")]
        wrong += [parameter.low + 0.5] * parameter.integer + [4] * parameter.odd
    return wrong


def written(slot: Slot, op: str, parameters: dict[str, Any], side: int = 12, width: int = 64) -> dict[str, Any]:
    """Return a space of one block (after a stem and a stage before it) with an operator in one of its slots."""
    here = {op: parameters}
    stem = here if slot == "stem" else STEM
    stage = {"depth": 1, "width": width, "stride": 2}
    block = {"mixer": {"identity": {}}} | ({slot: here} if slot in BLOCK_SLOTS else {})
    return {
        "schema_version": 1,
        "name": "bad",
        "input": {"channels": 3, "resolution": 8 * side},
        "classes": 10,
        "stem": stem,
        "downsample": here if slot == "downsample" else DOWN,
        "head": here if slot == "head" else HEAD,
        "stages": [{"depth": 0, "width": 64}, stage],
        "block": block,
    }


def as_architecture(space: dict[str, Any]) -> dict[str, Any]:
    """Return the one network of such a space."""

    def op(value: dict[str, Any]) -> dict[str, Any]:
        ((name, parameters),) = value.items()
        return {"op": name, **parameters}

    first, second = space["stages"]
    block = {slot: op(value) for slot, value in space["block"].items()}
    return {
        "schema_version": 2,
        "input": space["input"],
        "classes": 10,
        "stem": op(space["stem"]),
        "stages": [
            {"width": first["width"], "stride": 1, "downsample": None, "blocks": []},
            {"width": second["width"], "stride": 2, "downsample": op(space["downsample"]), "blocks": [block]},
        ],
        "head": op(space["head"]),
    }


def refusals(space: dict[str, Any], folder: Path) -> tuple[str, str]:
    """Return what the reader of space files and that of architecture files say."""
    said = []
    for name, text, read in (
        ("a.yaml", yaml.safe_dump(space, sort_keys=False), load_space),
        ("a.json", json.dumps(as_architecture(space)), read_architecture),
    ):
        path = folder / name
        path.write_text(text)
        with pytest.raises(InputError) as error:
            read(str(path))
        assert str(error.value).startswith(str(path))
        said.append(str(error.value))
    return said[0], said[1]


def line_of(folder: Path, op: str, key: str) -> int:
    """Return the line of a parameter in the space file."""
    lines = (folder / "a.yaml").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{op}:"))
    return next(i for i, line in enumerate(lines[start:], start + 1) if line.strip().startswith(f"{key}:"))


def json_place(slot: Slot) -> str:
    """Return where an architecture file has a slot."""
    if slot in BLOCK_SLOTS:
        return f"stages[1].blocks[0].{slot}"
    return "stages[1].downsample" if slot == "downsample" else slot


@pytest.mark.parametrize("case", FIRST, ids=[case.name for case in FIRST])
def test_wrong_values_and_names(case: Case, tmp_path: Path) -> None:
    config = case.configs[0]
    words, right = OPERATORS[config.op], dict(config.params)
    for number, parameter in enumerate(words.parameters):
        wrong = wrong_values(parameter)
        assert all(parameter.problem(value) == f"expected {parameter.range_text()}, found {value!r}" for value in wrong)
        # A file is slow to read: it has one of the values, another one for each parameter.
        value = wrong[number % 3]
        said = refusals(written(case.slot, config.op, {**right, parameter.name: value}), tmp_path)
        assert f":{line_of(tmp_path, config.op, parameter.name)}" in said[0], said
        assert f"{json_place(case.slot)}.{parameter.name}" in said[1], said
        assert all(f"expected {parameter.range_text()}" in one for one in said), said
    for one in refusals(written(case.slot, config.op, {**right, "kernle": 3}), tmp_path):
        assert f"{config.op} has no parameter 'kernle'" in one
        assert any(hint in one for hint in ("did you mean", "known: ", "takes no parameters")), one


@pytest.mark.parametrize("case", LIMITED, ids=[case.name for case in LIMITED])
def test_places_where_it_cannot_live(case: Case, tmp_path: Path) -> None:
    config, side, width = next(illegal(case))
    problem = operator_problem(config, case.slot, side, width)
    assert problem is not None
    yaml_said, json_said = refusals(written(case.slot, config.op, dict(config.params), side, width), tmp_path)
    assert f"{json_place(case.slot)}: {problem}" in json_said
    assert f"stages[1]: no legal network is left at feature side {side}" in yaml_said
    assert f"{case.slot}: {problem}" in yaml_said


def illegal(case: Case) -> Iterator[tuple[OpConfig, int, int]]:
    """Yield configurations, some with one value at its end, at sides and widths at which they cannot live."""
    for config, (side, width) in product(case.configs, PLACES):
        yielded = [
            config,
            *(replaced(case, config, p, end) for p in OPERATORS[config.op].parameters for end in ends(p)),
        ]
        for one in yielded:
            if operator_problem(one, case.slot, side, width) is not None:
                yield one, side, width


def ends(parameter: Parameter) -> tuple[Value, Value]:
    """Return the first and the last value of a parameter."""
    if parameter.values:
        return parameter.values[0], parameter.values[-1]
    low, high = int(parameter.low), int(parameter.high)
    return (low + (parameter.odd and low % 2 == 0), high) if parameter.integer else (parameter.low, parameter.high)


def replaced(case: Case, config: OpConfig, parameter: Parameter, value: Value) -> OpConfig:
    """Return a configuration with another value of one parameter."""
    return op_config(case.slot, {**config.to_dict(), parameter.name: value}, config.op)
