"""The functions that the published architecture files are generated from, one file a family."""

from __future__ import annotations

import importlib
import pkgutil

from search_spaces.published.families._frame import Family, Published

__all__ = ["Family", "Published", "families"]


def families() -> dict[str, Family]:
    """Return every family by name."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return {name: importlib.import_module(f"{__name__}.{name}").FAMILY for name in names}
