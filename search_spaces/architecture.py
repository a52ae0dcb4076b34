"""One network, frozen, explicit and self-contained: what a space samples and a registry entry stores."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from search_spaces.errors import InputError, nearest
from search_spaces.files import read_json
from search_spaces.operators import BLOCK_SLOTS, OPERATORS, Slot, Value, operators_of

SCHEMA_VERSION = 2


Layout = Literal["image", "sequence"]
LAYOUTS: tuple[Layout, ...] = ("image", "sequence")
# What stands in a slot that a file leaves out.
DEFAULTS: dict[Slot, dict[str, Value]] = {
    "residual": {"op": "single"},
    "position": {"op": "none"},
    "norm": {"op": "none"},
    "gate": {"op": "none"},
    "channel_mixer": {"op": "none"},
}


@dataclass(frozen=True)
class OpConfig:
    """An operator by name with a value for each of its parameters (in the order of its words)."""

    op: str
    params: tuple[tuple[str, Value], ...] = ()

    def __getitem__(self, name: str) -> Any:
        """Return the value of one parameter. Raises KeyError when the operator has no such parameter."""
        return dict(self.params)[name]

    def to_dict(self) -> dict[str, Value]:
        """Return ``{"op": name, parameter: value, ...}``."""
        return {"op": self.op, **dict(self.params)}

    def __str__(self) -> str:
        values = ",".join(f"{name}={value}" for name, value in self.params)
        return f"{self.op}({values})" if values else self.op


@dataclass(frozen=True)
class Block:
    """One block: ``residual`` says how the operators of the other slots are joined."""

    residual: OpConfig
    position: OpConfig
    mixer: OpConfig
    norm: OpConfig
    gate: OpConfig
    channel_mixer: OpConfig

    def slots(self) -> dict[Slot, OpConfig]:
        """Return the operator of each slot."""
        return {slot: getattr(self, slot) for slot in BLOCK_SLOTS}

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, complete and canonical."""
        return {slot: op.to_dict() for slot, op in self.slots().items()}

    @classmethod
    def from_dict(cls, value: Any, source: str = "block") -> Block:
        """Read the JSON form. Raises InputError naming ``source`` and the key for anything unexpected."""
        return _Reader(source).block(value, "block")


@dataclass(frozen=True)
class Stage:
    """Blocks of one width. ``downsample`` leads into it; None for a first stage that follows the stem itself."""

    width: int
    stride: int
    downsample: OpConfig | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Architecture:
    """One network with its input size; equal networks are equal objects with equal ``digest``.

    ``layout`` is "image" (inputs [N, channels, resolution, resolution]) or "sequence" ([N, channels, 1,
    resolution]: one row of ``resolution`` positions).
    """

    channels: int
    resolution: int
    layout: Layout
    classes: int
    stem: OpConfig
    stages: tuple[Stage, ...]
    head: OpConfig

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, complete and canonical."""
        return {
            "schema_version": SCHEMA_VERSION,
            "input": {"channels": self.channels, "resolution": self.resolution, "layout": self.layout},
            "classes": self.classes,
            "stem": self.stem.to_dict(),
            "stages": [_stage_to_dict(stage) for stage in self.stages],
            "head": self.head.to_dict(),
        }

    def to_json(self) -> str:
        """Return the JSON form as indented text, every operator on a line."""
        text = json.dumps(self.to_dict(), indent=2)
        return re.sub(r"\{[^{}]*\}", lambda found: " ".join(found[0].split()), text) + "\n"

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: sorted keys, no white space."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def sides(self) -> tuple[int, ...]:
        """Feature side in pixels of each stage."""
        return feature_sides(self.resolution, self.stem, [(s.downsample, s.stride) for s in self.stages])

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one input."""
        return input_shape(self.channels, self.resolution, self.layout)

    @property
    def stem_width(self) -> int:
        """Channels that leave the stem."""
        return stem_width(self.stem, self.stages[0].width)

    @cached_property
    def operators(self) -> frozenset[str]:
        """The names of the operators that stand anywhere in the network."""
        downsamples = [stage.downsample for stage in self.stages if stage.downsample is not None]
        blocks = [config for stage in self.stages for block in stage.blocks for config in block.slots().values()]
        return frozenset(config.op for config in (self.stem, *downsamples, *blocks, self.head))

    @classmethod
    def from_dict(cls, value: Any, source: str = "architecture") -> Architecture:
        """Read the JSON form. Raises InputError naming ``source`` and the key for anything unexpected."""
        return _Reader(source).architecture(value)


