"""The module of every operator: one file each, named as its words in `search_spaces.operators`."""

from __future__ import annotations

import importlib
import pkgutil

from torch import nn

from supernet.operators._module import OperatorModule


def _discover() -> dict[str, type[nn.Module]]:
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    return {name: importlib.import_module(f"{__name__}.{name}").MODULE for name in names}


MODULES: dict[str, type[nn.Module]] = _discover()

__all__ = ["MODULES", "OperatorModule"]
