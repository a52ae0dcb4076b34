"""The folder of a registry: registering, finding, verifying, loading."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.registry.card import card_text, config_file, metrics_file
from nas.registry.entry import (
    ARCHITECTURE,
    CARD,
    CONFIG,
    FILES,
    LINEAGE,
    MANIFEST,
    METRICS,
    WEIGHTS,
    Entry,
    file_digest,
)
from search_spaces import Architecture
from search_spaces.errors import InputError, nearest
from search_spaces.files import read_json, write_json_atomic

if TYPE_CHECKING:
    from torch import nn

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ALIASES = "aliases.json"


class Registry:
    """``root/name/version/`` holds one network. Safe for several writers at once; readers never see halves."""

    def __init__(self, root: Path | str):
        self.root = Path(root)

    def register(
        self,
        name: str,
        network: nn.Module,
        architecture: Architecture,
        metrics: Mapping[str, Any],
        lineage: Mapping[str, Any],
        data: Mapping[str, Any],
    ) -> Entry:
        """Write a new version of ``name`` and return it.

        ``network`` is the train form on the CPU; ``data`` holds classes, mean, std. Raises InputError for an
        illegal name and when the folder can not be written; nothing half-written stays.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"registry name {name!r}: use letters, digits, '.', '_', '-', a letter or digit first")
        folder = self.root / name
        temporary: Path | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
            temporary.chmod(0o755)
            _write_files(temporary, network, architecture, metrics, lineage, data)
            return self._claim(folder, temporary, architecture, metrics, lineage)
        except OSError as error:
            raise InputError(f"cannot write {folder}: {error.strerror or error}. Free space or choose another "
                             "--registry.") from error  # fmt: skip
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)

    def _claim(
        self,
        folder: Path,
        temporary: Path,
        architecture: Architecture,
        metrics: Mapping[str, Any],
        lineage: Mapping[str, Any],
    ) -> Entry:
        """Rename the finished folder to the next version; the rename fails where another writer was first."""
        while True:
            version = max(_versions(folder), default=0) + 1
            ref = f"{folder.name}/{version}"
            _write(temporary / CARD, card_text(ref, architecture, metrics, lineage).encode())
            files = {file: file_digest(temporary / file) for file in FILES}
            manifest = {"schema_version": 1, "architecture": architecture.digest, "files": files}
            _write(temporary / MANIFEST, _json(manifest))
            try:
                os.rename(temporary, folder / str(version))
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                continue
            return Entry(folder / str(version))

    def entries(self) -> list[Entry]:
        """Return every entry, by name and version."""
        if not self.root.is_dir():
            return []
        folders = sorted(path for path in self.root.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))
        return [Entry(folder / str(v)) for folder in folders for v in sorted(_versions(folder))]

    def get(self, ref: str) -> Entry:
        """Return an entry by ``name`` (its newest version), ``name/3``, ``name@alias`` or a digest's start.

        Raises InputError with the nearest name when there is none, or with the candidates when several fit.
        """
        name, _, alias = ref.partition("@")
        name, _, version = name.partition("/")
        versions = _versions(self.root / name) if _NAME.fullmatch(name) else []
        if not versions:
            return self._by_digest(ref)
        if alias:
            aliases = self.aliases(name)
            if alias not in aliases:
                raise InputError(f"{name} has no alias {alias!r}{nearest(alias, aliases)}")
            version = str(aliases[alias])
        wanted = version or str(max(versions))
        if not wanted.isdigit() or int(wanted) not in versions:
            raise InputError(f"{name} has no version {wanted!r} (it has {', '.join(map(str, sorted(versions)))})")
        return Entry(self.root / name / wanted)

    def _by_digest(self, ref: str) -> Entry:
        entries = self.entries()
        found = [entry for entry in entries if len(ref) >= 6 and entry.digest.startswith(ref)]
        if len(found) > 1:
            raise InputError(f"{ref!r} fits several entries: {', '.join(entry.ref for entry in found)}")
        if found:
            return found[0]
        names = {entry.name for entry in entries}
        hint = nearest(ref.partition("/")[0], names) if names else " (it is empty)"
        raise InputError(f"no entry {ref!r} in the registry {self.root}{hint}")

    def find(self, name: str, digest: str, supernet: str) -> Entry | None:
        """Return the version of ``name`` with this architecture and these supernet weights, if there is one."""
        for version in _versions(self.root / name):
            entry = Entry(self.root / name / str(version))
            if entry.digest == digest and entry.lineage.get("supernet") == supernet:
                return entry
        return None

    def aliases(self, name: str) -> dict[str, int]:
        """Return the aliases of a name."""
        path = self.root / name / _ALIASES
        return read_json(path) if path.exists() else {}

    def alias(self, entry: Entry, alias: str) -> None:
        """Point an alias at a version; an alias of that name moves. Raises InputError for an illegal alias."""
        if not _NAME.fullmatch(alias) or alias.isdigit():
            raise InputError(f"alias {alias!r}: use letters, digits, '.', '_', '-', and not digits alone")
        path = self.root / entry.name / _ALIASES
        write_json_atomic(path, {**self.aliases(entry.name), alias: entry.version})

    def verify(self, entry: Entry) -> None:
        """Check every file and that the weights fit. Raises InputError naming the file and both digests."""
        for file, expected in entry.manifest["files"].items():
            found = file_digest(entry.path / file)
            if found != expected:
                raise InputError(f"{entry.path / file} was changed: its digest is {found}, expected {expected}")
        found = entry.architecture.digest
        if found != entry.digest:
            raise InputError(f"{entry.path / ARCHITECTURE}: architecture {found}, the manifest says {entry.digest}")
        _load(entry)

    def load(self, entry: Entry) -> nn.Module:
        """Return the network in train form and evaluation mode, after `verify`."""
        self.verify(entry)
        return _load(entry)


def _versions(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(path.name) for path in folder.iterdir() if path.name.isdigit()]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _write_files(
    folder: Path,
    network: nn.Module,
    architecture: Architecture,
    metrics: Mapping[str, Any],
    lineage: Mapping[str, Any],
    data: Mapping[str, Any],
) -> None:
    import safetensors.torch

    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    _write(folder / WEIGHTS, safetensors.torch.save(tensors, {"architecture": architecture.digest}))
    _write(folder / ARCHITECTURE, architecture.to_json().encode())
    _write(folder / METRICS, _json(metrics_file(metrics)))
    _write(folder / CONFIG, _json(config_file(architecture, data)))
    _write(folder / LINEAGE, _json(lineage))


def _load(entry: Entry) -> nn.Module:
    import safetensors
    import safetensors.torch

    from supernet import build

    path = entry.path / WEIGHTS
    network = build(entry.architecture)
    try:
        network.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except (safetensors.SafetensorError, RuntimeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path}: the weights do not fit {ARCHITECTURE}: {first}") from error
    return network.eval()
