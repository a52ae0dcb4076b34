"""Finding and loading spaces: by the name of a shipped one, or by the path of a space file."""

from __future__ import annotations

from math import log
from pathlib import Path
from typing import Literal

from search_spaces.architecture import Layout, OpConfig
from search_spaces.errors import InputError, nearest
from search_spaces.expressions import Expression
from search_spaces.language import (
    Document,
    SpaceError,
    SpaceFile,
    apply_scale,
    block_slots,
    downsample_choices,
    parse_space,
    read_document,
    slot_choices,
    stage_ties,
)
from search_spaces.operators import BLOCK_SLOTS
from search_spaces.space import TOTAL_DEPTH, SearchSpace, StageParts, build_space
from search_spaces.stage import SHAPE_NAMES, rule_names

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


def space_files(name_or_path: str) -> dict[str, SpaceFile]:
    """Return the file of a space, checked for its shape only, with each of its scales applied."""
    document = read_document(space_path(name_or_path))
    names = document.value.get("scales") or {"default": {}}
    if not isinstance(names, dict):
        raise document.error(("scales",), "expected a mapping of scale names to overrides")
    return {str(name): parse_space(apply_scale(document, name)) for name in names}


def scales(name_or_path: str) -> dict[str, int]:
    """Return the scales of a space, each with its resolution in pixels."""
    return {name: file.input.resolution[0] for name, file in space_files(name_or_path).items()}


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
    layout: Layout | None = None,
) -> SearchSpace:
    """Load a space by name or path; a data set's values replace those of the file, its layout has to be the file's.

    Without ``scale`` the resolution picks one (without both, the first). A resolution that is one of several in
    the file leaves the choice between it and the smaller ones. Raises InputError for an unknown
    name, and for a wrong file with its line, the key, and what was expected.
    """
    document = read_document(space_path(name_or_path))
    if scale is None:
        known = document.value.get("scales")
        first = next(iter(known), "default") if isinstance(known, dict) else "default"
        scale = pick_scale(name_or_path, resolution) if resolution else str(first)
    document = apply_scale(document, scale)
    space = parse_space(document)
    if layout not in (None, space.input.layout):
        problem = f"{space.name} is for {space.input.layout}s, and the data are {layout}s"
        raise document.error(("input",), f"{problem}; nas search --help lists both kinds of data")
    return _build(
        document,
        space,
        scale,
        resolutions=_resolutions(document, space, resolution),
        channels=channels or space.input.channels,
        classes=classes or space.classes,
    )


def _resolutions(document: Document, space: SpaceFile, wanted: int | None) -> tuple[int, ...]:
    """Return the sides to choose from: the data's own, or those written up to it where it is one of them."""
    written = _sizes(document, ("input", "resolution"), space.input.resolution)[::-1]
    if wanted is None:
        return written
    return tuple(side for side in written if side <= wanted) if wanted in written else (wanted,)


def _build(
    document: Document, space: SpaceFile, scale: str, *, resolutions: tuple[int, ...], channels: int, classes: int
) -> SearchSpace:
    stem, head = (_single(document, space, slot) for slot in ("stem", "head"))
    if space.stages[0].downsample is not None and not dict(stem.params).get("width"):
        raise document.error(("stem",), "say its width, since the first stage has a downsample of its own")
    try:
        built = build_space(
            space.name,
            scale,
            space.summary,
            channels=channels,
            resolutions=resolutions,
            layout=space.input.layout,
            classes=classes,
            ends=(stem, head),
            stages=[_stage(document, space, i) for i in range(len(space.stages))],
            rules=tuple(_rule(document, space, i) for i in range(len(space.rules))),
            source=document.source,
        )
        places = [built.at(resolution) for resolution in resolutions]
    except SpaceError:
        raise
    except ValueError as error:
        raise document.error(("stages",), str(error)) from None
    for place in places:
        _check_reachable(document, place)
    return built


def _single(document: Document, space: SpaceFile, slot: Literal["stem", "head"]) -> OpConfig:
    choices = slot_choices(document, slot, getattr(space, slot), (slot,))
    if len(choices) > 1:
        raise document.error((slot,), "expected one setting; choices are for stages and blocks")
    return next(iter(choices))


def _stage(document: Document, space: SpaceFile, index: int) -> StageParts:
    stage, slots = space.stages[index], block_slots(document, space, index)
    return StageParts(
        widths=_sizes(document, ("stages", index, "width"), stage.width),
        depths=_sizes(document, ("stages", index, "depth"), stage.depth, low=0),
        stride=stage.stride,
        downsamples=downsample_choices(document, space, index),
        slots=slots,
        ties=stage_ties(document, space, index, slots),
    )


def _sizes(document: Document, path: tuple[str | int, ...], values: tuple[int, ...], low: int = 1) -> tuple[int, ...]:
    if not values or len(set(values)) < len(values):
        raise document.error(path, f"expected different choices, found {list(values)}")
    if min(values) < low:
        raise document.error(path, f"expected at least {low}, found {min(values)}")
    return tuple(sorted(values))


def _rule(document: Document, space: SpaceFile, index: int) -> Expression:
    known = SHAPE_NAMES.union({TOTAL_DEPTH}, *(rule_names(slot) for slot in BLOCK_SLOTS))
    try:
        rule = Expression(space.rules[index])
    except ValueError as error:
        raise document.error(("rules", index), str(error)) from None
    for name in sorted(rule.names - known):
        raise document.error(("rules", index), f"unknown name {name!r}{nearest(name, known)}")
    if TOTAL_DEPTH in rule.names and rule.names != {TOTAL_DEPTH}:
        others = ", ".join(sorted(rule.names - {TOTAL_DEPTH}))
        raise document.error(("rules", index), f"{TOTAL_DEPTH} is of the whole network, {others} of a stage: two rules")
    return rule


def _check_reachable(document: Document, space: SearchSpace) -> None:
    for stage in space.stages:
        if not stage.shapes():
            rules = "; ".join(rule.text for rule in stage.rules) or "none"
            misfit = stage.misfit()
            raise document.error(
                ("stages", stage.index),
                f"no legal network is left at feature side {stage.side} (resolution {space.resolution}). "
                + (f"{misfit}. " if misfit else f"Rules: {rules}. ")
                + "Allow other settings here, or depth 0.",
            )
    if space.depth_rules and not space.depths:
        rules = "; ".join(rule.text for rule in space.depth_rules)
        raise document.error(("rules",), f"no choice of depths meets {rules}")
