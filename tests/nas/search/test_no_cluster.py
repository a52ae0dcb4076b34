"""A Ray cluster that does not answer is wrong input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nas.search.generations import Generations
from nas.search.journal import Journal
from nas.search.searchers import SearchTask, make_searcher
from nas.search.tune import run_trials
from search_spaces import InputError
from tests.nas.search import synthetic
from tests.nas.search.test_searchers import PROBLEM

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals


def test_no_cluster_at_the_address(tmp_path: Path) -> None:
    task = SearchTask(synthetic.domain(), PROBLEM, synthetic.prices(synthetic.space()), seed=0, population=8)
    with Journal(tmp_path / "e.jsonl", weights="w", data="d") as journal:
        generations = Generations(make_searcher("random", task), journal, 3)
        inputs: Any = type("Inputs", (), {})()
        with pytest.raises(InputError, match="no Ray cluster answers"):
            run_trials(generations, inputs, 1, address="127.0.0.1:1")
        assert journal.evaluations == []
