"""The table of measured forms: what is chosen from it, and its file."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from search_spaces import InputError
from supernet.depthwise import FORMS, Case, DepthwiseTable, choose, depthwise_conv2d, measure_cases, use_table
from supernet.depthwise.choice import Entry, Forms

CASE = Case((7, 7), 1, (8, 8), 4, 2, "float32", "cpu")
TABLE = DepthwiseTable((Entry(CASE, Forms("fourier", "fourier", "fourier")),))


def test_near_shapes_are_served_by_the_table_and_others_by_the_rule() -> None:
    near = CASE._replace(side=(10, 10), channels=5)
    far = [CASE._replace(side=(32, 32)), CASE._replace(kernel=(9, 9)), CASE._replace(dilation=2),
           CASE._replace(batch=64), CASE._replace(dtype="float64")]  # fmt: skip
    rules = [choose(case) for case in far]
    with use_table(TABLE):
        assert choose(near) == Forms("fourier", "fourier", "fourier")
        assert [choose(case) for case in far] == rules
    assert choose(near) != Forms("fourier", "fourier", "fourier")


def test_what_does_not_run_here_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(FORMS["fourier"]), "takes", lambda *arguments: False)
    with use_table(TABLE):
        assert "fourier" not in choose(CASE)


def test_the_operator_computes_by_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[str] = []
    for name in ("forward", "weight_gradient"):
        own = getattr(type(FORMS["fourier"]), name)

        def spy(*arguments: object, name: str = name, own=own) -> torch.Tensor:
            passes.append(name)
            return own(*arguments)

        monkeypatch.setattr(type(FORMS["fourier"]), name, spy)
    x, weight = torch.randn(2, 4, 8, 8, requires_grad=True), torch.randn(4, 1, 7, 7, requires_grad=True)
    with use_table(TABLE):
        depthwise_conv2d(x, weight, None, 1).sum().backward()
    assert sorted(passes) == ["forward", "forward", "weight_gradient"], "the gradient of the input is a forward pass"
    depthwise_conv2d(x, weight, None, 1).sum().backward()
    assert len(passes) == 3


def test_code_is_made_before_anything_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a form that compiles at its first call loses by that."""
    batches: list[int] = []
    own = type(FORMS["vector"]).weight_gradient

    def spy(form: Any, x: torch.Tensor, *others: Any) -> torch.Tensor:
        batches.append(len(x))
        return own(form, x, *others)

    monkeypatch.setattr(type(FORMS["vector"]), "weight_gradient", spy)
    measure_cases([CASE])
    assert batches[:2] == [1, CASE.batch] and set(batches[2:]) <= {CASE.batch}


def test_a_measured_table_survives_its_file() -> None:
    cases = [CASE, CASE._replace(kernel=(3, 3), dilation=2)]
    table = measure_cases(cases)
    assert [entry.case for entry in table.entries] == cases
    assert all(name in FORMS for entry in table.entries for name in entry.forms)
    assert DepthwiseTable.from_dict(json.loads(json.dumps(table.to_dict())), "profile") == table


@pytest.mark.parametrize("change", [{"entries": None}, {"entries": [{}]}, {"entries": 3}, {"form": "magic"}])
def test_a_damaged_table_is_an_error(change: dict) -> None:
    written = json.loads(json.dumps(TABLE.to_dict()))
    if "form" in change:
        written["entries"][0]["forms"]["weight"] = change["form"]
    else:
        written |= change
    with pytest.raises(InputError, match="^profile.json: not a table of depthwise convolutions"):
        DepthwiseTable.from_dict(written, "profile.json")
