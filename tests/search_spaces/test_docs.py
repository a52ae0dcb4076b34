"""docs/spaces.md: its files load, its numbers and messages are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from search_spaces import InputError, load_space, scales
from search_spaces.architecture import DEFAULTS
from search_spaces.language import read_document
from search_spaces.operators import BLOCK_SLOTS, operators_of
from search_spaces.schema import space_schema
from search_spaces.space import TOTAL_DEPTH
from search_spaces.stage import CONTEXT_NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "spaces.md").read_text()
FILES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLE = FILES[0]


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's tables, code marks removed; the rows below the headings."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row, after in zip(cells, [*cells[1:], [""]], strict=True) if "---" not in row[0] + after[0]]


def written(folder: Path, text: str) -> Path:
    path = folder / "my_space.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", FILES, ids=lambda text: re.findall("name: (.*)", text)[0])
def test_files_load_at_every_scale(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    jsonschema.Draft202012Validator(space_schema()).validate(read_document(path).value)
    for scale in scales(str(path)):
        space = load_space(str(path), scale=scale)
        architecture = space.sample(np.random.default_rng(0))
        assert space.contains(architecture) and space.decode(space.encode(architecture)) == architecture


def test_the_number_of_networks(tmp_path: Path) -> None:
    space = load_space(str(written(tmp_path, EXAMPLE)), scale="small")
    assert f"It has {space.cardinality():,} networks at the scale `small`" in PAGE


def test_the_example_shows_every_kind_of_key() -> None:
    for key in ("resolution: [", "ordered", ": stage", "alternate:", TOTAL_DEPTH, "scales:", "downsample:\n"):
        assert key in EXAMPLE, key


@pytest.mark.parametrize(("above", "instead", "message"), rows("Messages"))
def test_messages(tmp_path: Path, above: str, instead: str, message: str) -> None:
    assert EXAMPLE.count(above) == 1
    path = written(tmp_path, EXAMPLE.replace(above, instead))
    with pytest.raises(InputError) as error:
        load_space(str(path))
    assert str(error.value).replace(str(path), "my_space.yaml") == message


def test_slots_and_residuals() -> None:
    found = {row[0]: row[-1] for row in rows("Blocks")}
    assert set(found) == {*BLOCK_SLOTS, *operators_of("residual")}
    assert {slot: found[slot] for slot in DEFAULTS} == {slot: value["op"] for slot, value in DEFAULTS.items()}


def test_names_of_rules() -> None:
    names = {name for row in rows("Rules") for name in re.findall(r"\b[a-z_]+\b", row[0])}
    assert {*CONTEXT_NAMES, *BLOCK_SLOTS, "downsample", TOTAL_DEPTH} <= names
