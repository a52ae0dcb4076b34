"""Words and modules are one to one; words say what is legal."""

from __future__ import annotations

import subprocess
import sys

import pytest

from search_spaces.operators import OPERATORS, Operator


@pytest.mark.parametrize("words", OPERATORS.values(), ids=OPERATORS)
def test_words_are_complete(words: Operator) -> None:
    assert words.summary.endswith(".") and words.paper
    for parameter in words.parameters:
        assert parameter.summary and parameter.range_text()
        inside = parameter.values[0] if parameter.values else int(parameter.low) | int(parameter.odd)
        assert parameter.default is None or parameter.problem(parameter.default) is None
        if parameter.integer:
            assert parameter.problem(inside) is None
        assert parameter.problem("no such value") is not None
        assert parameter.problem(None) is not None
    assert set(words.elastic) <= {parameter.name for parameter in words.parameters}


@pytest.mark.parametrize("module", ["search_spaces", "nas", "nas.cli.main"])
def test_light_imports_load_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print([m for m in ('torch', 'ray', 'pandas', 'sklearn', 'plotly', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
