"""Published networks: an architecture file each, and an index of where they are from.

``python -m search_spaces.published`` writes both from the family functions; a test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from search_spaces.architecture import Architecture, read_architecture
from search_spaces.errors import InputError, nearest
from search_spaces.files import read_json
from search_spaces.space import SearchSpace

FOLDER = Path(__file__).parent
INDEX = FOLDER / "index.json"


@dataclass(frozen=True)
class PublishedNetwork:
    """Where a network is from. ``top1`` is ImageNet-1K accuracy in per cent, as ``source`` reports it."""

    name: str
    family: str
    paper: str
    year: int
    top1: float | None
    source: str
    note: str

    @property
    def path(self) -> Path:
        """The architecture file."""
        return FOLDER / f"{self.name}.json"

    def architecture(self) -> Architecture:
        """Read the architecture file."""
        return read_architecture(self.path)


def published() -> dict[str, PublishedNetwork]:
    """Return every published network by name."""
    return {name: PublishedNetwork(name=name, **facts) for name, facts in read_json(INDEX).items()}


def published_in(space: SearchSpace) -> list[PublishedNetwork]:
    """Return the published networks that are points of a space, with its input and number of classes."""
    return [one for one in published().values() if space.contains(one.architecture())]


def load_published(name: str) -> Architecture:
    """Return the architecture of a published network. Raises InputError with the nearest name."""
    networks = published()
    if name not in networks:
        raise InputError(f"no published network {name!r}{nearest(name, networks)}")
    return networks[name].architecture()


def read_network(path_or_name: Path | str) -> Architecture:
    """Read an architecture file, or a published network by name. Raises InputError as both do."""
    path = Path(path_or_name)
    named = not path.suffix and len(path.parts) == 1 and not path.exists()
    return load_published(path.name) if named else read_architecture(path)
