"""The space of a search: a space file at the size of a data set."""

from __future__ import annotations

from search_spaces import SearchSpace, load_space
from supernet.data import ImageData


def space_for(data: ImageData, name_or_path: str, scale: str | None = None) -> SearchSpace:
    """Return a space with the resolution, channels, classes and layout of the data.

    Without ``scale`` the resolution picks one. Raises InputError as `load_space` does.
    """
    return load_space(
        name_or_path,
        scale=scale,
        resolution=data.resolution,
        channels=data.channels,
        classes=len(data.classes),
        layout=data.layout,
    )