def input_shape(channels: int, resolution: int, layout: Layout) -> tuple[int, int, int]:
    """Return channels, height and width of an input."""
    return channels, 1 if layout == "sequence" else resolution, resolution


def size_text(side: int, layout: Layout, channels: int | None = None) -> str:
    """Say the size of a map, or of an input with its channels: ``3 x 32 x 32 px``, ``8 x 32 positions``."""
    front = () if channels is None else (channels,)
    sides, unit = ((side,), "positions") if layout == "sequence" else ((side, side), "px")
    return f"{' x '.join(map(str, (*front, *sides)))} {unit}"


def stem_width(stem: OpConfig, first_width: int) -> int:
    """Return the channels that leave a stem: its own ``width``, or those of the first stage."""
    return int(dict(stem.params).get("width", 0)) or first_width


def feature_sides(
    resolution: int, stem: OpConfig, transitions: Iterable[tuple[OpConfig | None, int]]
) -> tuple[int, ...]:
    """Return the feature side of each stage from the (downsampling, stride) into it."""
    side, sides = stem_side(resolution, stem), []
    for downsample, stride in transitions:
        side = side if downsample is None else reduced(side, stride, downsample)
        sides.append(side)
    return tuple(sides)


def stem_side(resolution: int, stem: OpConfig) -> int:
    """Return the feature side in pixels that leaves a stem."""
    return reduced(resolution, stem["stride"], stem)


def reduced(side: int, stride: int, config: OpConfig) -> int:
    """Return the side that a stem or downsampling of this stride leaves of ``side``."""
    return OPERATORS[config.op].reduced(side, stride, dict(config.params))


def read_architecture(path: Path | str) -> Architecture:
    """Read an architecture file. Raises InputError naming the file and the key that is wrong."""
    return Architecture.from_dict(read_json(path), source=str(path))


def op_config(slot: Slot, value: Mapping[str, Any], where: str) -> OpConfig:
    """Return the canonical OpConfig of ``{"op": ..., parameters}``. Raises InputError naming ``where``."""
    name = value.get("op")
    if not isinstance(name, str) or name not in OPERATORS or slot not in OPERATORS[name].slots:
        raise InputError(f"{where}: unknown {slot} operator {name!r}{nearest(str(name), operators_of(slot))}")
    words = OPERATORS[name]
    for key in value:
        if key != "op":
            try:
                words.parameter(key)
            except KeyError as error:
                raise InputError(f"{where}: {error.args[0]}") from None
    params = []
    for parameter in words.parameters:
        chosen = value.get(parameter.name, parameter.default)
        if chosen is None:
            raise InputError(f"{where}: {name} needs {parameter.name!r} ({parameter.range_text()})")
        problem = parameter.problem(chosen)
        if problem:
            raise InputError(f"{where}.{parameter.name}: {problem}")
        params.append((parameter.name, _number(chosen)))
    return OpConfig(name, tuple(params))


