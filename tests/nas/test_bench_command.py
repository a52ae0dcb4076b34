"""`nas bench`: what there is, running one, and where there is none."""

from __future__ import annotations

import json

import pytest

from nas import benchmarks
from nas.cli.main import run


def test_list_names_every_benchmark_with_its_first_line(capsys):
    assert run(["bench", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["population"].startswith("How long a space and its cost table take")


def test_arguments_after_the_name_belong_to_the_benchmark(capfd):
    assert run(["bench", "run", "population", "--help"]) == 0
    assert "--networks" in capfd.readouterr().out


def test_the_exit_code_is_that_of_the_benchmark(capfd):
    assert run(["bench", "run", "population", "--networks", "many"]) == 2
    assert "invalid int value: 'many'" in capfd.readouterr().err


def test_an_unknown_name_gets_the_nearest(capsys):
    assert run(["bench", "run", "populaton"]) == 2
    assert "'population'" in capsys.readouterr().err


@pytest.mark.parametrize("command", (["list"], ["run", "population"]))
def test_an_installed_package_says_where_the_benchmarks_are(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmarks, "FOLDER", tmp_path)
    assert run(["bench", *command]) == 2
    assert "in a checkout, after pip install -e ." in capsys.readouterr().err
