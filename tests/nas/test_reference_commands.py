"""`nas published`, `nas operators`, `nas price NAME`, `nas spaces schema`: what they print is what the code holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.cli.main import run
from nas.operators_page import page
from search_spaces.operators import OPERATORS
from search_spaces.published import published

ROOT = Path(__file__).parents[2]


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    assert run(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


def test_published_networks_are_listed_with_their_origin(capsys: pytest.CaptureFixture[str]) -> None:
    rows = document(capsys, "published", "list", "--json")
    assert isinstance(rows, list) and {row["name"] for row in rows} == set(published())
    for row in rows:
        assert row["paper"] and 2010 < row["year"] < 2030 and row["source"] and Path(row["file"]).is_file()
        assert row["top1"] is None or 50 < row["top1"] < 100
    assert run(["published", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(shown.count(f" {row['name']} ") == 1 for row in rows)
    papers = {row["paper"][:60] for row in rows}
    assert all(
        shown.count(paper) == len({r["paper"] for r in rows if r["paper"].startswith(paper)}) for paper in papers
    )


def test_published_networks_are_listed_with_their_costs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: published()[name] for name in ("unireplknet_a", "repvgg_a0")}
    monkeypatch.setattr("search_spaces.published.published", lambda: few)
    rows = document(capsys, "published", "list", "--costs", "--json")
    assert isinstance(rows, list) and [row["params"] for row in rows] == [4_437_300, 8_309_384]
    assert run(["published", "list", "--costs"]) == 0
    assert "4.44" in (shown := capsys.readouterr().out) and "1.361" in shown


def test_a_space_names_its_published_networks(capsys: pytest.CaptureFixture[str]) -> None:
    shown = document(capsys, "spaces", "show", "repvgg", "--scale", "imagenet", "--json")
    assert isinstance(shown, dict) and shown["published"] == ["repvgg_a0"]
    assert run(["spaces", "show", "repvgg", "--scale", "imagenet"]) == 0
    assert "published networks in it: repvgg_a0" in capsys.readouterr().out


def test_a_published_network_is_priced_in_both_forms(capsys: pytest.CaptureFixture[str]) -> None:
    by_name = document(capsys, "price", "unireplknet_a", "--json")
    by_file = document(capsys, "price", str(published()["unireplknet_a"].path), "--json")
    shown = document(capsys, "published", "show", "unireplknet_a", "--json")
    assert by_name == by_file and isinstance(by_name, dict) and isinstance(shown, dict)
    assert by_name["train"]["params"] == shown["train"]["params"] == 4_649_060
    assert by_name["deploy"]["params"] == shown["deploy"]["params"] == 4_437_300
    assert {"params", "macs", "activations"} <= set(by_name["train"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["published", "show", "convnext_tny"], "did you mean 'convnext_tiny'"),
        (["price", "convnext_tny"], "convnext_tny"),
        (["operators", "show", "dwconv"], "did you mean 'dw_conv'"),
        (["operators", "list", "--slot", "mixr"], "did you mean 'mixer'"),
        (["registry", "import", "convnext_tiny"], "expected timm:NAME"),
        (["registry", "import", "timm:convnext_tny"], "not supported"),
    ],
)
def test_wrong_names_are_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert words in capsys.readouterr().err


def test_operators_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = document(capsys, "operators", "list", "--json")
    assert isinstance(rows, list) and {row["name"] for row in rows} == set(OPERATORS)
    assert run(["operators", "list", "--slot", "gate"]) == 0
    assert "se" in capsys.readouterr().out
    for name in OPERATORS:
        assert run(["operators", "show", name]) == 0
    assert "UniRepLKNet" in capsys.readouterr().out


def test_the_page_of_operators_is_current() -> None:
    assert (ROOT / "docs" / "operators.md").read_text() == page(), "nas operators list --markdown > docs/operators.md"


def test_schemas_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spaces", "schema", "--to", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.split()) == 2
    assert json.loads((tmp_path / "space.schema.json").read_text())["title"] == "nas search space"
