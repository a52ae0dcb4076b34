"""The module of every operator: one file each, named as its words in `search_spaces.operators`."""

from __future__ import annotations

import importlib
import pkgutil

from supernet.operators._module import OperatorModule, Place


def _discover() -> dict[str, type[OperatorModule]]:
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    return {name: importlib.import_module(f"{__name__}.{name}").MODULE for name in names}


MODULES: dict[str, type[OperatorModule]] = _discover()

__all__ = ["MODULES", "OperatorModule", "Place"]
