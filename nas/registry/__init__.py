"""The registry: named, versioned, verified networks with their figures and their lineage."""

from nas.registry.entry import Entry
from nas.registry.store import Registry

__all__ = ["Entry", "Registry"]
