"""docs/training.md: its table is the shipped methods, its options are those of the program, its file is a method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from nas.cli.main import run
from supernet.training import Options, load_method, method_summary, methods

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()


def test_the_table_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "list", "--markdown"]) == 0
    table = capsys.readouterr().out
    assert table in PAGE
    assert all(f"| {name} | " in table and method_summary(name)["summary"] in table for name in methods())


def test_every_option_is_told_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE, re.MULTILINE))
    fields = {name: field.default for name, field in Options.__dataclass_fields__.items()}
    assert {name: yaml.safe_load(value) for name, value in rows.items()} == fields


def test_the_file_of_the_page_is_a_method(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.split("## Sharing")[0], re.DOTALL)
    path = tmp_path / "method.yaml"
    path.write_text(text)
    assert load_method(str(path)).options == Options(sort_channels=True, drop_path=0.1, ema=0.99)
