"""JSON Schemas of the space file and of the architecture file, made from the words of the operators.

Editors complete keys and names from them (docs/spaces.md says how); `nas spaces validate` remains the judge, since
rules and legality at a feature side are beyond a schema.
"""

from __future__ import annotations

from typing import Any

from search_spaces.architecture import DEFAULTS, LAYOUTS, SCHEMA_VERSION
from search_spaces.language import SpaceFile
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Operator, Parameter, Slot, operators_of

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def architecture_schema() -> Schema:
    """Return the schema of an architecture file."""
    size = {"type": "integer", "minimum": 1}
    down = {"anyOf": [_ref("downsample"), {"type": "null"}]}
    stage = _object({"width": size, "stride": size, "downsample": down, "blocks": {"type": "array", "items": _block()}})
    layout = {"enum": list(LAYOUTS)}
    top = {
        "schema_version": {"const": SCHEMA_VERSION},
        "input": _object({"channels": size, "resolution": size, "layout": layout}, optional=("layout",)),
        "classes": size,
        "stem": _ref("stem"),
        "stages": {"type": "array", "items": stage, "minItems": 1},
        "head": _ref("head"),
    }
    slots: tuple[Slot, ...] = ("stem", "downsample", *BLOCK_SLOTS, "head")
    definitions = {slot: {"anyOf": [{"$ref": f"#/$defs/op_{n}"} for n in operators_of(slot)]} for slot in slots}
    definitions |= {f"op_{name}": _configuration(words) for name, words in OPERATORS.items()}
    return {"$schema": _DRAFT, "title": "nas architecture", **_object(top), "$defs": definitions}


def space_schema() -> Schema:
    """Return the schema of a space file."""
    schema = SpaceFile.model_json_schema()
    slots: tuple[Slot, ...] = ("stem", "downsample", *BLOCK_SLOTS, "head")
    definitions = schema["$defs"]
    definitions |= {f"slot_{slot}": _choices(slot) for slot in slots}
    definitions |= {f"op_{name}": _parameters(words) for name, words in OPERATORS.items()}
    block = {
        "type": "object",
        "properties": {slot: {"$ref": f"#/$defs/slot_{slot}"} for slot in BLOCK_SLOTS},
        "additionalProperties": False,
    }
    for owner in (schema, definitions["StageFile"]):
        properties = owner["properties"]
        properties["block"] = {"description": properties["block"]["description"], **block}
        for slot in ("stem", "downsample", "head"):
            if slot in properties:
                text = properties[slot]["description"]
                properties[slot] = {"description": text, "$ref": f"#/$defs/slot_{slot}"}
    schema["properties"]["scales"] = {
        "type": "object",
        "description": "overrides by scale name; mappings merge, lists replace",
        "additionalProperties": {"type": ["object", "null"]},
    }
    return {"$schema": _DRAFT, **schema, "title": "nas search space"}


def _ref(slot: Slot) -> Schema:
    return {"$ref": f"#/$defs/{slot}"}


def _object(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _block() -> Schema:
    return _object({slot: _ref(slot) for slot in BLOCK_SLOTS}, optional=tuple(DEFAULTS))


def _configuration(words: Operator) -> Schema:
    """Return the schema of ``{"op": name, parameter: value}``."""
    properties: Schema = {"op": {"const": words.name}}
    properties |= {p.name: {"description": p.summary, **_value(p)} for p in words.parameters}
    optional = tuple(p.name for p in words.parameters if p.default is not None)
    return {"description": words.summary, **_object(properties, optional)}


def _parameters(words: Operator) -> Schema:
    """Return the schema of what stands under an operator's name in a space file: a value or a list of values."""
    properties = {
        p.name: {
            "description": p.summary,
            "anyOf": [_value(p), {"type": "array", "items": _value(p), "minItems": 1}],
        }
        for p in words.parameters
    }
    required = [p.name for p in words.parameters if p.default is None]
    known = {"properties": properties, "required": required, "additionalProperties": False}
    return {"description": words.summary, "type": "object" if required else ["object", "null"], **known}


def _choices(slot: Slot) -> Schema:
    names = list(operators_of(slot))
    by_name = {name: {"$ref": f"#/$defs/op_{name}"} for name in names}
    return {
        "anyOf": [
            {"enum": names},
            {"type": "array", "items": {"enum": names}, "minItems": 1},
            {"type": "object", "properties": by_name, "additionalProperties": False, "minProperties": 1},
        ]
    }


def _value(parameter: Parameter) -> Schema:
    if parameter.values:
        return {"enum": list(parameter.values)}
    kind = "integer" if parameter.integer else "number"
    schema: Schema = {"type": kind, "minimum": parameter.low, "maximum": parameter.high}
    return {**schema, "not": {"multipleOf": 2}} if parameter.odd else schema
