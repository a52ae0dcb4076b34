"""One entry of a registry: a folder of plain files, each with its digest in the manifest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from search_spaces import Architecture, read_architecture
from search_spaces.errors import InputError
from search_spaces.files import read_json, read_text

ARCHITECTURE, WEIGHTS, METRICS = "architecture.json", "weights.safetensors", "metrics.json"
CONFIG, CARD, LINEAGE, MANIFEST = "config.json", "README.md", "lineage.json", "manifest.json"
FILES = (ARCHITECTURE, WEIGHTS, METRICS, CONFIG, CARD, LINEAGE)


@dataclass(frozen=True)
class Entry:
    """One version of one name, at ``path``."""

    path: Path

    @property
    def name(self) -> str:
        """The registered name."""
        return self.path.parent.name

    @property
    def version(self) -> int:
        """The version, from 1."""
        return int(self.path.name)

    @property
    def ref(self) -> str:
        """``name/version``."""
        return f"{self.name}/{self.version}"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Digests of the files and of the architecture. Raises InputError when it is damaged."""
        value = read_json(self.path / MANIFEST)
        if not isinstance(value, dict) or not isinstance(value.get("files"), dict) or "architecture" not in value:
            raise InputError(f"{self.path / MANIFEST}: not a manifest: expected 'architecture' and 'files'")
        return value

    @property
    def digest(self) -> str:
        """SHA-256 of the architecture, as the manifest has it."""
        return str(self.manifest["architecture"])

    @property
    def architecture(self) -> Architecture:
        """The architecture. Raises InputError when its file is damaged."""
        return read_architecture(self.path / ARCHITECTURE)

    @property
    def config(self) -> dict[str, Any]:
        """config.json in timm's form: classes, input size, mean and std of the inputs."""
        return read_json(self.path / CONFIG)

    @property
    def lineage(self) -> dict[str, Any]:
        """Where the network comes from: run, space, supernet, data, device, seed."""
        return read_json(self.path / LINEAGE)

    @property
    def card(self) -> str:
        """The text of README.md."""
        return read_text(self.path / CARD)

    def figures(self) -> dict[str, float]:
        """Return the figures of metrics.json as name -> value."""
        return {name: figure["value"] for name, figure in read_json(self.path / METRICS).items()}


def file_digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file. Raises InputError when it can not be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
