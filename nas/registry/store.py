"""The folder of a registry: registering, finding, labelling, loading."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
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
from nas.registry.labels import ALIASES, TAGS, changing, read_labels
from nas.registry.verify import check_files, load_network
from search_spaces import Architecture
from search_spaces.errors import InputError, nearest

if TYPE_CHECKING:
    from torch import nn

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[1-9][0-9]*")
_SHORTEST_DIGEST = 6
_TEMPORARY = ".new-"
_ABANDONED_SECONDS = 24 * 3600


class Registry:
    """``root/name/version/`` holds one network. Several may write at once; readers never see halves."""

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

        ``network`` is the train form; ``data`` holds classes, mean, std. Raises InputError for an illegal
        name, for weights that do not fit the architecture, and when the folder can not be written; nothing
        half-written stays.
        """
        _check_name("registry name", name)
        folder, temporary = self.root / name, None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            # Hidden, no number: a writer that is killed leaves nothing that a reader looks at.
            temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=folder))
            temporary.chmod(0o755)
            _write_files(temporary, network, architecture, metrics, lineage, data)
            load_network(Entry(temporary))
            return self._claim(
                folder, temporary, architecture, lambda ref: card_text(ref, architecture, metrics, lineage)
            )
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"cannot write {folder}: {reason}. Free space or choose another --registry.") from error
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)

    def _claim(self, folder: Path, temporary: Path, architecture: Architecture, card: Callable[[str], str]) -> Entry:
        """Rename the finished folder to the next version; the rename fails where another writer was first."""
        while True:
            version = max(_versions(folder), default=0) + 1
            _write(temporary / CARD, card(f"{folder.name}/{version}").encode())
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
        """Return an entry by ``name`` (its newest version), ``name/3``, ``name@alias``, a digest's first 6
        characters or more, or the path of its folder.

        Raises InputError with the nearest name when there is none, or with the candidates when several fit.
        """
        name, _, alias = ref.partition("@")
        name, _, version = name.partition("/")
        versions = _versions(self.root / name) if _NAME.fullmatch(name) else []
        if not versions:
            return self._by_path(ref) or self._by_digest(ref)
        if alias:
            aliases = self.aliases(name)
            if alias not in aliases:
                raise InputError(f"{name} has no alias {alias!r}{nearest(alias, aliases)}")
            version = str(aliases[alias])
        wanted = version or str(max(versions))
        if not _VERSION.fullmatch(wanted) or int(wanted) not in versions:
            raise InputError(f"{name} has no version {wanted!r} (it has {', '.join(map(str, sorted(versions)))})")
        return Entry(self.root / name / wanted)

    def _by_path(self, ref: str) -> Entry | None:
        path = Path(ref).resolve()
        return Entry(path) if _VERSION.fullmatch(path.name) and (path / MANIFEST).is_file() else None

    def _by_digest(self, ref: str) -> Entry:
        entries = self.entries()
        found = [e for e in entries if len(ref) >= _SHORTEST_DIGEST and e.digest.startswith(ref)]
        if len(found) > 1:
            raise InputError(f"{ref!r} fits several entries: {', '.join(entry.ref for entry in found)}")
        if found:
            return found[0]
        names = {entry.name for entry in entries}
        hint = nearest(ref.partition("/")[0].partition("@")[0], names) if names else " (it is empty)"
        raise InputError(f"no entry {ref!r} in the registry {self.root}{hint}")

    def find(self, name: str, digest: str, supernet: str) -> Entry | None:
        """Return the version of ``name`` with this architecture and supernet weights, or None."""
        for version in _versions(self.root / name):
            entry = Entry(self.root / name / str(version))
            if entry.digest == digest and entry.lineage.get("supernet") == supernet:
                return entry
        return None

    def aliases(self, name: str) -> dict[str, int]:
        """Return the aliases of a name: alias -> version."""
        return read_labels(self.root / name / ALIASES)

    def alias(self, entry: Entry, alias: str) -> None:
        """Point an alias at a version; one of that name moves. Raises InputError for an illegal alias."""
        _check_name("alias", alias)
        if alias.isdigit():
            raise InputError(f"alias {alias!r}: digits alone are a version; add a letter")
        with changing(entry.path.parent / ALIASES) as aliases:
            aliases[alias] = entry.version

    def tags(self, entry: Entry) -> dict[str, str]:
        """Return the tags of a version."""
        return read_labels(entry.path.parent / TAGS).get(str(entry.version), {})

    def tag(self, entry: Entry, key: str, value: str) -> None:
        """Give a version a tag, in place of one with the same key. Raises InputError for an illegal key."""
        _check_name("tag", key)
        with changing(entry.path.parent / TAGS) as tags:
            tags.setdefault(str(entry.version), {})[key] = value

    def verify(self, entry: Entry) -> None:
        """Check every file and that the weights fit. Raises InputError naming the file and both digests."""
        check_files(entry)
        load_network(entry)

    def load(self, entry: Entry) -> nn.Module:
        """Return the network in train form and evaluation mode. Raises InputError as `verify` does."""
        check_files(entry)
        return load_network(entry)


def _sweep(folder: Path) -> None:
    """Remove what writers left that were killed a day ago or earlier; a younger one may still be writing."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        try:
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:
            continue


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{what} {name!r}: use letters, digits, '.', '_', '-', a letter or digit first")


def _versions(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(path.name) for path in folder.iterdir() if _VERSION.fullmatch(path.name)]


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

    # Slices of shared weights are not contiguous, and safetensors refuses them.
    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    _write(folder / WEIGHTS, safetensors.torch.save(tensors, {"architecture": architecture.digest}))
    _write(folder / ARCHITECTURE, architecture.to_json().encode())
    _write(folder / METRICS, _json(metrics_file(metrics, lineage)))
    _write(folder / CONFIG, _json(config_file(architecture, data)))
    _write(folder / LINEAGE, _json(lineage))
