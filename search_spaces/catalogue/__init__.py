"""Finding and loading spaces: by the name of a shipped one, or by the path of a space file."""

from __future__ import annotations

from math import log
from pathlib import Path

from search_spaces.errors import InputError, nearest
from search_spaces.expressions import Expression
from search_spaces.language import (
    Document,
    SpaceFile,
    apply_scale,
    block_slots,
    parse_space,
    read_document,
    slot_choices,
)
from search_spaces.space import SearchSpace, build_space
from search_spaces.stage import CONTEXT_NAMES, rule_names

_FOLDER = Path(__file__).parent


def list_spaces() -> tuple[str, ...]:
    """Return the names of the spaces that are shipped."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def space_path(name_or_path: str) -> Path:
    """Return the file of a shipped space or of a path. Raises InputError with the nearest shipped name."""
    if name_or_path in list_spaces():
        return _FOLDER / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    raise InputError(f"no space {name_or_path!r}{nearest(name_or_path, list_spaces())}, and no such file")


def scales(name_or_path: str) -> dict[str, int]:
    """Return the scales of a space, each with its resolution in pixels."""
    document = read_document(space_path(name_or_path))
    names = document.value.get("scales") or {"default": {}}
    if not isinstance(names, dict):
        raise document.error(("scales",), "expected a mapping of scale names to overrides")
    return {str(n): parse_space(apply_scale(document, n)).input.resolution for n in names}


def pick_scale(name_or_path: str, resolution: int) -> str:
    """Return the scale whose resolution is nearest (by ratio) to that of the data."""
    sizes = scales(name_or_path)
    return min(sizes, key=lambda name: abs(log(sizes[name] / resolution)))


def load_space(
    name_or_path: str,
    *,
    scale: str | None = None,
    resolution: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> SearchSpace:
    """Load a space by name or path; data set's values replace those of the file.

    Without ``scale`` the resolution picks one (without both, the first). Raises InputError for an unknown
    name, and for a wrong file with its line, the key, and what was expected.
    """
    document = read_document(space_path(name_or_path))
    if scale is None:
        known = document.value.get("scales")
        first = next(iter(known), "default") if isinstance(known, dict) else "default"
        scale = pick_scale(name_or_path, resolution) if resolution else str(first)
    document = apply_scale(document, scale)
    space = parse_space(document)
    return _build(
        document,
        space,
        scale,
        resolution=resolution or space.input.resolution,
        channels=channels or space.input.channels,
        classes=classes or space.classes,
    )


def _build(document: Document, space: SpaceFile, scale: str, **size: int) -> SearchSpace:
    ends = [slot_choices(document, slot, getattr(space, slot), (slot,)) for slot in ("stem", "downsample", "head")]
    for slot, choices in zip(("stem", "downsample", "head"), ends, strict=True):
        if len(choices) > 1:
            raise document.error((slot,), "expected one setting; choices are for blocks, depth and width")
    if space.stages[0].stride != 1:
        raise document.error(("stages", 0, "stride"), "the first stage follows the stem: its stride is 1")
    built = build_space(
        space.name,
        scale,
        space.summary,
        **size,
        ends=(ends[0][0], ends[1][0], ends[2][0]),
        shapes=[_shape(document, space, i) for i in range(len(space.stages))],
        slots=[block_slots(document, space, i) for i in range(len(space.stages))],
        rules=tuple(_rule(document, space, i) for i in range(len(space.rules))),
        source=document.source,
    )
    _check_reachable(document, built)
    return built


def _shape(document: Document, space: SpaceFile, index: int) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    stage = space.stages[index]
    for key, values in (("depth", stage.depth), ("width", stage.width)):
        if not values or len(set(values)) < len(values):
            raise document.error(("stages", index, key), f"expected different choices, found {list(values)}")
    if min(stage.width) < 1:
        raise document.error(("stages", index, "width"), f"expected at least 1 channel, found {min(stage.width)}")
    return tuple(sorted(stage.width)), tuple(sorted(stage.depth)), stage.stride


def _rule(document: Document, space: SpaceFile, index: int) -> Expression:
    known = CONTEXT_NAMES.union(*(rule_names(s) for s in ("mixer", "norm", "gate", "channel_mixer")))
    try:
        rule = Expression(space.rules[index])
    except ValueError as error:
        raise document.error(("rules", index), str(error)) from None
    for name in sorted(rule.names - known):
        raise document.error(("rules", index), f"unknown name {name!r}{nearest(name, known)}")
    return rule


def _check_reachable(document: Document, space: SearchSpace) -> None:
    for stage in space.stages:
        if not stage.shapes():
            rules = "; ".join(rule.text for rule in stage.rules) or "none"
            raise document.error(
                ("stages", stage.index),
                f"no legal network is left at feature side {stage.side} (resolution {space.resolution}). "
                f"Rules: {rules}. Allow smaller kernels here, or depth 0.",
            )


def published() -> dict[str, Path]:
    """Return the architecture files of published networks, by name."""
    return {path.stem: path for path in sorted((_FOLDER.parent / "published").glob("*.json"))}
