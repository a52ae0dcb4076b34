"""A registered network as the teacher of a supernet."""

from __future__ import annotations

from pathlib import Path

from nas.registry import Registry
from supernet.data import ImageData
from supernet.training import Teacher


def load_teacher(ref: str, registry: Path | str, data: ImageData) -> Teacher:
    """Return the network of a registry entry, to teach on ``data``.

    Raises InputError when there is no such entry, when it is damaged, or when it knows other classes.
    """
    store = Registry(registry)
    entry = store.get(ref)
    pixels = entry.config["pretrained_cfg"]
    return Teacher(
        store.load(entry),
        entry.architecture,
        data,
        name=entry.ref,
        mean=pixels["mean"],
        std=pixels["std"],
        classes=pixels["label_names"],
    )
