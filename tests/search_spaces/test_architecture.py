"""Architecture files: canonical, self-contained, and refused by name when they are something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from search_spaces import Architecture, InputError, SearchSpace, read_architecture


def change(path: str, value: Any) -> Callable[[dict], None]:
    def apply(document: dict) -> None:
        *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        here: Any = document
        for step in way:
            here = here[step]
        here[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema_version", 1, ["schema_version", "reads 2, found 1"]),
        ("extra", 1, ["unknown key 'extra'"]),
        ("stages.1.widht", 1, ["stages[1]", "unknown key 'widht'", "did you mean 'width'"]),
        ("stages.1.width", "x", ["stages[1].width", "expected an integer"]),
        ("stages.1.width", True, ["stages[1].width", "expected an integer"]),
        ("stages.1.blocks.0.mixer.kernel", 4, ["stages[1].blocks[0].mixer.kernel", "odd integer"]),
        ("stages.1.blocks.0.mixer.kernel", 33, ["stages[1].blocks[0].mixer", "illegal at side 4"]),
        ("stages.1.blocks.0.mixer.op", "dwconv", ["unknown mixer operator 'dwconv'", "dw_conv"]),
        ("stages.1.blocks.0.mixer.op", "se", ["unknown mixer operator 'se'"]),
        ("stages.0.stride", 2, ["stages[0]", "first stage"]),
        ("stages", [], ["at least one stage"]),
        ("input.resolution", 0, ["input.resolution"]),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, tiny_space: SearchSpace, path: str, value: Any, words: list[str]
) -> None:
    document = tiny_space.largest().to_dict()
    change(path, value)(document)
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document))
    with pytest.raises(InputError) as error:
        read_architecture(file)
    assert all(word in str(error.value) for word in [str(file), *words]), str(error.value)


def test_missing_key_and_broken_json(tmp_path: Path, tiny_space: SearchSpace) -> None:
    document = tiny_space.largest().to_dict()
    del document["head"]
    with pytest.raises(InputError, match="missing key 'head'"):
        Architecture.from_dict(document)
    file = tmp_path / "a.json"
    file.write_text('{"a": \n oops}')
    with pytest.raises(InputError, match=f"{file}:2"):
        read_architecture(file)
    with pytest.raises(InputError, match="No such file"):
        read_architecture(tmp_path / "none.json")


def test_digest_is_of_the_content_not_of_the_spelling(tiny_space: SearchSpace) -> None:
    network = tiny_space.largest()
    shuffled = json.loads(json.dumps(network.to_dict(), sort_keys=True))
    assert Architecture.from_dict(shuffled).digest == network.digest
    assert Architecture.from_dict(shuffled).to_json() == network.to_json()
    assert network.digest != tiny_space.smallest().digest
