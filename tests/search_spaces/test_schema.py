"""The schemas take what the readers take, and refuse the plain mistakes; the committed files are current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from search_spaces import list_spaces, space_path
from search_spaces.language import read_document
from search_spaces.published import FOLDER, INDEX
from search_spaces.schema import architecture_schema, space_schema

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def test_committed_schemas_are_current() -> None:
    for name, schema in (("space", space_schema()), ("architecture", architecture_schema())):
        found = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        assert found == json.loads(json.dumps(schema)), "run nas spaces schema"


def test_published_networks_fit() -> None:
    validator = jsonschema.Draft202012Validator(architecture_schema())
    for path in FOLDER.glob("*.json"):
        if path != INDEX:
            document = json.loads(path.read_text())
            for stage in document["stages"]:  # equal blocks once
                stage["blocks"] = list({json.dumps(block): block for block in stage["blocks"]}.values())
            validator.validate(document)


@pytest.mark.parametrize("name", list_spaces())
def test_shipped_spaces_fit(name: str) -> None:
    jsonschema.Draft202012Validator(space_schema()).validate(read_document(space_path(name)).value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stem", {"conv_stm": {}}),
        ("block", {"mixer": {"dw_conv": {"kernel": 4}}}),
        ("block", {"mixr": "identity"}),
        ("rules", [3]),
        ("depths", 3),
    ],
)
def test_mistakes_do_not_fit(key: str, value: Any) -> None:
    document = {**read_document(space_path("lk_convnet")).value, key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(space_schema()).validate(document)