def _number(value: Value) -> Value:
    """Return whole floats as integers, so that 1.0 and 1 are one choice with one digest."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def default_configs() -> dict[Slot, tuple[OpConfig, ...]]:
    """Return what stands in each slot that a file leaves out."""
    return {slot: (op_config(slot, value, slot),) for slot, value in DEFAULTS.items()}


def operator_problem(config: OpConfig, slot: Slot, side: int, width: int) -> str | None:
    """Return why an operator is illegal in this slot at this feature side and width, or None."""
    values = {**dict(config.params), "slot": slot, "side": side, "width": width}
    for rule in OPERATORS[config.op].legal:
        if not rule(values):
            return f"{config} is illegal at side {side}, width {width}: it needs {rule.text}"
    return None


def _stage_to_dict(stage: Stage) -> dict[str, Any]:
    return {
        "width": stage.width,
        "stride": stage.stride,
        "downsample": stage.downsample.to_dict() if stage.downsample else None,
        "blocks": [block.to_dict() for block in stage.blocks],
    }


class _Reader:
    """Checks the JSON form key by key, so that a message can say where."""

    def __init__(self, source: str):
        self.source = source

    def fail(self, where: str, message: str) -> InputError:
        return InputError(f"{self.source}: {where}: {message}")

    def mapping(self, value: Any, where: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(where, f"expected an object with {', '.join(keys)}, found {type(value).__name__}")
        for key in value:
            if key not in keys:
                raise self.fail(where, f"unknown key {key!r}{nearest(str(key), keys)}")
        for key in keys:
            if key not in value and key not in optional:
                raise self.fail(where, f"missing key {key!r}")
        return value

    def integer(self, value: Any, where: str, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(where, f"expected an integer from {low} to {high}, found {value!r}")
        return value

    def op(self, slot: Slot, value: Any, where: str) -> OpConfig:
        if not isinstance(value, dict):
            raise self.fail(where, f'expected an object such as {{"op": ...}}, found {type(value).__name__}')
        return op_config(slot, value, f"{self.source}: {where}")

    def architecture(self, value: Any) -> Architecture:
        if isinstance(value, dict) and value.get("schema_version") != SCHEMA_VERSION:
            found = value.get("schema_version")
            raise self.fail("schema_version", f"this version of nas reads {SCHEMA_VERSION}, found {found!r}")
        keys = ("schema_version", "input", "classes", "stem", "stages", "head")
        value = self.mapping(value, "top level", keys)
        size = self.mapping(value["input"], "input", ("channels", "resolution", "layout"), optional=("layout",))
        if not isinstance(value["stages"], list) or not value["stages"]:
            raise self.fail("stages", "expected a list of at least one stage")
        architecture = Architecture(
            channels=self.integer(size["channels"], "input.channels", 1, 1024),
            resolution=self.integer(size["resolution"], "input.resolution", 1, 8192),
            layout=self.layout(size.get("layout", "image")),
            classes=self.integer(value["classes"], "classes", 1, 1_000_000),
            stem=self.op("stem", value["stem"], "stem"),
            stages=tuple(self.stage(stage, i) for i, stage in enumerate(value["stages"])),
            head=self.op("head", value["head"], "head"),
        )
        self.check_legal(architecture)
        return architecture

    def stage(self, value: Any, index: int) -> Stage:
        where = f"stages[{index}]"
        value = self.mapping(value, where, ("width", "stride", "downsample", "blocks"))
        stride = self.integer(value["stride"], f"{where}.stride", 1, 4)
        if value["downsample"] is None and (index > 0 or stride != 1):
            raise self.fail(where, "only the first stage, at stride 1, can follow what is before it: name a downsample")
        down = None
        if value["downsample"] is not None:
            down = self.op("downsample", value["downsample"], f"{where}.downsample")
        if not isinstance(value["blocks"], list):
            raise self.fail(f"{where}.blocks", "expected a list")
        blocks = tuple(self.block(b, f"{where}.blocks[{j}]") for j, b in enumerate(value["blocks"]))
        return Stage(self.integer(value["width"], f"{where}.width", 1, 65536), stride, down, blocks)

    def block(self, value: Any, where: str) -> Block:
        value = self.mapping(value, where, BLOCK_SLOTS, optional=tuple(DEFAULTS))
        value = {**DEFAULTS, **value}
        return Block(**{slot: self.op(slot, value[slot], f"{where}.{slot}") for slot in BLOCK_SLOTS})

    def layout(self, value: Any) -> Layout:
        if value not in LAYOUTS:
            raise self.fail("input.layout", f"expected one of {', '.join(LAYOUTS)}, found {value!r}")
        return value

    def check_legal(self, architecture: Architecture) -> None:
        first = architecture.stages[0]
        if first.downsample is not None and not dict(architecture.stem.params).get("width"):
            raise self.fail("stem", "say its width, since the first stage has a downsample of its own")
        for i, (stage, side) in enumerate(zip(architecture.stages, architecture.sides, strict=True)):
            if side < 1:
                raise self.fail(f"stages[{i}]", f"nothing is left of {architecture.resolution} pixels here")
            if stage.downsample is not None:
                self.check_operator(f"stages[{i}].", "downsample", stage.downsample, side, stage.width)
            for j, block in enumerate(stage.blocks):
                for slot, config in block.slots().items():
                    self.check_operator(f"stages[{i}].blocks[{j}].", slot, config, side, stage.width)

    def check_operator(self, where: str, slot: Slot, config: OpConfig, side: int, width: int) -> None:
        problem = operator_problem(config, slot, side, width)
        if problem:
            raise self.fail(where + slot, problem)
