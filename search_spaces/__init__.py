"""What can be built: the language of space files, the words of operators, spaces and architectures.

Data and arithmetic only; nothing here imports torch. Names are loaded when they are first used, so that
``nas --help`` answers without reading the language.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search_spaces.architecture import Architecture, Block, OpConfig, Stage, read_architecture
    from search_spaces.catalogue import list_spaces, load_space, pick_scale, scales, space_path
    from search_spaces.drawing import Drawn, stratified
    from search_spaces.errors import InputError
    from search_spaces.space import SearchSpace

_HOMES = {
    "Architecture": "architecture",
    "Block": "architecture",
    "Drawn": "drawing",
    "InputError": "errors",
    "OpConfig": "architecture",
    "SearchSpace": "space",
    "Stage": "architecture",
    "list_spaces": "catalogue",
    "load_space": "catalogue",
    "pick_scale": "catalogue",
    "read_architecture": "architecture",
    "scales": "catalogue",
    "space_path": "catalogue",
    "stratified": "drawing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "Architecture",
    "Block",
    "Drawn",
    "InputError",
    "OpConfig",
    "SearchSpace",
    "Stage",
    "list_spaces",
    "load_space",
    "pick_scale",
    "read_architecture",
    "scales",
    "space_path",
    "stratified",
]
