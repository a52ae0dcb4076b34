"""Neural architecture search for your data and your device."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

__version__ = "0.1.0"


def load(entry: str, registry: Path | str = "registry") -> nn.Module:
    """Return a registered network as a plain ``torch.nn.Module`` with its weights, in evaluation mode.

    ``entry`` is ``name`` (newest version), ``name/3``, ``name@alias``, a digest's first characters, or the
    path of an entry's folder. The network maps images [N, channels, R, R]
    or sequences [N, channels, 1, length], normalised with the mean and std
    of the entry's config.json, to logits [N, classes].
    Raises InputError when there is no such entry or one of its files was changed.
    """
    from nas.registry import Registry

    store = Registry(registry)
    return store.load(store.get(entry))
