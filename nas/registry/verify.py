"""Is an entry what was registered? Every file against the manifest, the weights against the architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry.entry import ARCHITECTURE, FILES, MANIFEST, WEIGHTS, Entry, file_digest
from search_spaces.errors import InputError

if TYPE_CHECKING:
    from torch import nn


def check_files(entry: Entry) -> None:
    """Compare every file and the architecture with the manifest. Raises InputError with both digests."""
    expected = entry.manifest["files"]
    if set(expected) != set(FILES):
        listed = ", ".join(sorted(expected)) or "nothing"
        raise InputError(f"{entry.path / MANIFEST} lists {listed}; expected {', '.join(sorted(FILES))}")
    for file in FILES:
        found = file_digest(entry.path / file)
        if found != expected[file]:
            raise InputError(f"{entry.path / file} was changed: digest {found}, expected {expected[file]}")
    found = entry.architecture.digest
    if found != entry.digest:
        raise InputError(f"{entry.path / ARCHITECTURE}: digest of the architecture {found}, expected {entry.digest}")


def load_network(entry: Entry) -> nn.Module:
    """Build the network and load its weights, all of them. Raises InputError when they do not fit."""
    import safetensors
    import safetensors.torch

    from supernet import build

    path = entry.path / WEIGHTS
    network = build(entry.architecture)
    try:
        network.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (safetensors.SafetensorError, RuntimeError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise InputError(f"{path}: the weights do not fit {ARCHITECTURE}: {' '.join(lines[:3])}") from error
    return network.eval()
