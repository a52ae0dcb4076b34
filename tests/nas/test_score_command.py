"""`nas score`: what it prints is what the scores say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.cli.main import run
from predictors.zero_cost import SCORES
from search_spaces import SearchSpace
from search_spaces.files import write_json_atomic


@pytest.fixture
def file(tmp_path: Path, tiny_space: SearchSpace) -> str:
    write_json_atomic(tmp_path / "network.json", tiny_space.smallest().to_dict())
    return str(tmp_path / "network.json")


def test_every_score_is_printed(file: str, tiny_space: SearchSpace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", file, "--data", "digits", "--images", "8", "--seed", "3", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["scores"]) == set(SCORES) and all(isinstance(v, float) for v in shown["scores"].values())
    assert shown["scores"]["synflow"] == SCORES["synflow"](tiny_space.smallest(), seed=3)
    assert run(["score", file]) == 0
    assert capsys.readouterr().out.count("needs --data") == sum(score.needs_images for score in SCORES.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--images", "1"], "at least 2"),
        (["--data", "digitz"], "did you mean 'digits'"),
        (["--data", "cifar10"], "folder"),
    ],
)
def test_wrong_input_is_refused(
    file: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", file, *arguments]) == 2
    assert words in capsys.readouterr().err


def test_data_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "repvgg_a0", "--data", "digits"]) == 2
    assert "takes inputs of (3, 224, 224)" in capsys.readouterr().err
