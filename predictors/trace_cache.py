"""The traces of a space's parts on disk, so that its cost table is built once on a machine.

One file per space and form in the user's cache folder: NAS_CACHE, else nas in XDG_CACHE_HOME, else ~/.cache/nas. A file
that is damaged, foreign, or of other versions counts as absent, and what can not be written is not kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Set
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import torch

from predictors.parts import Part
from predictors.trace import Call, Trace
from predictors.traces import traces
from search_spaces import Block, InputError, SearchSpace
from search_spaces.architecture import op_config
from search_spaces.files import write_atomic

_PACKAGES = ("search_spaces", "supernet", "predictors")  # what decides how a part is built, traced and counted
_UNREADABLE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, InputError)


def cache_folder() -> Path:
    """Return the folder of files that can be made anew at any time."""
    chosen, xdg = os.environ.get("NAS_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(chosen) if chosen else (Path(xdg) if xdg else Path.home() / ".cache") / "nas"


def recall(space: SearchSpace, form: str) -> frozenset[Part]:
    """Give this process the traces of a space that are on disk, and return their parts."""
    try:
        return _read(cache_file(space, form), json.dumps(_key(space, form)))
    except _UNREADABLE:
        return frozenset()


def keep(space: SearchSpace, form: str, parts: Set[Part]) -> None:
    """Write the traces of these parts of a space, atomically and in the order in which they were made."""
    known = traces(form)
    rows = [[_part_to_dict(part), _trace_to_list(known(part))] for part in known if part in parts]
    content = gzip.compress(json.dumps({"key": _key(space, form), "parts": rows}).encode(), 1, mtime=0)
    try:
        write_atomic(cache_file(space, form), lambda file: file.write(content))
    except InputError:  # a full disk or a folder without rights: it is made anew next time
        return


def cache_file(space: SearchSpace, form: str) -> Path:
    """Return where the traces of a space are kept."""
    return cache_folder() / "traces" / f"{space.digest[:32]}-{form}.json.gz"


def _key(space: SearchSpace, form: str) -> dict[str, str]:
    return {"space": space.digest, "form": form, "torch": torch.__version__, "sources": _sources()}


@cache
def _sources() -> str:
    """Return the SHA-256 of the source files that traces follow from."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        folder = Path(__file__).parents[1] / package
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


@cache  # in a process a file is read once
def _read(path: Path, key: str) -> frozenset[Part]:
    value = json.loads(gzip.decompress(path.read_bytes()))
    if json.dumps(value["key"]) != key:
        raise ValueError(f"{path} is of another space or version")
    found = {_part(part): _trace(traced) for part, traced in value["parts"]}
    for part, traced in found.items():
        traces(value["key"]["form"]).add(part, traced)
    return frozenset(found)


def _part_to_dict(part: Part) -> dict[str, Any]:
    return {**part._asdict(), "config": part.config.to_dict()}


def _part(value: dict[str, Any]) -> Part:
    kind, config = value["kind"], value["config"]
    return Part(**{**value, "config": Block.from_dict(config) if kind == "block" else op_config(kind, config, kind)})


def _trace_to_list(traced: Trace) -> list[Any]:
    return [[astuple(call) for call in traced.calls], traced.params, traced.weight_bytes, traced.peak_memory_bytes]


def _trace(value: list[Any]) -> Trace:
    calls, *sums = value
    return Trace(tuple(_call(*call) for call in calls), *sums)


def _call(*row: Any) -> Call:
    op, macs, elements, product, weight_bytes, activation_bytes, filters, groups, dilation = row
    return Call(op, macs, elements, product, weight_bytes, activation_bytes, tuple(filters), groups, dilation)
