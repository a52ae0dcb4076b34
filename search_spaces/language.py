"""The language of space files: YAML with positions, the shape of a file, scales, and errors that say where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from search_spaces.architecture import Layout, OpConfig, default_configs, op_config
from search_spaces.errors import InputError, nearest
from search_spaces.files import read_text
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Slot, operators_of
from search_spaces.ties import Equal, Ordered, Schedule, Tie, Tied

Path_ = tuple[str | int, ...]
_SCALARS = yaml.constructor.SafeConstructor()


class SpaceError(InputError):
    """A space file is wrong; the message starts with file, line and key."""


def _choices(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else (value,)


_Size = Annotated[int, Field(ge=0, le=65536, strict=True)]
Sizes = Annotated[
    tuple[_Size, ...],
    BeforeValidator(_choices),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 1}]}),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSize(_Model):
    """What the network sees: channels, side in pixels (or length of a sequence), image or sequence."""

    channels: int = Field(ge=1, le=1024, strict=True)
    resolution: Sizes = Field(description="side of the image in pixels, or length of the sequence; a list is a choice")
    layout: Layout = "image"


class StageFile(_Model):
    """One stage: number of blocks (0 allowed), channels, and how the network gets there."""

    depth: Sizes = Field(description="number of blocks")
    width: Sizes = Field(description="channels of every block")
    stride: int = Field(default=1, ge=1, le=4, strict=True, description="by how much the downsampling divides the side")
    downsample: Any = Field(default=None, description="operators before the stage; those of the space otherwise")
    block: dict[str, Any] = Field(default={}, description="slots that replace those of the space in this stage")
    ties: dict[str, Any] = Field(default={}, description="ties that replace those of the space in this stage")


class SpaceFile(_Model):
    """A space file with its scale applied."""

    schema_version: Literal[1]
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    summary: str = ""
    paper: str = ""
    input: InputSize
    classes: int = Field(ge=1, strict=True)
    stem: Any = Field(description="the operator from the image to the first stage")
    downsample: Any = Field(default=None, description="operators between stages, for every stage but the first")
    head: Any = Field(description="the operator from the last stage to the logits")
    stages: tuple[StageFile, ...] = Field(min_length=1)
    block: dict[str, Any] = Field(description="the choices of every slot of a block")
    ties: dict[str, Any] = Field(default={}, description="what the blocks of a stage have in common")
    rules: tuple[str, ...] = Field(default=(), description="expressions that every network must make true")


@dataclass(frozen=True)
class Document:
    """A YAML file as plain values, with the line of every key."""

    source: str
    value: dict[str, Any]
    lines: Mapping[Path_, int]

    def error(self, path: Path_, message: str) -> SpaceError:
        """Return a SpaceError at the nearest key above ``path`` that has a line."""
        line = next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 1)
        return SpaceError(f"{self.source}:{line}: {_dotted(path)}: {message}")


def _dotted(path: Path_) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "top level"


_KEYS = f"the keys {', '.join(SpaceFile.model_fields)}"


def read_document(path: Path | str, expected: str = _KEYS) -> Document:
    """Read a YAML mapping of what is ``expected`` with line numbers.

    Raises SpaceError for broken YAML or a doubled key.
    """
    source = str(path)
    try:
        node = yaml.compose(read_text(path), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpaceError(f"{source}:{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SpaceError(f"{source}:1: not valid YAML: {error}") from error
    if not isinstance(node, yaml.MappingNode):
        raise SpaceError(f"{source}:1: expected a mapping of {expected}")
    lines: dict[Path_, int] = {}
    value = _plain(node, (), lines, source)
    return Document(source, value, lines)


def _plain(node: yaml.Node, path: Path_, lines: dict[Path_, int], source: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > 50:
        raise SpaceError(f"{source}:{node.start_mark.line + 1}: nested too deeply")
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            if key in mapping:
                raise SpaceError(f"{source}:{line}: {_dotted((*path, key))}: this key stands here twice")
            lines[(*path, key)] = line
            mapping[key] = _plain(value_node, (*path, key), lines, source)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, source) for i, child in enumerate(node.value)]
    return _SCALARS.construct_object(node)


def apply_scale(document: Document, scale: str) -> Document:
    """Return the document with the overrides of ``scales[scale]`` merged in (mappings merge, lists replace)."""
    scales = document.value.get("scales") or {}
    if not isinstance(scales, dict):
        raise document.error(("scales",), "expected a mapping of scale names to overrides")
    if scale not in (scales or {"default"}):
        raise document.error(("scales",), f"unknown scale {scale!r}{nearest(scale, scales or {'default'})}")
    base = {key: value for key, value in document.value.items() if key != "scales"}
    lines = dict(document.lines)
    override = scales.get(scale) or {}
    if not isinstance(override, dict):
        raise document.error(("scales", scale), "expected a mapping of overrides")
    _merge(base, override, (), ("scales", scale), lines)
    return Document(document.source, base, lines)


def _merge(base: dict, override: dict, path: Path_, origin: Path_, lines: dict[Path_, int]) -> None:
    for key, value in override.items():
        here, there = (*path, key), (*origin, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = dict(base[key])
            _merge(base[key], value, here, there, lines)
        else:
            base[key] = value
            moved = {here + p[len(there) :]: n for p, n in lines.items() if p[: len(there)] == there}
            lines.update(moved)


def parse_space(document: Document) -> SpaceFile:
    """Check the shape of a document (scale applied). Raises SpaceError with line, key and nearest name."""
    try:
        return SpaceFile.model_validate(document.value)
    except ValidationError as error:
        # A misspelt key is also a missing one; the first is what the user can see in the file.
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        path = tuple(first["loc"])
        if first["type"] == "extra_forbidden":
            known = (StageFile if path[0] == "stages" else InputSize if path[0] == "input" else SpaceFile).model_fields
            raise document.error(path, f"unknown key{nearest(str(path[-1]), known)}") from None
        found = "" if first["type"] == "missing" else f", found {first['input']!r}"
        raise document.error(path, f"{first['msg']}{found}") from None


def slot_choices(document: Document, slot: Slot, value: Any, path: Path_) -> tuple[OpConfig, ...]:
    """Return every operator configuration that a slot's value allows, in the order written.

    ``value`` is an operator's name, a list of names, or a mapping from names to their parameters' choices.
    """
    if isinstance(value, str):
        value = {value: {}}
    elif isinstance(value, list):
        value = {name: {} for name in value}
    if not isinstance(value, dict) or not value:
        raise document.error(path, f"expected {slot} operators ({', '.join(operators_of(slot))})")
    configs: list[OpConfig] = []
    for name, parameters in value.items():
        configs += _operator_choices(document, slot, str(name), parameters or {}, (*path, name))
    return tuple(configs)


def _operator_choices(document: Document, slot: Slot, name: str, parameters: Any, path: Path_) -> list[OpConfig]:
    if name not in OPERATORS or slot not in OPERATORS[name].slots:
        raise document.error(path, f"unknown {slot} operator{nearest(name, operators_of(slot))}")
    if not isinstance(parameters, dict):
        raise document.error(path, f"expected the parameters of {name} as a mapping, found {parameters!r}")
    words = OPERATORS[name]
    for key, value in parameters.items():
        _check_parameter(document, name, key, value, (*path, key))
    for parameter in words.parameters:
        if parameter.name not in parameters and parameter.default is None:
            raise document.error(path, f"{name} needs {parameter.name!r} ({parameter.range_text()})")
    names = [p.name for p in words.parameters]
    values = [_choices(parameters.get(p.name, p.default)) for p in words.parameters]
    return [op_config(slot, {"op": name, **dict(zip(names, v, strict=True))}, name) for v in product(*values)]


def _check_parameter(document: Document, operator: str, key: str, value: Any, path: Path_) -> None:
    try:
        parameter = OPERATORS[operator].parameter(key)
    except KeyError as error:
        raise document.error(path, error.args[0]) from None
    values = _choices(value)
    if not values:
        raise document.error(path, f"no choice left: expected {parameter.range_text()}")
    for i, choice in enumerate(values):
        problem = parameter.problem(choice)
        if problem:
            raise document.error((*path, i) if len(values) > 1 else path, problem)
    if len(set(values)) < len(values):
        raise document.error(path, f"a choice stands here twice: {list(values)}")


def block_slots(document: Document, space: SpaceFile, stage: int) -> dict[Slot, tuple[OpConfig, ...]]:
    """Return the choices of every slot of a stage's blocks (the stage's ``block`` replaces whole slots)."""
    slots = default_configs()
    for where, block in ((("block",), space.block), (("stages", stage, "block"), space.stages[stage].block)):
        for key, value in block.items():
            if key not in BLOCK_SLOTS:
                raise document.error((*where, key), f"unknown slot{nearest(key, BLOCK_SLOTS)}")
            slots[key] = slot_choices(document, key, value, (*where, key))
    for slot in BLOCK_SLOTS:
        if slot not in slots:
            raise document.error(("block",), f"missing slot {slot!r} ({', '.join(operators_of(slot))})")
    return slots


def downsample_choices(document: Document, space: SpaceFile, stage: int) -> tuple[OpConfig | None, ...]:
    """Return the operators that can lead into a stage; (None,) for a first stage that names none."""
    own = space.stages[stage].downsample
    if own is not None:
        return slot_choices(document, "downsample", own, ("stages", stage, "downsample"))
    if stage > 0:
        return slot_choices(document, "downsample", space.downsample, ("downsample",))
    if space.stages[0].stride != 1:
        raise document.error(
            ("stages", 0, "stride"), "the first stage follows the stem: name its downsample, or stride 1"
        )
    return (None,)


def stage_ties(
    document: Document, space: SpaceFile, stage: int, slots: Mapping[Slot, tuple[OpConfig, ...]]
) -> tuple[Tie, ...]:
    """Return the ties of a stage (its own replace those of the space that have the same name)."""
    where: dict[str, Path_] = {key: ("ties",) for key in space.ties}
    where |= {key: ("stages", stage, "ties") for key in space.stages[stage].ties}
    values = {**space.ties, **space.stages[stage].ties}
    ties = []
    for key, value in values.items():
        path = (*where[key], key)
        own = where[key] != ("ties",)
        tied = _tied(document, key, path)
        if own or any(tied.value({tied.slot: config}) is not None for config in slots[tied.slot]):
            ties.append(_tie(document, tied, value, slots[tied.slot], path))
    return tuple(ties)


def _tied(document: Document, key: str, path: Path_) -> Tied:
    slot, _, rest = key.partition(".")
    op, _, param = rest.partition(".")
    if slot not in BLOCK_SLOTS:
        raise document.error(path, f"unknown slot{nearest(slot, BLOCK_SLOTS)}")
    if op and op != "op" and op not in operators_of(slot):
        raise document.error(path, f"unknown {slot} operator{nearest(op, operators_of(slot))}")
    if op not in ("", "op"):
        try:
            OPERATORS[op].parameter(param)
        except KeyError as error:
            raise document.error(path, f"expected SLOT, SLOT.op or SLOT.OPERATOR.PARAMETER: {error.args[0]}") from None
    return Tied(slot, op, param)


def _tie(document: Document, tied: Tied, value: Any, configs: tuple[OpConfig, ...], path: Path_) -> Tie:
    found = [tied.value({tied.slot: config}) for config in configs]
    values = tuple(dict.fromkeys(v for v in found if v is not None))
    if value == "stage":
        return Equal(tied)
    if value == "ordered":
        return Ordered(tied, values)
    if not isinstance(value, dict) or not value or not tied.op:
        known = "stage, ordered, or (for SLOT.op and parameters) schedules by name, such as {alternate: [13, 3]}"
        raise document.error(path, f"expected {known}")
    for name, pattern in value.items():
        if not isinstance(pattern, list) or not pattern:
            raise document.error((*path, name), f"expected a list of values to repeat, found {pattern!r}")
        for item in pattern:
            if item not in values:
                raise document.error((*path, name), f"{item!r} is not a choice of {tied.text}: {list(values)}")
    return Schedule(tied, tuple((str(name), tuple(pattern)) for name, pattern in value.items()))
