"""Space files: what is read, and messages that say file, line, key and the nearest known name."""

from __future__ import annotations

from pathlib import Path

import pytest

from search_spaces import InputError, list_spaces, load_space, pick_scale, scales
from tests.conftest import TINY

TEXT = TINY.read_text()


def write(folder: Path, old: str, new: str) -> str:
    assert old in TEXT
    path = folder / "space.yaml"
    path.write_text(TEXT.replace(old, new, 1))
    return str(path)


def line_of(text: str, key: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if key in line)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("summary:", "sumary:", "sumary", ["sumary", "unknown key", "did you mean 'summary'"]),
        ("depth: [0, 1]", "dept: [0, 1]", "dept:", ["stages[0].dept", "did you mean 'depth'"]),
        ("dw_conv:", "dwconv:", "dwconv", ["block.mixer.dwconv", "did you mean 'dw_conv'"]),
        (
            "dilation:",
            "dilaton:",
            "dilaton",
            ["dw_conv has no parameter 'dilaton'", "did you mean 'dilation'"],
        ),
        ("kernel: [3, 5, 7]", "kernel: [3, 4, 7]", "[3, 4, 7]", ["an odd integer from 3 to 63", "found 4"]),
        ("kernel: [3, 5, 7]", "kernel: [3, 3]", "[3, 3]", ["stands here twice"]),
        ("mlp: {expansion: [1, 2],", "mlp: {expansion: [1, x],", "[1, x]", ["expansion", "found 'x'"]),
        ("kernel * dilation <= side", "kernal * dilation <= side", "kernal", ["did you mean 'kernel'"]),
        ("kernel * dilation <= side", "__import__('os')", "__import__", ["Call is not allowed"]),
        ("classes: 10", "classes: ten", "classes", ["found 'ten'"]),
        ("schema_version: 1", "schema_version: 2", "schema_version", ["found 2"]),
        ("name: tiny", "name: tiny\nname: tiny2", "tiny2", ["stands here twice"]),
        ("  mixer:\n", "  position:\n", "dilated_reparam:", ["unknown position operator"]),
        ("depth: [0, 1]", "depth: []", "depth: []", ["stages[0].depth"]),
        ("[8, 16]", "[8, -16]", "-16", ["stages[0].width"]),
    ],
)
def test_errors_say_where_and_what(tmp_path: Path, old: str, new: str, key: str, words: list[str]) -> None:
    path = write(tmp_path, old, new)
    with pytest.raises(InputError) as error:
        load_space(path)
    message = str(error.value)
    assert f"{path}:{line_of(Path(path).read_text(), key)}:" in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "a: !!python/object/apply:os.system [ls]\n", "&a [*a]"])
def test_hostile_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        load_space(str(path))


def test_rules_that_leave_nothing_say_so(tmp_path: Path) -> None:
    path = write(tmp_path, "kernel * dilation <= side", "expansion > 5")
    with pytest.raises(InputError, match="no legal network is left at feature side 4"):
        load_space(path)


def test_unknown_space_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'lk_convnet'"):
        load_space("lk_convnt")


@pytest.mark.parametrize("name", list_spaces())
def test_every_shipped_space_loads_at_every_scale(name: str) -> None:
    for scale in scales(name):
        assert load_space(name, scale=scale).cardinality() > 1


def test_resolution_picks_the_scale() -> None:
    assert pick_scale("lk_convnet", 28) == pick_scale("lk_convnet", 64) == "small"
    assert pick_scale("lk_convnet", 224) == pick_scale("lk_convnet", 160) == "imagenet"


def test_kernel_choices_follow_the_side() -> None:
    """kernel * dilation <= side at every stage of lk_convnet (UniRepLKNet's sides at 224 pixels)."""
    space = load_space("lk_convnet", scale="imagenet")
    assert [stage.side for stage in space.stages] == [56, 28, 14, 7]
    for stage in space.stages:
        convs = [c for c in stage.candidates(0)["mixer"] if c.op == "dw_conv"]
        assert max(c["kernel"] for c in convs) == min(31, stage.side if stage.side % 2 else stage.side - 1)
        assert all(c["kernel"] * c["dilation"] <= stage.side for c in convs)
